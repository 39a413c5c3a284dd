// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "schema/row.h"
#include "schema/sparse_rows.h"
#include "schema/tensor_desc.h"

#include <cstddef>
#include <span>
#include <vector>

namespace feedline::inline nodes {

/// Where the cells of a row come from that keeps some columns of another one and has new ones of numbers. Worked out
/// once, in the order of the new row's columns; then begin() makes a row without an allocation.
class RowLayout {
 public:
  /// Of rows of these columns.
  explicit RowLayout(std::span<const Column> columns);

  /// The next column is this one, as it is.
  void keep(std::size_t column);
  /// The next columns are new ones; the first one's place.
  std::size_t make(std::size_t count);
  /// Columns of the new row.
  [[nodiscard]] std::size_t size() const { return size_; }
  /// Columns that a row must have.
  [[nodiscard]] std::size_t columns() const { return texts_.size(); }

  /// The columns of numbers that are kept: where each stands in a row that comes, and in the new one.
  [[nodiscard]] std::vector<SparseRows::Kept> kept_numbers() const;

  /// The new row's cells: those that are kept are there, with their texts and no others; new ones are to be written.
  /// `from` must have all its cells.
  std::byte* begin(const Datum& from, Datum& to) const;

 private:
  struct Run {
    std::size_t from = 0;
    std::size_t to = 0;
    std::size_t count = 0;
  };
  struct KeptText {
    std::size_t from = 0;
    std::size_t to = 0;
  };

  std::vector<bool> texts_;  ///< which columns are texts
  std::size_t text_columns_ = 0;
  std::size_t size_ = 0;
  std::vector<Run> runs_{};
  std::vector<KeptText> kept_{};
};

}  // namespace feedline::inline nodes
