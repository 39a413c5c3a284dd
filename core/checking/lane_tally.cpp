// SPDX-License-Identifier: GPL-3.0-or-later
// Compiled by -O3: runs over records.
#include "checking/lane_tally.h"

#include <algorithm>

namespace feedline::inline checking {
namespace {

constexpr unsigned kNarrow = 64;  ///< of 256 values

/// The smallest ones, whatever the order in which they come.
void keep_first(std::vector<std::uint64_t>& examples, std::uint64_t record, std::size_t most) {
  examples.insert(std::upper_bound(examples.begin(), examples.end(), record), record);
  if (examples.size() > most) examples.pop_back();
}

template <class Key>
std::vector<std::pair<Key, std::uint64_t>> by_count(const std::map<Key, std::uint64_t>& counts) {
  std::vector<std::pair<Key, std::uint64_t>> list(counts.begin(), counts.end());
  std::stable_sort(list.begin(), list.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  return list;
}

}  // namespace

void LaneTally::count_size(const SizeCount& size) {
  const std::pair key{size.width, size.height};
  if (const auto found = sizes_.find(key); found != sizes_.end()) {
    found->second += size.count;
  } else if (sizes_.size() < kMostSizes) {
    sizes_.emplace(key, size.count);
  } else {
    sizes_complete_ = false;
  }
}

void LaneTally::add(std::uint64_t record, const RecordFacts& facts, std::uint32_t fault, std::int64_t label,
                    bool reused) {
  ++checked_;
  reused_ += reused ? 1 : 0;
  bytes_ += facts.file_bytes;
  if (first_label_ < 0) first_label_ = label;
  if (last_label_ >= 0 && label != last_label_) ++changes_;
  last_label_ = label;
  if (label >= 0 && static_cast<std::size_t>(label) < class_records_.size()) {
    ++class_records_[static_cast<std::size_t>(label)];
    class_bad_[static_cast<std::size_t>(label)] += fault != 0 ? 1 : 0;
  }
  if (fault != 0) return bad_.push_back({record, fault});
  if (facts.width == 0) return;
  if (facts.header.format != FileFormat::Other) ++modes_[facts.header];
  count_size({facts.width, facts.height, 1});
  if (facts.low > facts.high) return;
  low_ = std::min(low_, facts.low);
  high_ = std::max(high_, facts.high);
  if (facts.low == facts.high) {
    ++blank_;
    keep_first(blank_examples_, record, kExamples);
  } else if (facts.header.bits == 16 && facts.high - facts.low < static_cast<int>(kNarrow)) {
    ++narrow_;
    narrow_low_ = std::min(narrow_low_, facts.low);
    narrow_high_ = std::max(narrow_high_, facts.high);
    keep_first(narrow_examples_, record, kExamples);
  }
}

void LaneTally::add(const LaneTally& other) {
  checked_ += other.checked_;
  reused_ += other.reused_;
  bytes_ += other.bytes_;
  for (std::size_t i = 0; i < class_records_.size(); ++i) {
    class_records_[i] += other.class_records_[i];
    class_bad_[i] += other.class_bad_[i];
  }
  for (const auto& [mode, count] : other.modes_) modes_[mode] += count;
  for (const auto& [size, count] : other.sizes_) count_size({size.first, size.second, count});
  sizes_complete_ &= other.sizes_complete_;
  low_ = std::min(low_, other.low_);
  high_ = std::max(high_, other.high_);
  blank_ += other.blank_;
  narrow_ += other.narrow_;
  narrow_low_ = std::min(narrow_low_, other.narrow_low_);
  narrow_high_ = std::max(narrow_high_, other.narrow_high_);
  for (const std::uint64_t record : other.blank_examples_) keep_first(blank_examples_, record, kExamples);
  for (const std::uint64_t record : other.narrow_examples_) keep_first(narrow_examples_, record, kExamples);
  bad_.insert(bad_.end(), other.bad_.begin(), other.bad_.end());
  changes_ += other.changes_;
}

void LaneTally::put_into(SourceCheck& check) const {
  check.checked = checked_;
  check.reused = reused_;
  check.bytes = bytes_;
  for (std::size_t i = 0; i < check.classes.size() && i < class_records_.size(); ++i) {
    check.classes[i].records = class_records_[i];
    check.classes[i].bad = class_bad_[i];
  }
  for (const auto& [mode, count] : by_count(modes_)) check.modes.emplace_back(mode.text(), count);
  for (const auto& [size, count] : by_count(sizes_)) check.sizes.push_back({size.first, size.second, count});
  check.sizes_complete = sizes_complete_;
  check.low = low_;
  check.high = high_;
  check.blank = blank_;
  check.narrow = narrow_;
  check.narrow_low = narrow_low_;
  check.narrow_high = narrow_high_;
  check.blank_examples = blank_examples_;
  check.narrow_examples = narrow_examples_;
  check.bad = bad_;
  std::sort(check.bad.begin(), check.bad.end(), [](const BadRef& a, const BadRef& b) { return a.record < b.record; });
  check.class_changes = changes_;
}

}  // namespace feedline::inline checking
