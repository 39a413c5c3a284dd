// SPDX-License-Identifier: GPL-3.0-or-later
// Compiled by -O3: runs over records.
#include "plan/record_split.h"

#include "base/numbers.h"
#include "plan/balanced_draw.h"
#include "plan/split_rules.h"
#include "schema/source_report.h"
#include "state/fingerprint.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>

namespace feedline::inline plan {
namespace {

using numbers::count;
using numbers::listed;
using numbers::plural;

/// A random split reads labels only where a class may be lost, and then only of so many records.
constexpr std::uint64_t kCountedAtOnce = 1'000'000;
/// That a random split loses a class with so many records on one side on the average is as good as impossible.
constexpr double kSureToStay = 14;

tl::unexpected<Error> wrong_split(std::string reason, std::string remedy, std::string parameter) {
  return fail(Error{.reason = std::move(reason), .remedy = std::move(remedy), .parameter = std::move(parameter)});
}

/// May a random split leave a class without a record on one side? Asked of what the source reports alone.
bool may_lose_class(const Source& source, double share) {
  const SourceReport* report = report_of(source);
  if (report == nullptr || source.size() > kCountedAtOnce) return false;
  return std::any_of(report->class_counts.begin(), report->class_counts.end(), [&](std::uint64_t records) {
    return records > 0 && static_cast<double>(records) * std::min(share, 1 - share) < kSureToStay;
  });
}

/// While a split is made.
class Splitter {
 public:
  Splitter(const CodedSource& coded, const SplitRequest& request, const SourceContext& context, std::size_t threads)
      : coded_(coded),
        request_(request),
        settings_(request.settings),
        context_(context),
        threads_(threads),
        records_(coded.source.size()) {}

  Result<RecordSplit> run() {
    split_.sets_aside = request_.split && settings_.sets_aside();
    if (Status known = check_settings(); !known) return fail(std::move(known.error()));
    const auto seed = static_cast<std::uint64_t>(settings_.seed);
    split_.training = split_.validation = {.source_size = records_, .count = records_, .seed = seed};
    const bool by_codes = split_.sets_aside && settings_.split_by != "random";
    if (Status coded = look(by_codes); !coded) return fail(std::move(coded.error()));
    if (by_codes) {
      if (Status chosen = choose(); !chosen) return fail(std::move(chosen.error()));
    } else if (split_.sets_aside) {
      if (Status taken = take_windows(); !taken) return fail(std::move(taken.error()));
    }
    if (Status counted = count_classes(); !counted) return fail(std::move(counted.error()));
    if (request_.balance)
      if (Status balanced = balance(); !balanced) return fail(std::move(balanced.error()));
    return std::move(split_);
  }

 private:
  [[nodiscard]] Status stopped() const {
    if (context_.stop.stop_requested()) return fail_cancelled();
    return {};
  }
  [[nodiscard]] bool folded() const { return settings_.folds > 1; }
  [[nodiscard]] double share() const {
    return folded() ? 1 / static_cast<double>(settings_.folds) : settings_.validation_split;
  }

  Status check_settings() const {
    if (request_.split && !split_.sets_aside && settings_.split_by != "random")
      return wrong_split(
          fmt::format("split_by is {}, but validation_split and folds are 0: nothing is set aside", settings_.split_by),
          "Set validation_split, such as 0.2, or split_by to random", "split_by");
    if (split_.sets_aside && settings_.split_by != "column" && folded() &&
        static_cast<std::uint64_t>(settings_.folds) > records_)
      return wrong_split(fmt::format("{} cannot be divided into {} folds", plural(records_, "record"), settings_.folds),
                         "Choose fewer folds", "folds");
    return {};
  }

  /// Reads what the split goes by, and what must be counted.
  Status look(bool by_codes) {
    const bool risky = split_.sets_aside && !by_codes && may_lose_class(coded_.source, share());
    CodeRequest wanted{.labels = by_codes || request_.class_counts || request_.balance || risky};
    if (by_codes) wanted.column = settings_.split_column;
    if (!wanted.labels && wanted.column.empty()) return {};
    const bool needs_classes =
        request_.balance || (by_codes && settings_.split_by == "stratified" && wanted.column.empty());
    if (needs_classes && !class_port(coded_.source)) return no_classes();
    auto codes = code_records(coded_, wanted, context_, threads_);
    if (!codes) return fail(std::move(codes.error()));
    codes_ = std::move(*codes);
    return {};
  }

