// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/estimator/product_rows.h"

#include "nodes/estimator/row_products.h"

#include <algorithm>

namespace feedline::inline nodes {
namespace {

/// Above this share of numbers that are not 0, eight floats at a time are quicker than one place after the other.
constexpr double kSparseShare = 0.25;
/// Of narrow rows there is nothing to leave out.
constexpr std::size_t kLeastColumns = 16;
/// Numbers that are read between two looks at whether to go on.
constexpr std::size_t kNumbersALook = std::size_t{1} << 22;

}  // namespace

std::optional<ProductRows> ProductRows::of(std::span<const float> dense, std::size_t columns, FitPace& pace) {
  ProductRows rows(dense, columns);
  if (columns < kLeastColumns) return rows;
  const std::size_t a_look = std::max<std::size_t>(kNumbersALook / columns, 1) * columns;  // whole rows
  std::size_t zeros = 0;
  for (std::size_t at = 0; at < dense.size(); at += a_look) {
    if (!pace.go_on()) return std::nullopt;
    const std::span<const float> some = dense.subspan(at, std::min(a_look, dense.size() - at));
    zeros += static_cast<std::size_t>(std::count(some.begin(), some.end(), 0.0F));
  }
  const std::size_t kept = dense.size() - zeros;
  if (static_cast<double>(kept) > kSparseShare * static_cast<double>(dense.size())) return rows;
  rows.numbers_.reserve(kept);
  rows.begins_.reserve(dense.size() / columns + 1);
  rows.begins_.push_back(0);
  for (std::size_t row = 0; row < dense.size(); row += columns) {
    if (row % a_look == 0 && !pace.go_on()) return std::nullopt;
    for (std::size_t column = 0; column < columns; ++column)
      if (const float value = dense[row + column]; value != 0)
        rows.numbers_.push_back({static_cast<std::uint32_t>(column), value});
    rows.begins_.push_back(rows.numbers_.size());
  }
  return rows;
}

double ProductRows::weighted_sum(std::size_t row, const double* weights) const {
  if (!sparse()) return weighted_sum_of(dense_row(row), weights, columns_);
  double sums[2] = {};  // so that an addition need not wait for the one before
  const std::span<const Number> kept = numbers(row);
  std::size_t i = 0;
  for (; i + 2 <= kept.size(); i += 2)
    for (std::size_t half = 0; half < 2; ++half)
      sums[half] += static_cast<double>(kept[i + half].value) * weights[kept[i + half].column];
  if (i < kept.size()) sums[0] += static_cast<double>(kept[i].value) * weights[kept[i].column];
  return sums[0] + sums[1];
}

void ProductRows::add_scaled(double factor, std::size_t row, double* to) const {
  if (!sparse()) return nodes::add_scaled(factor, dense_row(row), to, columns_);
  for (const Number& number : numbers(row)) to[number.column] += factor * static_cast<double>(number.value);
}

double ProductRows::squares(std::size_t row) const {
  double sum = 0;
  if (sparse()) {
    for (const Number& number : numbers(row))
      sum += static_cast<double>(number.value) * static_cast<double>(number.value);
  } else {
    for (const float value : std::span(dense_row(row), columns_))
      sum += static_cast<double>(value) * static_cast<double>(value);
  }
  return sum;
}

double ProductRows::width() const {
  if (!sparse()) return static_cast<double>(columns_);
  return static_cast<double>(numbers_.size()) / static_cast<double>(std::max<std::size_t>(begins_.size() - 1, 1));
}

double ProductRows::most_bytes(double rows, double columns) {
  return kSparseShare * rows * columns * sizeof(Number) + rows * sizeof(std::size_t);
}

}  // namespace feedline::inline nodes
