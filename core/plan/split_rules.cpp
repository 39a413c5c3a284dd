// SPDX-License-Identifier: GPL-3.0-or-later
// Compiled by -O3: runs over records.
#include "plan/split_rules.h"

#include "base/numbers.h"
#include "base/plain_text.h"
#include "base/random.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

namespace feedline::inline plan {
namespace {

using numbers::count;
using numbers::listed;
using numbers::plural;

/// What a stratified split draws with: no epoch is 0, and no node has this stream there.
constexpr std::uint32_t kStrataStream = 0x5712A7A5U;
/// Groups that are put one by one; of more, the share of each side follows from their number.
constexpr std::size_t kMostGroups = std::size_t{1} << 20;
constexpr std::uint64_t kRuledBetweenLooks = 1 << 20;  // records

tl::unexpected<Error> wrong_rule(std::string reason, std::string remedy, std::string parameter) {
  return fail(Error{.reason = std::move(reason), .remedy = std::move(remedy), .parameter = std::move(parameter)});
}

/// A number for a group (the finaliser of MurmurHash3), by which groups are put into a seeded order.
std::uint64_t group_order(std::uint64_t seed, std::uint32_t code) {
  std::uint64_t mixed = (seed + 0x9E3779B97F4A7C15U) * 0xD1342543DE82EF95U + code;
  mixed = (mixed ^ (mixed >> 33U)) * 0xFF51AFD7ED558CCDU;
  mixed = (mixed ^ (mixed >> 33U)) * 0xC4CEB9FE1A85EC53U;
  return mixed ^ (mixed >> 33U);
}

/// Numbers codes from 0 on, in the order of the codes.
class DenseCodes {
 public:
  explicit DenseCodes(const std::map<std::uint32_t, std::uint64_t>& counts) {
    for (const auto& [code, records] : counts) {
      const auto number = static_cast<std::uint32_t>(numbers_.size());
      numbers_.emplace(code, number);
      if (code < kDirect) {
        direct_.resize(std::max<std::size_t>(direct_.size(), code + 1U), 0);
        direct_[code] = number;
      }
    }
  }
  std::uint32_t operator()(std::uint32_t code) const {
    return code < direct_.size() ? direct_[code] : numbers_.find(code)->second;
  }

 private:
  static constexpr std::uint32_t kDirect = 65'536;
  std::vector<std::uint32_t> direct_{};
  std::unordered_map<std::uint32_t, std::uint32_t> numbers_{};
};

class SideChooser {
 public:
  SideChooser(const SideRules& rules, const std::stop_token& stop)
      : codes_(rules.codes), coded_(rules.coded), settings_(rules.settings), held_out_(rules.held_out), stop_(stop) {
    sides_.training.assign(static_cast<std::size_t>((codes_.size() + 63) / 64), 0);
    sides_.validation = sides_.training;
  }

  Result<SplitSides> run() {
    Status done = settings_.split_by == "stratified" ? stratify()
                  : settings_.split_by == "group"    ? keep_groups()
                                                     : go_by_values();
    if (!done) return fail(std::move(done.error()));
    return std::move(sides_);
  }

 private:
  [[nodiscard]] std::string column() const { return "the column '" + escape_name(settings_.split_column) + "'"; }
  [[nodiscard]] std::uint64_t seed() const { return static_cast<std::uint64_t>(settings_.seed); }
  [[nodiscard]] bool folded() const { return settings_.folds > 1; }
  /// Parts that records are put into, of which one validates.
  [[nodiscard]] std::size_t parts() const { return folded() ? static_cast<std::size_t>(settings_.folds) : 2; }
  [[nodiscard]] std::size_t held_part() const { return folded() ? static_cast<std::size_t>(settings_.fold) - 1 : 0; }

  void put(std::uint64_t record, bool validates) {
    (validates ? sides_.validation : sides_.training)[record / 64] |= std::uint64_t{1} << (record % 64);
  }

  /// Calls do(record, code) for all of them in order.
  template <class Do>
  Status each_code(Do&& take) {
    for (std::uint64_t record = 0; record < codes_.size(); ++record) {
      if (record % kRuledBetweenLooks == 0 && stop_.stop_requested()) return fail_cancelled();
      take(record, codes_[record]);
    }
    return {};
  }

  /// Records by code, as long as there are at most so many codes; none: there are more.
  Result<std::optional<std::map<std::uint32_t, std::uint64_t>>> counts(std::size_t most) {
    std::unordered_map<std::uint32_t, std::uint64_t> found;
    std::uint64_t* last_count = nullptr;  // rows of one value often follow each other
    std::uint32_t last = 0;
    bool many = false;
    Status counted = each_code([&](std::uint64_t, std::uint32_t code) {
      if (many) return;
      if (last_count == nullptr || code != last) {
        last_count = &found[code];
        last = code;
        many = found.size() > most + 1;  // one may be that of records that cannot be read
      }
      ++*last_count;
    });
    if (!counted) return fail(std::move(counted.error()));
    if (many) return std::nullopt;
    return std::map<std::uint32_t, std::uint64_t>(found.begin(), found.end());
  }

