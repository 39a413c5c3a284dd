// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to nodes/model/winograd.

#include <cstddef>

// The transforms of F(4, 3) along one line, by Toom and Cook at the points 0, ±5/8, ±3/2 and infinity: these keep the
// rounding of float32 several times smaller than the usual 0, ±1, ±2. With Y = T'[(G g) · (B x)] for an output of four,
// filters of three and an input of six numbers, gradients go through the transposed ones. A line's numbers are vectors,
// one channel a lane; `step` is how far apart they are.

namespace feedline::inline nodes {

/// The points, their squares and cubes.
struct WinogradPoints {
  static constexpr float a = 0.625F;
  static constexpr float b = 1.5F;
  static constexpr float a2 = a * a;
  static constexpr float b2 = b * b;
  static constexpr float a3 = a2 * a;
  static constexpr float b3 = b2 * b;
  static constexpr float product = a2 * b2;
  static constexpr float sum = a2 + b2;
  /// What filters are scaled by at 0, ±a and ±b.
  static constexpr float at_0 = 1 / product;
  static constexpr float at_a = 1 / (2 * a2 * (a2 - b2));
  static constexpr float at_b = 1 / (2 * b2 * (b2 - a2));
};

/// B x: six of an input to six at the points.
struct WinogradInput {
  static constexpr std::size_t kFrom = 6;
  static constexpr std::size_t kTo = 6;
  template <class Vec>
  [[gnu::always_inline]] static inline void apply(const Vec* x, Vec* y, std::size_t step) {
    using P = WinogradPoints;
    const Vec even_a = x[4 * step] - P::b2 * x[2 * step];
    const Vec odd_a = P::a * (x[3 * step] - P::b2 * x[step]);
    const Vec even_b = x[4 * step] - P::a2 * x[2 * step];
    const Vec odd_b = P::b * (x[3 * step] - P::a2 * x[step]);
    y[0] = P::product * x[0] + (x[4 * step] - P::sum * x[2 * step]);
    y[step] = even_a + odd_a;
    y[2 * step] = even_a - odd_a;
    y[3 * step] = even_b + odd_b;
    y[4 * step] = even_b - odd_b;
    y[5 * step] = P::product * x[step] + (x[5 * step] - P::sum * x[3 * step]);
  }
};

/// Its transpose.
struct WinogradInputBack {
  static constexpr std::size_t kFrom = 6;
  static constexpr std::size_t kTo = 6;
  template <class Vec>
  [[gnu::always_inline]] static inline void apply(const Vec* x, Vec* y, std::size_t step) {
    using P = WinogradPoints;
    const Vec sum_a = x[step] + x[2 * step];
    const Vec less_a = P::a * (x[step] - x[2 * step]);
    const Vec sum_b = x[3 * step] + x[4 * step];
    const Vec less_b = P::b * (x[3 * step] - x[4 * step]);
    y[0] = P::product * x[0];
    y[step] = P::product * x[5 * step] - (P::b2 * less_a + P::a2 * less_b);
    y[2 * step] = -(P::sum * x[0] + (P::b2 * sum_a + P::a2 * sum_b));
    y[3 * step] = (less_a + less_b) - P::sum * x[5 * step];
    y[4 * step] = x[0] + (sum_a + sum_b);
    y[5 * step] = x[5 * step];
  }
};

/// G g: three of a filter.
struct WinogradFilter {
  static constexpr std::size_t kFrom = 3;
  static constexpr std::size_t kTo = 6;
  template <class Vec>
  [[gnu::always_inline]] static inline void apply(const Vec* x, Vec* y, std::size_t step) {
    using P = WinogradPoints;
    const Vec even_a = P::at_a * (x[0] + P::a2 * x[2 * step]);
    const Vec odd_a = (P::at_a * P::a) * x[step];
    const Vec even_b = P::at_b * (x[0] + P::b2 * x[2 * step]);
    const Vec odd_b = (P::at_b * P::b) * x[step];
    y[0] = P::at_0 * x[0];
    y[step] = even_a + odd_a;
    y[2 * step] = even_a - odd_a;
    y[3 * step] = even_b + odd_b;
    y[4 * step] = even_b - odd_b;
    y[5 * step] = x[2 * step];
  }
};

struct WinogradFilterBack {
  static constexpr std::size_t kFrom = 6;
  static constexpr std::size_t kTo = 3;
  template <class Vec>
  [[gnu::always_inline]] static inline void apply(const Vec* x, Vec* y, std::size_t step) {
    using P = WinogradPoints;
    const Vec sum_a = P::at_a * (x[step] + x[2 * step]);
    const Vec less_a = P::at_a * (x[step] - x[2 * step]);
    const Vec sum_b = P::at_b * (x[3 * step] + x[4 * step]);
    const Vec less_b = P::at_b * (x[3 * step] - x[4 * step]);
    y[0] = P::at_0 * x[0] + (sum_a + sum_b);
    y[step] = P::a * less_a + P::b * less_b;
    y[2 * step] = x[5 * step] + (P::a2 * sum_a + P::b2 * sum_b);
  }
};

/// T' m: six products to four of the output.
struct WinogradOutput {
  static constexpr std::size_t kFrom = 6;
  static constexpr std::size_t kTo = 4;
  template <class Vec>
  [[gnu::always_inline]] static inline void apply(const Vec* x, Vec* y, std::size_t step) {
    using P = WinogradPoints;
    const Vec sum_a = x[step] + x[2 * step];
    const Vec less_a = x[step] - x[2 * step];
    const Vec sum_b = x[3 * step] + x[4 * step];
    const Vec less_b = x[3 * step] - x[4 * step];
    y[0] = x[0] + (sum_a + sum_b);
    y[step] = P::a * less_a + P::b * less_b;
    y[2 * step] = P::a2 * sum_a + P::b2 * sum_b;
    y[3 * step] = x[5 * step] + (P::a3 * less_a + P::b3 * less_b);
  }
};

struct WinogradOutputBack {
  static constexpr std::size_t kFrom = 4;
  static constexpr std::size_t kTo = 6;
  template <class Vec>
  [[gnu::always_inline]] static inline void apply(const Vec* x, Vec* y, std::size_t step) {
    using P = WinogradPoints;
    const Vec even_a = x[0] + P::a2 * x[2 * step];
    const Vec odd_a = P::a * x[step] + P::a3 * x[3 * step];
    const Vec even_b = x[0] + P::b2 * x[2 * step];
    const Vec odd_b = P::b * x[step] + P::b3 * x[3 * step];
    y[0] = x[0];
    y[step] = even_a + odd_a;
    y[2 * step] = even_a - odd_a;
    y[3 * step] = even_b + odd_b;
    y[4 * step] = even_b - odd_b;
    y[5 * step] = x[3 * step];
  }
};

/// Along columns, then along rows: `square` of Line::kFrom numbers a side becomes `result`, of Line::kTo a side.
template <class Line, class Vec>
[[gnu::always_inline]] inline void winograd_square(const Vec* square, Vec* result) {
  constexpr std::size_t from = Line::kFrom;
  constexpr std::size_t to = Line::kTo;
  constexpr std::size_t most = from > to ? from : to;
  Vec between[most * from];
#pragma GCC unroll 6
  for (std::size_t column = 0; column < from; ++column) Line::apply(square + column, between + column, from);
#pragma GCC unroll 6
  for (std::size_t row = 0; row < to; ++row) Line::apply(between + row * from, result + row * to, 1);
}

}  // namespace feedline::inline nodes