  [[nodiscard]] Status no_classes() const {
    if (request_.balance)
      return wrong_split("records are to be drawn class by class, but the source has no classes",
                         "Set balance of the shuffle node to none", {});
    return wrong_split("stratified sets a share of each class aside, but the source has no classes",
                       "Set split_by to random, or split_column to a column of few values", "split_by");
  }

  Status choose() {
    if (context_.progress) context_.progress("Dividing the records", 0);
    const RecordCodes& codes = codes_.column ? *codes_.column : *codes_.labels;
    auto sides = choose_sides({.codes = codes,
                               .coded = codes_,
                               .settings = settings_,
                               .held_out = held_out_count(records_, settings_.validation_split)},
                              context_.stop);
    if (!sides) return fail(std::move(sides.error()));
    split_.training.chosen = std::make_shared<const RecordSelection>(BitRanks(std::move(sides->training), records_));
    split_.validation.chosen =
        std::make_shared<const RecordSelection>(BitRanks(std::move(sides->validation), records_));
    split_.training.count = split_.training.chosen->size();
    split_.validation.count = split_.validation.chosen->size();
    // Those that train keep a mixed order, as with a random split; what validates is read from front to back.
    split_.training.split = true;
    return check_sides();
  }

  [[nodiscard]] Status check_sides() const {
    if (split_.validation.count > 0 && split_.training.count > 0) return {};
    const bool column = settings_.split_by == "column";
    const std::string by = column     ? "the split by column '" + settings_.split_column + "'"
                           : folded() ? fmt::format("fold {} of {}", settings_.fold, settings_.folds)
                                      : "a split of " + to_text(Value(settings_.validation_split));
    return wrong_split(fmt::format("{} leaves no records to {} out of {}", by,
                                   split_.validation.count == 0 ? "validate on" : "train on", records_),
                       column ? "Choose other values" : "Choose another split",
                       column     ? "validation_values"
                       : folded() ? "folds"
                                  : "validation_split");
  }

  /// Of the seeded permutation: no record is looked at.
  Status take_windows() {
    split_.training.split = split_.validation.split = true;
    if (folded()) {
      const auto folds = static_cast<std::uint64_t>(settings_.folds);
      const auto begin = [&](std::uint64_t fold) { return records_ / folds * fold + records_ % folds * fold / folds; };
      const auto fold = static_cast<std::uint64_t>(settings_.fold) - 1;
      split_.validation.first = begin(fold);
      split_.validation.count = begin(fold + 1) - begin(fold);
      split_.training.first = begin(fold + 1) % records_;
    } else {
      split_.validation.count = std::min(held_out_count(records_, settings_.validation_split), records_);
      split_.validation.first = records_ - split_.validation.count;
    }
    split_.training.count = records_ - split_.validation.count;
    return check_sides();
  }

  Status count_classes() {
    if (!codes_.labels) return stopped();
    std::vector<std::uint64_t> all(codes_.classes, 0);
    const auto add = [&](std::vector<std::uint64_t>& to, std::uint64_t record) {
      if (const std::uint32_t label = (*codes_.labels)[record]; label != RecordCodes::kNone) ++to[label];
    };
    if (Status done = each(records_, [&](std::uint64_t record) { add(all, record); }); !done) return done;
    split_.training_classes = all;
    if (!split_.sets_aside) return {};
    split_.validation_classes.assign(codes_.classes, 0);
    if (split_.training.chosen) {
      split_.training_classes.assign(codes_.classes, 0);
      return each(records_, [&](std::uint64_t record) {
        if (split_.training.chosen->contains(record)) add(split_.training_classes, record);
        if (split_.validation.chosen->contains(record)) add(split_.validation_classes, record);
      });
    }
    Status done = each(split_.validation.count,
                       [&](std::uint64_t i) { add(split_.validation_classes, split_.validation.record(0, i)); });
    for (std::size_t i = 0; i < all.size(); ++i) split_.training_classes[i] -= split_.validation_classes[i];
    return done;
  }

