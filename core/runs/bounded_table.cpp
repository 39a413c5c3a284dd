// SPDX-License-Identifier: GPL-3.0-or-later
#include "runs/bounded_table.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace feedline::inline runs {
namespace {

double mean(double a, double b) {
  if (std::isnan(a)) return b;
  return std::isnan(b) ? a : (a + b) / 2;
}

}  // namespace

BoundedTable::BoundedTable(std::size_t columns, std::size_t capacity)
    : columns_(columns), capacity_(std::max<std::size_t>(capacity / 2 * 2, 4)), counts_(columns) {}

void BoundedTable::add(std::span<const double> row) {
  if (row.size() != columns_ || columns_ == 0) return;
  if (rows_ == 0 || in_last_ == stride_) {
    if (rows_ == capacity_) merge_pairs();
    values_.resize(++rows_ * columns_, std::numeric_limits<double>::quiet_NaN());
    std::fill(counts_.begin(), counts_.end(), 0);
    in_last_ = 0;
  }
  ++in_last_;
  changed_ = std::min(changed_, rows_ - 1);
  double* last = &values_[(rows_ - 1) * columns_];
  for (std::size_t c = 0; c < columns_; ++c) {
    if (std::isnan(row[c])) continue;
    const double before = counts_[c]++ == 0 ? 0 : last[c];
    last[c] = before + (row[c] - before) / counts_[c];
  }
}

void BoundedTable::restore(std::span<const double> rows, std::size_t stride) {
  if (columns_ == 0) return;
  const std::size_t all = rows.size() / columns_;
  const std::size_t first = all > capacity_ ? all - capacity_ : 0;
  rows_ = all - first;
  values_.assign(rows.begin() + static_cast<std::ptrdiff_t>(first * columns_),
                 rows.begin() + static_cast<std::ptrdiff_t>(all * columns_));
  stride_ = std::max<std::size_t>(stride, 1);
  in_last_ = stride_;  // however many it is of, it is closed
  changed_ = 0;
}

void BoundedTable::merge_pairs() {
  rows_ = capacity_ / 2;
  for (std::size_t r = 0; r < rows_; ++r)
    for (std::size_t c = 0; c < columns_; ++c)
      values_[r * columns_ + c] = mean(values_[2 * r * columns_ + c], values_[(2 * r + 1) * columns_ + c]);
  values_.resize(rows_ * columns_);
  stride_ *= 2;
  changed_ = 0;
}

void BoundedTable::written() {
  // The last row goes on changing until it is whole; add() says so.
  changed_ = rows_;
}

}  // namespace feedline::inline runs
