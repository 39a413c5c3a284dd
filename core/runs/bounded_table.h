// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace feedline::inline runs {

/// Rows of numbers, bounded for a run of any length: when it is full, neighbouring rows become their mean and each row
/// stands for twice as many moments from then on. It knows which rows changed since they were last written.
class BoundedTable {
 public:
  explicit BoundedTable(std::size_t columns, std::size_t capacity = 512);

  /// One moment. NaN counts as nothing measured. Rows of another width are ignored.
  void add(std::span<const double> row);
  /// Takes rows that were written earlier, each of `stride` moments, in place of what is there; no more than fit, the
  /// last ones.
  void restore(std::span<const double> rows, std::size_t stride);
  /// The last row may stand for fewer moments than the others.
  [[nodiscard]] std::size_t rows() const { return rows_; }
  [[nodiscard]] std::span<const double> row(std::size_t i) const { return {&values_[i * columns_], columns_}; }
  /// SnapshotHistory that a whole row stands for.
  [[nodiscard]] std::size_t stride() const { return stride_; }

  /// From this row on, everything differs from what was written.
  [[nodiscard]] std::size_t first_changed() const { return changed_; }
  void written();

 private:
  void merge_pairs();

  std::size_t columns_;
  std::size_t capacity_;
  std::size_t stride_ = 1;
  std::size_t rows_ = 0;
  std::size_t in_last_ = 0;  ///< moments that are in the last row
  std::size_t changed_ = 0;
  std::vector<double> values_{};
  std::vector<double> counts_{};  ///< of the last row: how many numbers each mean is of
};

}  // namespace feedline::inline runs