  /// Calls take(i) for so many numbers from 0, unless it is stopped.
  template <class Take>
  [[nodiscard]] Status each(std::uint64_t count, const Take& take) const {
    constexpr std::uint64_t kBetweenLooks = 1 << 18;
    for (std::uint64_t i = 0; i < count; ++i) {
      if (i % kBetweenLooks == 0 && context_.stop.stop_requested()) return fail_cancelled();
      take(i);
    }
    return {};
  }

  Status balance() {
    if (std::all_of(split_.training_classes.begin(), split_.training_classes.end(), [](auto n) { return n == 0; })) {
      if (codes_.fault) return fail(*codes_.fault);
      return wrong_split("no record that trains has a class that could be read", "Look at the data with a check", {});
    }
    std::shared_ptr<const RecordSelection> chosen = split_.training.chosen;
    if (!chosen && split_.sets_aside) {
      std::vector<std::uint64_t> words(static_cast<std::size_t>((records_ + 63) / 64), ~std::uint64_t{0});
      if (records_ % 64 != 0) words.back() = (std::uint64_t{1} << (records_ % 64)) - 1;
      const Status taken_out = each(split_.validation.count, [&](std::uint64_t i) {
        const std::uint64_t record = split_.validation.record(0, i);
        words[record / 64] &= ~(std::uint64_t{1} << (record % 64));
      });
      if (!taken_out) return taken_out;
      chosen = std::make_shared<const RecordSelection>(BitRanks(std::move(words), records_));
    }
    split_.balanced =
        std::make_shared<const BalancedDraw>(*codes_.labels, codes_.classes, std::move(chosen), context_.stop);
    return stopped();
  }

  const CodedSource& coded_;
  const SplitRequest& request_;
  const LearningSettings& settings_;
  const SourceContext& context_;
  const std::size_t threads_;
  const std::uint64_t records_;
  CodedRecords codes_{};
  RecordSplit split_{};
};

}  // namespace

std::string RecordSelection::hash() const {
  Fingerprint hash;
  const std::vector<std::uint64_t>& words = bits_.words();
  return hash.add(std::string_view(reinterpret_cast<const char*>(words.data()), words.size() * sizeof words[0])).hex();
}

Result<RecordSplit> split_records(const CodedSource& coded, const SplitRequest& request, const SourceContext& context,
                                  std::size_t threads) {
  return Splitter(coded, request, context, threads).run();
}

std::vector<Error> lost_classes(const std::vector<std::uint64_t>& training,
                                const std::vector<std::uint64_t>& validation, const std::vector<std::string>& names,
                                const std::string& split_by) {
  std::vector<Error> found;
  std::vector<std::string> untrained;
  std::vector<std::string> unvalidated;
  std::size_t used = 0;
  for (std::size_t i = 0; i < std::min(training.size(), validation.size()); ++i) {
    if (training[i] + validation[i] == 0) continue;
    ++used;
    const std::string name = i < names.size() ? names[i] : std::to_string(i);
    if (training[i] == 0) untrained.push_back(fmt::format("'{}' ({})", name, plural(validation[i], "record")));
    if (validation[i] == 0) unvalidated.push_back(fmt::format("'{}' ({})", name, plural(training[i], "record")));
  }
  const auto tell = [&](const std::vector<std::string>& lost, std::string_view what, std::string_view then) {
    if (lost.empty()) return;
    const bool stratified = split_by == "stratified";
    found.push_back(
        Error{.reason = fmt::format("the split leaves no record of {} of the {} classes to {}: {}", count(lost.size()),
                                    count(used), what, listed(lost)),
              .remedy = fmt::format("{}: {}", then,
                                    split_by == "random" ? "set split_by to stratified, or add records of it"
                                    : stratified         ? "add records of it, or set a larger share aside"
                                                         : "divide the records in another way, or add some of it"),
              .parameter = "split_by"});
  };
  tell(untrained, "train on", "The model cannot learn what it never sees");
  tell(unvalidated, "validate on", "How well it is known will not show");
  return found;
}

}  // namespace feedline::inline plan
