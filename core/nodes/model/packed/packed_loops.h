// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to nodes/model/packed; free of LibTorch. Written once on vectors of the compiler's; what includes it builds
// it for the instructions of a processor.

#include "nodes/model/packed/packed_job.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace feedline::inline nodes {

/// `Rows`: how many rows of a product are summed in registers, each with two vectors. Each number is one sum from the
/// first depth to the last, whatever rows are beside it: its bytes depend on nothing else.
template <class Vec, std::size_t Rows>
struct PackedLoops {
  static constexpr std::size_t kLanes = sizeof(Vec) / sizeof(float);

  /// The columns of panels [first, last).
  [[gnu::always_inline]] static inline void multiply(const PackedJob& job, std::size_t first, std::size_t last) {
    for (std::size_t panel = first; panel < last; ++panel) {
      std::size_t row = 0;
      if (job.count >= Rows) {
        for (; row + Rows <= job.count; row += Rows) some<Rows>(job, panel, row);
        // Some rows again: the same bytes, and quicker than a few rows alone.
        if (row < job.count) some<Rows>(job, panel, job.count - Rows);
        continue;
      }
      for (; row + 4 <= job.count; row += 4) some<4>(job, panel, row);
      for (; row < job.count; ++row) some<1>(job, panel, row);
    }
  }

 private:
  [[gnu::always_inline]] static inline void load(Vec& vec, const float* from) { std::memcpy(&vec, from, sizeof vec); }
  [[gnu::always_inline]] static inline void store(float* to, const Vec& vec) { std::memcpy(to, &vec, sizeof vec); }

  template <std::size_t Count>
  [[gnu::always_inline]] static inline void some(const PackedJob& job, std::size_t panel, std::size_t row) {
    const std::size_t column = panel * kPackedColumns;
    const float* const filters = job.filters + column * job.lines * job.line;
    const float* const rows = job.rows + row * job.row;
    const std::size_t at = row * job.out + column;
    const float* const other = job.other == nullptr ? nullptr : job.other + at;
    if (column + kPackedColumns <= job.out) {
      for (std::size_t i = 0; i < kPackedColumns; i += 2 * kLanes)
        sum<Count>(job, rows, filters + i, job.bias + column + i, other == nullptr ? nullptr : other + i, job.out,
                   job.results + at + i, job.out);
      return;
    }
    const std::size_t wide = job.out - column;
    float results[Count * kPackedColumns];
    float others[Count * kPackedColumns] = {};
    if (other != nullptr)
      for (std::size_t i = 0; i < Count; ++i) std::copy_n(other + i * job.out, wide, others + i * kPackedColumns);
    for (std::size_t i = 0; i < kPackedColumns; i += 2 * kLanes)
      sum<Count>(job, rows, filters + i, job.bias + column + i, others + i, kPackedColumns, results + i,
                 kPackedColumns);
    for (std::size_t i = 0; i < Count; ++i)
      std::copy_n(results + i * kPackedColumns, wide, job.results + at + i * job.out);
  }

  template <std::size_t Count>
  [[gnu::always_inline]] static inline void sum(const PackedJob& job, const float* a, const float* b, const float* bias,
                                                const float* other, std::size_t other_row, float* to,
                                                std::size_t to_row) {
    Vec left_sums[Count] = {};
    Vec right_sums[Count] = {};
    for (std::size_t line = 0; line < job.lines; ++line, a += job.apart)
      for (std::size_t k = 0; k < job.line; ++k, b += kPackedColumns) {
        Vec left;
        Vec right;
        load(left, b);
        load(right, b + kLanes);
#pragma GCC unroll 12
        for (std::size_t i = 0; i < Count; ++i) {
          const float factor = a[i * job.row + k];
          left_sums[i] += factor * left;
          right_sums[i] += factor * right;
        }
      }
    Vec left_bias;
    Vec right_bias;
    load(left_bias, bias);
    load(right_bias, bias + kLanes);
    const Vec least = Vec{} + job.range.least;
    const Vec most = Vec{} + job.range.most;
#pragma GCC unroll 12
    for (std::size_t i = 0; i < Count; ++i) {
      Vec left = left_sums[i] + left_bias;
      Vec right = right_sums[i] + right_bias;
      if (other != nullptr) {
        Vec more;
        load(more, other + i * other_row);
        left += more;
        load(more, other + i * other_row + kLanes);
        right += more;
      }
      // In this form NaN stays NaN, as with LibTorch.
      left = left < least ? least : left;
      right = right < least ? least : right;
      store(to + i * to_row, left > most ? most : left);
      store(to + i * to_row + kLanes, right > most ? most : right);
    }
  }
};

}  // namespace feedline::inline nodes
