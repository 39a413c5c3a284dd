// SPDX-License-Identifier: GPL-3.0-or-later
#include "checking/describe_source.h"

#include "base/random.h"
#include "schema/source_report.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <unordered_map>
#include <utility>

namespace feedline::inline checking {
namespace {

constexpr std::uint64_t kSampledCells = 2'000'000;  // of numbers, which are kept until their range is known
constexpr std::uint64_t kLeastSample = 200;
constexpr std::uint64_t kHopelessRecords = 100;
constexpr std::uint64_t kSampleSeed = 1;
constexpr std::uint32_t kSampleStream = 0x64657363;

/// The values of one column as they come.
class ColumnTally {
 public:
  void add(const RecordCell& cell, bool number) {
    if (cell.missing()) {
      ++missing_;
    } else if (!number) {
      ++values_;
      add_text(cell.text);
    } else {
      ++values_;
      if (std::isfinite(*cell.number)) numbers_.push_back(*cell.number);
    }
  }

  [[nodiscard]] ColumnFacts facts() const {
    ColumnFacts facts{.values = values_, .missing = missing_, .distinct = counts_.size(), .many = many_};
    if (!numbers_.empty()) describe_numbers(facts);
    facts.top.assign(counts_.begin(), counts_.end());
    const auto before = [](const auto& a, const auto& b) {
      return a.second != b.second ? a.second > b.second : a.first < b.first;
    };
    std::sort(facts.top.begin(), facts.top.end(), before);
    if (facts.top.size() > kTopValues) facts.top.resize(kTopValues);
    return facts;
  }
  [[nodiscard]] std::vector<std::pair<std::string, std::uint64_t>> counted() const {
    return {counts_.begin(), counts_.end()};
  }

 private:
  void add_text(const std::string& text) {
    if (const auto known = counts_.find(text); known != counts_.end()) {
      ++known->second;
    } else if (counts_.size() < kCountedValues) {
      counts_.emplace(text, 1);
    } else {
      many_ = true;
    }
  }

  void describe_numbers(ColumnFacts& facts) const {
    const auto [least, greatest] = std::minmax_element(numbers_.begin(), numbers_.end());
    facts.least = *least;
    facts.greatest = *greatest;
    const auto count = static_cast<double>(numbers_.size());
    // Two passes, and halves: sums of the largest doubles must not be infinite.
    for (const double value : numbers_) facts.mean += value / count;
    double squares = 0;
    for (const double value : numbers_) squares += (value - facts.mean) * (value - facts.mean);
    facts.stddev = numbers_.size() < 2 ? 0 : std::sqrt(squares / (count - 1));
    facts.bins.assign(*least < *greatest ? kDescribedBins : 1, 0);
    const double span = *greatest / 2 - *least / 2;
    for (const double value : numbers_) {
      const double share = span > 0 ? (value / 2 - *least / 2) / span : 0;
      const auto bin = static_cast<std::size_t>(share * static_cast<double>(facts.bins.size()));
      ++facts.bins[std::min(bin, facts.bins.size() - 1)];
    }
  }

  std::uint64_t values_ = 0;
  std::uint64_t missing_ = 0;
  std::vector<double> numbers_{};
  std::unordered_map<std::string, std::uint64_t> counts_{};
  bool many_ = false;
};

/// From what the source counted while it was opened.
bool count_classes(const Source& source, SourceDescription& description) {
  const SourceReport* report = report_of(source);
  if (report == nullptr) return false;
  description.several_labels = !report->label_names.empty();
  const auto& names = description.several_labels ? report->label_names : report->class_names;
  const auto& counts = description.several_labels ? report->label_counts : report->class_counts;
  if (names.size() != counts.size() || names.empty()) return false;
  for (std::size_t i = 0; i < names.size(); ++i) description.classes.emplace_back(names[i], counts[i]);
  return true;
}

}  // namespace

Result<SourceDescription> describe_source(RecordTable& table, const DescribeOptions& options) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point end =
      Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(options.seconds));
  SourceDescription found{.records = table.size(), .columns = table.columns(), .left_out = table.left_out()};
  const std::uint64_t room = std::max<std::uint64_t>(
      kLeastSample, kSampledCells / std::max<std::uint64_t>(1, static_cast<std::uint64_t>(found.columns.size())));
  const std::uint64_t wanted = std::min({found.records, options.sample, room});
  std::vector<ColumnTally> tallies(found.columns.size());
  std::vector<RecordCell> cells;
  // A permutation, so that what is read before time is up is a sample, too.
  const Permutation order(std::max<std::uint64_t>(1, found.records), kSampleSeed, kSampleStream);
  for (std::uint64_t i = 0; i < wanted; ++i) {
    if (options.stop.stop_requested()) return fail_cancelled();
    if (i % 16 == 0 && Clock::now() > end) break;
    Status read = table.read(wanted == found.records ? i : order(i), cells);
    ++found.sampled;
    if (!read) {
      if (options.stop.stop_requested()) return fail_cancelled();
      if (found.bad++ == 0) found.first_bad = std::move(read.error());
      if (found.bad == kHopelessRecords && found.sampled == found.bad) return fail(*found.first_bad);
      continue;
    }
    for (std::size_t column = 0; column < tallies.size(); ++column)
      tallies[column].add(cells[column], found.columns[column].number);
  }
  if (found.sampled > 0 && found.bad == found.sampled) return fail(*found.first_bad);
  for (const ColumnTally& tally : tallies) found.facts.push_back(tally.facts());
  found.counted = count_classes(table.source(), found);
  for (std::size_t column = 0; column < tallies.size() && !found.counted; ++column) {
    if (!found.columns[column].label || found.columns[column].number) continue;
    found.classes = tallies[column].counted();
    std::sort(found.classes.begin(), found.classes.end());
    break;
  }
  return found;
}

}  // namespace feedline::inline checking