  /// What can be divided: at least one record could be read.
  [[nodiscard]] Status some_read(const std::map<std::uint32_t, std::uint64_t>& found) const {
    if (found.size() > 1 || found.begin()->first != RecordCodes::kNone) return {};
    Error error = coded_.fault.value_or(Error{.reason = "no record could be read"});
    error.code = ErrorCode::BadInput;
    error.reason = "no record can be put on one side of the split: " + error.reason;
    return fail(std::move(error));
  }

  Status stratify() {
    if (codes_.size() > std::numeric_limits<std::uint32_t>::max())
      return wrong_rule("a stratified split divides at most 4,294,967,295 records", "Set split_by to group or column",
                        "split_by");
    const auto strata = counts(CodedRecords::kMostValues * 10);
    if (!strata) return fail(strata.error());
    if (!*strata || (coded_.column && coded_.many_values))
      return wrong_rule(
          fmt::format("{} has over {} different values, and stratified sets a share of each aside", column(),
                      count(CodedRecords::kMostValues)),
          "Set split_by to group, which keeps records of one value together, or name a column of few values",
          "split_column");
    if (Status read = some_read(**strata); !read) return read;
    std::vector<std::vector<std::uint32_t>> left = part_sizes(**strata);
    std::vector<std::uint32_t> in_all;
    for (const auto& [code, records] : **strata) in_all.push_back(static_cast<std::uint32_t>(records));
    const DenseCodes dense(**strata);
    Rng rng(seed(), 0, 0, kStrataStream);
    return each_code([&](std::uint64_t record, std::uint32_t code) {
      const std::uint32_t stratum = dense(code);
      std::vector<std::uint32_t>& parts = left[stratum];
      std::uint32_t drawn = rng.below(in_all[stratum]--);
      std::size_t part = 0;
      while (drawn >= parts[part]) drawn -= parts[part++];
      --parts[part];
      put(record, part == held_part());
    });
  }

  /// How many records of each stratum go to each part: as if all, sorted by stratum, were dealt out evenly, so that
  /// the parts as a whole have the right sizes too.
  [[nodiscard]] std::vector<std::vector<std::uint32_t>> part_sizes(
      const std::map<std::uint32_t, std::uint64_t>& strata) const {
    std::vector<std::vector<std::uint32_t>> sizes;
    const std::uint64_t all = codes_.size();
    std::uint64_t at = 0;
    for (const auto& [code, records] : strata) {
      std::vector<std::uint32_t> parts_of(parts(), 0);
      const std::uint64_t end = at + records;
      if (folded()) {
        for (std::uint64_t part = 0; part < parts(); ++part) {
          const auto before = [&](std::uint64_t place) { return (place + parts() - 1 - part) / parts(); };
          parts_of[part] = static_cast<std::uint32_t>(before(end) - before(at));
        }
      } else {
        const std::uint64_t held = end * held_out_ / all - at * held_out_ / all;
        parts_of[0] = static_cast<std::uint32_t>(std::min(held, records - 1));  // one of each trains
        parts_of[1] = static_cast<std::uint32_t>(records) - parts_of[0];
      }
      sizes.push_back(std::move(parts_of));
      at = end;
    }
    return sizes;
  }

  Status keep_groups() {
    const auto found = counts(kMostGroups);
    if (!found) return fail(found.error());
    if (!*found) return hash_groups();
    std::map<std::uint32_t, std::uint64_t> groups = **found;
    if (Status read = some_read(groups); !read) return read;
    groups.erase(RecordCodes::kNone);
    if (groups.size() < 2)
      return wrong_rule(fmt::format("{} has one value only, so that all records are one group", column()),
                        "Name the column that tells persons, places or the like apart", "split_column");
    if (folded() && groups.size() < parts())
      return wrong_rule(
          fmt::format("{} has {}, too few for {} folds", column(), plural(groups.size(), "value"), settings_.folds),
          "Choose fewer folds", "folds");
    const std::set<std::uint32_t> held = folded() ? fold_of_groups(groups) : share_of_groups(groups);
    std::unordered_map<std::uint32_t, bool> validates;
    for (const auto& [code, records] : groups) validates.emplace(code, held.contains(code));
    bool last_side = false;
    std::uint32_t last = RecordCodes::kNone;  // those that cannot be read train: they are left out there
    return each_code([&](std::uint64_t record, std::uint32_t code) {
      if (code != last) {
        const auto group = validates.find(code);
        last_side = group != validates.end() && group->second;
        last = code;
      }
      put(record, last_side);
    });
  }

  using Group = std::pair<std::uint32_t, std::uint64_t>;  // its code, and its records
  [[nodiscard]] std::vector<Group> in_seeded_order(const std::map<std::uint32_t, std::uint64_t>& groups) const {
    std::vector<Group> order(groups.begin(), groups.end());
    std::sort(order.begin(), order.end(), [&](const Group& a, const Group& b) {
      return std::pair(group_order(seed(), a.first), a.first) < std::pair(group_order(seed(), b.first), b.first);
    });
    return order;
  }

