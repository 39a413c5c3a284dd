// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The pass over a file that makes a RowIndex.

#include "nodes/source/table/row_index.h"

namespace feedline::inline nodes {

/// What a segment holds, if it begins as it was scanned.
struct SegmentScan {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;  ///< of its last line; at most `begin`: no line begins in it
  std::uint64_t rows = 0;
  std::uint64_t lines = 0;
  std::uint64_t first_invalid = UINT64_MAX;  ///< where it is no UTF-8
  bool open = false;                         ///< it ends inside quotes
  std::vector<RowIndex::GroupEntry> groups{};
};

/// Scans segments, each thread with a scanner of its own.
class SegmentScanner {
 public:
  static constexpr std::uint64_t kSegment = std::uint64_t{1} << 20;

  SegmentScanner(const RowIndex::Request& request, std::size_t rows_a_group)
      : request_(request), rows_a_group_(rows_a_group) {}
  [[nodiscard]] std::size_t segments() const;
  /// `open`: it begins inside quotes. Errors: a line that is too long; unreadable.
  [[nodiscard]] Result<SegmentScan> scan(std::size_t segment, bool open);

 private:
  [[nodiscard]] Status read_lines(std::size_t segment, SegmentScan& scan);
  void count_rows(SegmentScan& scan, bool open) const;

  const RowIndex::Request& request_;
  std::size_t rows_a_group_;
  std::vector<char> memory_{};
  std::string_view lines_{};
};

}  // namespace feedline::inline nodes
