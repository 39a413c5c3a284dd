// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/estimator/row_products.h"

#include <algorithm>
#include <cstring>

// Each loop is written once, on vectors of the compiler's; built for the machine at hand and for AVX2, it is one
// instruction a vector there and two elsewhere.
#if defined(__x86_64__)
#define FEEDLINE_WIDE_ROWS [[gnu::target("avx2,fma")]]
#endif

namespace feedline::inline nodes {
namespace {

using EightFloats = float __attribute__((vector_size(32)));
using FourDoubles = double __attribute__((vector_size(32)));
using FourFloats = float __attribute__((vector_size(16)));

constexpr std::size_t kLanes = 8;
constexpr std::size_t kRowsOfA = 2;
constexpr std::size_t kRowsOfB = 4;

/// A × B rows at once: each number that is loaded is used B or A times.
template <bool kDistance, std::size_t kA, std::size_t kB>
[[gnu::always_inline]] inline void pair_block(const float* const* a, const float* const* b, std::size_t columns,
                                              float* out, std::size_t stride) {
  EightFloats sums[kA][kB] = {};
  std::size_t i = 0;
  for (; i + kLanes <= columns; i += kLanes) {
    EightFloats left[kA];
    for (std::size_t m = 0; m < kA; ++m) std::memcpy(&left[m], a[m] + i, sizeof left[m]);
    for (std::size_t n = 0; n < kB; ++n) {
      EightFloats right;
      std::memcpy(&right, b[n] + i, sizeof right);
      for (std::size_t m = 0; m < kA; ++m) {
        if constexpr (kDistance) {
          const EightFloats apart = left[m] - right;
          sums[m][n] += apart * apart;
        } else {
          sums[m][n] += left[m] * right;
        }
      }
    }
  }
  for (std::size_t m = 0; m < kA; ++m)
    for (std::size_t n = 0; n < kB; ++n) {
      float sum = 0;
      for (std::size_t lane = 0; lane < kLanes; ++lane) sum += sums[m][n][lane];
      for (std::size_t rest = i; rest < columns; ++rest) {
        const float apart = a[m][rest] - b[n][rest];
        sum += kDistance ? apart * apart : a[m][rest] * b[n][rest];
      }
      out[m * stride + n] = sum;
    }
}

template <bool kDistance, std::size_t kA>
[[gnu::always_inline]] inline void pair_strip(const float* const* a, const float* const* b, std::size_t rows,
                                              std::size_t columns, float* out, std::size_t stride) {
  std::size_t n = 0;
  for (; n + kRowsOfB <= rows; n += kRowsOfB) pair_block<kDistance, kA, kRowsOfB>(a, b + n, columns, out + n, stride);
  for (; n < rows; ++n) pair_block<kDistance, kA, 1>(a, b + n, columns, out + n, stride);
}

template <bool kDistance>
[[gnu::always_inline]] inline void pair_all(const float* const* a, std::size_t rows_a, const float* const* b,
                                            std::size_t rows_b, std::size_t columns, float* out, std::size_t stride) {
  std::size_t m = 0;
  for (; m + kRowsOfA <= rows_a; m += kRowsOfA)
    pair_strip<kDistance, kRowsOfA>(a + m, b, rows_b, columns, out + m * stride, stride);
  for (; m < rows_a; ++m) pair_strip<kDistance, 1>(a + m, b, rows_b, columns, out + m * stride, stride);
}

[[gnu::always_inline]] inline double weighted_sum_body(const float* row, const double* weights, std::size_t columns) {
  FourDoubles sums[2] = {};
  std::size_t i = 0;
  for (; i + kLanes <= columns; i += kLanes)
    for (std::size_t half = 0; half < 2; ++half) {
      FourFloats numbers;
      FourDoubles by;
      std::memcpy(&numbers, row + i + 4 * half, sizeof numbers);
      std::memcpy(&by, weights + i + 4 * half, sizeof by);
      sums[half] += __builtin_convertvector(numbers, FourDoubles) * by;
    }
  const FourDoubles both = sums[0] + sums[1];
  double sum = both[0] + both[1] + both[2] + both[3];
  for (; i < columns; ++i) sum += static_cast<double>(row[i]) * weights[i];
  return sum;
}

[[gnu::always_inline]] inline void add_scaled_body(double factor, const float* row, double* to, std::size_t columns) {
  std::size_t i = 0;
  for (; i + 4 <= columns; i += 4) {
    FourFloats numbers;
    FourDoubles sums;
    std::memcpy(&numbers, row + i, sizeof numbers);
    std::memcpy(&sums, to + i, sizeof sums);
    sums += __builtin_convertvector(numbers, FourDoubles) * factor;
    std::memcpy(to + i, &sums, sizeof sums);
  }
  for (; i < columns; ++i) to[i] += factor * static_cast<double>(row[i]);
}

[[gnu::always_inline]] inline double product_body(const double* a, const double* b, std::size_t count) {
  FourDoubles sums = {};
  std::size_t i = 0;
  for (; i + 4 <= count; i += 4) {
    FourDoubles left;
    FourDoubles right;
    std::memcpy(&left, a + i, sizeof left);
    std::memcpy(&right, b + i, sizeof right);
    sums += left * right;
  }
  double sum = sums[0] + sums[1] + sums[2] + sums[3];
  for (; i < count; ++i) sum += a[i] * b[i];
  return sum;
}

#ifdef FEEDLINE_WIDE_ROWS
bool has_wide_rows() {
  static const bool has = __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
  return has;
}

FEEDLINE_WIDE_ROWS void wide_products(const float* const* a, std::size_t rows_a, const float* const* b,
                                      std::size_t rows_b, std::size_t columns, float* out, std::size_t stride) {
  pair_all<false>(a, rows_a, b, rows_b, columns, out, stride);
}
FEEDLINE_WIDE_ROWS void wide_distances(const float* const* a, std::size_t rows_a, const float* const* b,
                                       std::size_t rows_b, std::size_t columns, float* out, std::size_t stride) {
  pair_all<true>(a, rows_a, b, rows_b, columns, out, stride);
}
FEEDLINE_WIDE_ROWS double wide_weighted_sum(const float* row, const double* weights, std::size_t columns) {
  return weighted_sum_body(row, weights, columns);
}
FEEDLINE_WIDE_ROWS void wide_add_scaled(double factor, const float* row, double* to, std::size_t columns) {
  add_scaled_body(factor, row, to, columns);
}
FEEDLINE_WIDE_ROWS double wide_product(const double* a, const double* b, std::size_t count) {
  return product_body(a, b, count);
}
#endif

}  // namespace

void pair_rows(RowPair what, std::span<const float* const> a, std::span<const float* const> b, std::size_t columns,
               float* out, std::size_t stride) {
  const bool distance = what == RowPair::SquaredDistance;
#ifdef FEEDLINE_WIDE_ROWS
  if (has_wide_rows())
    return (distance ? wide_distances : wide_products)(a.data(), a.size(), b.data(), b.size(), columns, out, stride);
#endif
  if (distance)
    pair_all<true>(a.data(), a.size(), b.data(), b.size(), columns, out, stride);
  else
    pair_all<false>(a.data(), a.size(), b.data(), b.size(), columns, out, stride);
}

double weighted_sum_of(const float* row, const double* weights, std::size_t columns) {
#ifdef FEEDLINE_WIDE_ROWS
  if (has_wide_rows()) return wide_weighted_sum(row, weights, columns);
#endif
  return weighted_sum_body(row, weights, columns);
}

void add_scaled(double factor, const float* row, double* to, std::size_t columns) {
#ifdef FEEDLINE_WIDE_ROWS
  if (has_wide_rows()) return wide_add_scaled(factor, row, to, columns);
#endif
  add_scaled_body(factor, row, to, columns);
}

double product_of(const double* a, const double* b, std::size_t count) {
#ifdef FEEDLINE_WIDE_ROWS
  if (has_wide_rows()) return wide_product(a, b, count);
#endif
  return product_body(a, b, count);
}

}  // namespace feedline::inline nodes