  /// As near to the share as whole groups allow: each in its turn is taken if that brings it nearer.
  [[nodiscard]] std::set<std::uint32_t> share_of_groups(const std::map<std::uint32_t, std::uint64_t>& groups) const {
    std::set<std::uint32_t> held;
    std::uint64_t records = 0;
    const std::vector<Group> order = in_seeded_order(groups);
    for (const auto& [code, size] : order) {
      if (held.size() + 1 == groups.size()) break;  // one trains
      if (records >= held_out_ || size >= 2 * (held_out_ - records)) continue;
      held.insert(code);
      records += size;
    }
    if (held.empty())
      held.insert(std::min_element(order.begin(), order.end(), [](const Group& a, const Group& b) {
                    return a.second < b.second;
                  })->first);
    return held;
  }

  /// The largest group first, each into the fold with the fewest records so far, as scikit-learn's GroupKFold.
  [[nodiscard]] std::set<std::uint32_t> fold_of_groups(const std::map<std::uint32_t, std::uint64_t>& groups) const {
    std::vector<Group> order = in_seeded_order(groups);
    std::stable_sort(order.begin(), order.end(), [](const Group& a, const Group& b) { return a.second > b.second; });
    std::vector<std::uint64_t> records(parts(), 0);
    std::set<std::uint32_t> held;
    for (const auto& [code, size] : order) {
      const auto least = std::min_element(records.begin(), records.end());
      *least += size;
      if (static_cast<std::size_t>(least - records.begin()) == held_part()) held.insert(code);
    }
    return held;
  }

  /// More groups than anybody would keep a list of: their number makes the shares right.
  Status hash_groups() {
    const double share = static_cast<double>(held_out_) / static_cast<double>(codes_.size());
    return each_code([&](std::uint64_t record, std::uint32_t code) {
      const double at = static_cast<double>(group_order(seed(), code) >> 11U) * 0x1p-53;
      put(record,
          code != RecordCodes::kNone &&
              (folded() ? static_cast<std::size_t>(at * static_cast<double>(parts())) == held_part() : at < share));
    });
  }

  Status go_by_values() {
    if (coded_.many_values)
      return wrong_rule(fmt::format("{} has over {} different values: it names no parts of the data", column(),
                                    count(CodedRecords::kMostValues)),
                        "Name a column with few values, such as train and test, or set split_by to group",
                        "split_column");
    const auto found = counts(CodedRecords::kMostValues);
    if (!found) return fail(found.error());
    if (Status read = some_read(**found); !read) return read;
    if (settings_.validation_values.empty())
      return wrong_rule(fmt::format("nothing says which values of {} mean validation", column()),
                        "Name some of: " + values_there(**found), "validation_values");
    const auto validation = codes_named(settings_.validation_values, "validation_values", **found);
    if (!validation) return fail(validation.error());
    const auto training = codes_named(settings_.training_values, "training_values", **found);
    if (!training) return fail(training.error());
    for (const std::uint32_t code : *training)
      if (validation->contains(code))
        return wrong_rule("'" + coded_.values.at(code) + "' is named for training and for validation",
                          "Take it out of one of the two", "training_values");
    return each_code([&](std::uint64_t record, std::uint32_t code) {
      if (validation->contains(code))
        put(record, true);
      else if (training->empty() || training->contains(code))
        put(record, false);
    });
  }

  Result<std::set<std::uint32_t>> codes_named(const std::vector<std::string>& values, const std::string& parameter,
                                              const std::map<std::uint32_t, std::uint64_t>& found) const {
    std::set<std::uint32_t> codes;
    for (const std::string& value : values) {
      const std::uint32_t code = code_of(value);
      if (!coded_.values.contains(code))
        return wrong_rule(fmt::format("no record has '{}' in {}", value, column()),
                          "Name some of: " + values_there(found), parameter);
      codes.insert(code);
    }
    return codes;
  }

  /// "'train' (800 records), 'test' (200 records)", the most frequent first.
  [[nodiscard]] std::string values_there(const std::map<std::uint32_t, std::uint64_t>& found) const {
    std::vector<std::pair<std::uint64_t, std::string>> by_count;
    for (const auto& [code, records] : found)
      if (const auto value = coded_.values.find(code); value != coded_.values.end())
        by_count.emplace_back(records, value->second);
    std::sort(by_count.begin(), by_count.end(), [](const auto& a, const auto& b) {
      return a.first != b.first ? a.first > b.first : a.second < b.second;
    });
    std::vector<std::string> texts;
    for (const auto& [records, value] : by_count)
      texts.push_back(fmt::format("'{}' ({})", escape_name(value), plural(records, "record")));
    return listed(texts, 8);
  }

  const RecordCodes& codes_;
  const CodedRecords& coded_;
  const LearningSettings& settings_;
  const std::uint64_t held_out_;
  const std::stop_token& stop_;
  SplitSides sides_{};
};

}  // namespace

Result<SplitSides> choose_sides(const SideRules& rules, const std::stop_token& stop) {
  return SideChooser(rules, stop).run();
}

}  // namespace feedline::inline plan
