// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "checking/check_report.h"
#include "checking/record_facts.h"

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace feedline::inline checking {

/// What is counted of a lane's records, in pieces of records that follow each other. Bounded but for the list of bad
/// records.
class LaneTally {
 public:
  /// `classes`: how many the source has.
  explicit LaneTally(std::size_t classes) : class_records_(classes), class_bad_(classes) {}

  /// The next record is not the one behind the last.
  void begin_piece() { first_label_ = last_label_ = -1; }
  /// One more record, the next in its piece. `fault`: 0 for a good one.
  void add(std::uint64_t record, const RecordFacts& facts, std::uint32_t fault, std::int64_t label, bool reused);
  /// Adds what another thread counted.
  void add(const LaneTally& other);
  /// Of the piece; -1: there is none.
  [[nodiscard]] std::int64_t first_label() const { return first_label_; }
  [[nodiscard]] std::int64_t last_label() const { return last_label_; }

  /// Writes all of it into the result; bad records in the order of the source.
  void put_into(SourceCheck& check) const;

 private:
  static constexpr std::size_t kMostSizes = 65'536;
  static constexpr std::size_t kExamples = 5;
  void count_size(const SizeCount& size);

  std::uint64_t checked_ = 0;
  std::uint64_t reused_ = 0;
  std::uint64_t bytes_ = 0;
  std::vector<std::uint64_t> class_records_;
  std::vector<std::uint64_t> class_bad_;
  std::map<PictureHeader, std::uint64_t> modes_{};
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::uint64_t> sizes_{};
  bool sizes_complete_ = true;
  std::uint8_t low_ = 255;
  std::uint8_t high_ = 0;
  std::uint64_t blank_ = 0;
  std::uint64_t narrow_ = 0;
  std::uint8_t narrow_low_ = 255;
  std::uint8_t narrow_high_ = 0;
  std::vector<std::uint64_t> blank_examples_{};
  std::vector<std::uint64_t> narrow_examples_{};
  std::vector<BadRef> bad_{};
  std::uint64_t changes_ = 0;
  std::int64_t first_label_ = -1;
  std::int64_t last_label_ = -1;
};

}  // namespace feedline::inline checking
