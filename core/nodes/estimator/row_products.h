// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <span>

namespace feedline::inline nodes {

// The inner loops of what learns from dense rows of floats. They use AVX2 where the machine has it.

enum class RowPair : unsigned char {
  Product,         ///< sum of a[i] b[i]
  SquaredDistance  ///< sum of (a[i] - b[i])², from the differences: nothing cancels out
};

/// Of each row of `a` with each row of `b`, `columns` numbers each: out[i * stride + j] for the rows i of a, j of b.
void pair_rows(RowPair what, std::span<const float* const> a, std::span<const float* const> b, std::size_t columns,
               float* out, std::size_t stride);

/// Sum of row[i] weights[i].
[[nodiscard]] double weighted_sum_of(const float* row, const double* weights, std::size_t columns);
/// to[i] += factor row[i].
void add_scaled(double factor, const float* row, double* to, std::size_t columns);
/// Sum of a[i] b[i].
[[nodiscard]] double product_of(const double* a, const double* b, std::size_t count);

}  // namespace feedline::inline nodes
