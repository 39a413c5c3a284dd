// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to nodes/model/winograd; free of LibTorch. Written once on vectors of the compiler's; what includes it builds
// it for the instructions of a processor.

#include "nodes/model/winograd/winograd_job.h"
#include "nodes/model/winograd/winograd_lines.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace feedline::inline nodes {

/// `Rows`: how many rows of a product are summed in registers, each with two vectors.
template <class Vec, std::size_t Rows>
struct WinogradLoops {
  static constexpr std::size_t kLanes = sizeof(Vec) / sizeof(float);

  /// seen = B x B' of tiles [first, last).
  [[gnu::always_inline]] static inline void see(const WinogradJob& job, std::size_t first, std::size_t last) {
    for (std::size_t tile = first; tile < last; ++tile)
      spread<WinogradInput>(job.pixels + tile * kWinogradSeen, job.in, job.seen.data + tile * job.seen.row,
                            job.seen.plane);
  }
  /// given = T dy T' of tiles [first, last).
  [[gnu::always_inline]] static inline void take(const WinogradJob& job, std::size_t first, std::size_t last) {
    for (std::size_t tile = first; tile < last; ++tile)
      spread<WinogradOutputBack>(job.gradients + tile * kWinogradGiven, job.out, job.given.data + tile * job.given.row,
                                 job.given.plane);
  }

  /// The output's channels from `channel` on: T' (seen (G w G')') T.
  [[gnu::always_inline]] static inline void convolve(const WinogradJob& job, std::size_t channel, float* scratch) {
    const auto filters = WinogradPlanes::at(scratch, kWinogradDepth, kWinogradColumns);
    const auto sums = WinogradPlanes::at(scratch + WinogradPlanes::size_of(kWinogradDepth, kWinogradColumns), job.tiles,
                                         kWinogradColumns);
    float* const turned = sums.data + WinogradPlanes::size_of(job.tiles, kWinogradColumns);
    for (std::size_t from = 0; from < job.in; from += kWinogradDepth) {
      const std::size_t depth = std::min(kWinogradDepth, job.in - from);
      turn_filters(job, channel, from, depth, turned);
      spread_filters(turned, kWinogradColumns, depth * kWinogradColumns, depth, filters);
      for (std::size_t point = 0; point < kWinogradPoints; ++point)
        multiply(job.seen.data + point * job.seen.plane + from, job.seen.row, 1, filters.data + point * filters.plane,
                 filters.row, sums.data + point * sums.plane, sums.row, job.tiles, depth, from > 0);
    }
    for (std::size_t tile = 0; tile < job.tiles; ++tile)
      gather(sums.data + tile * sums.row, sums.plane, job.results + tile * kWinogradGiven, channel,
             job.bias == nullptr ? nullptr : job.bias + channel, job.range);
  }

  /// The input's gradient, channels from `channel` on: B' (given (G w G')) B.
  [[gnu::always_inline]] static inline void convolve_back(const WinogradJob& job, std::size_t channel, float* scratch) {
    const auto filters = WinogradPlanes::at(scratch, kWinogradDepth, kWinogradColumns);
    const auto sums = WinogradPlanes::at(scratch + WinogradPlanes::size_of(kWinogradDepth, kWinogradColumns), job.tiles,
                                         kWinogradColumns);
    for (std::size_t from = 0; from < job.out; from += kWinogradDepth) {
      const std::size_t depth = std::min(kWinogradDepth, job.out - from);
      spread_filters(job.filters + from * kWinogradTaps * job.in + channel, kWinogradTaps * job.in, job.in, depth,
                     filters);
      for (std::size_t point = 0; point < kWinogradPoints; ++point)
        multiply(job.given.data + point * job.given.plane + from, job.given.row, 1,
                 filters.data + point * filters.plane, filters.row, sums.data + point * sums.plane, sums.row, job.tiles,
                 depth, from > 0);
    }
    for (std::size_t tile = 0; tile < job.tiles; ++tile)
      scatter(sums.data + tile * sums.row, sums.plane, job.results_back + tile * kWinogradSeen, channel);
  }

  /// The gradient of the filters from input channels [channel, +32) to output channels [to, +64): G' (given' seen) G.
  [[gnu::always_inline]] static inline void learn(const WinogradJob& job, std::size_t to, std::size_t channel,
                                                  float* scratch) {
    const auto sums = WinogradPlanes::at(scratch, kWinogradDepth, kWinogradColumns);
    const std::size_t rows = std::min(kWinogradDepth, job.out - to);
    for (std::size_t point = 0; point < kWinogradPoints; ++point)
      multiply(job.given.data + point * job.given.plane + to, 1, job.given.row,
               job.seen.data + point * job.seen.plane + channel, job.seen.row, sums.data + point * sums.plane, sums.row,
               rows, job.tiles, false);
    for (std::size_t row = 0; row < rows; ++row)
      gather_filter(sums.data + row * sums.row, sums.plane,
                    job.filters_back + (to + row) * kWinogradTaps * job.in + channel, job.in, job.adds);
  }

 private:
  [[gnu::always_inline]] static inline void load(Vec& vec, const float* from) { std::memcpy(&vec, from, sizeof vec); }
  [[gnu::always_inline]] static inline void store(float* to, const Vec& vec) { std::memcpy(to, &vec, sizeof vec); }

  template <class Line>
  [[gnu::always_inline]] static inline void spread(const float* const* pixels, std::size_t channels, float* to,
                                                   std::size_t plane) {
    constexpr std::size_t count = Line::kFrom * Line::kFrom;
    for (std::size_t channel = 0; channel < channels; channel += kLanes) {
      Vec square[count];
      Vec points[kWinogradPoints];
#pragma GCC unroll 36
      for (std::size_t i = 0; i < count; ++i) load(square[i], pixels[i] + channel);
      winograd_square<Line>(square, points);
#pragma GCC unroll 36
      for (std::size_t i = 0; i < kWinogradPoints; ++i) store(to + i * plane + channel, points[i]);
    }
  }

  /// Filters of `rows` × 32 channels, their taps `tap` numbers apart.
  [[gnu::always_inline]] static inline void spread_filters(const float* from, std::size_t row, std::size_t tap,
                                                           std::size_t rows, const WinogradPlanes& to) {
    for (std::size_t r = 0; r < rows; ++r)
      for (std::size_t column = 0; column < kWinogradColumns; column += kLanes) {
        Vec taps[kWinogradTaps];
        Vec points[kWinogradPoints];
#pragma GCC unroll 9
        for (std::size_t i = 0; i < kWinogradTaps; ++i) load(taps[i], from + r * row + i * tap + column);
        winograd_square<WinogradFilter>(taps, points);
#pragma GCC unroll 36
        for (std::size_t i = 0; i < kWinogradPoints; ++i)
          store(to.data + i * to.plane + r * to.row + column, points[i]);
      }
  }

  /// Output channels [to, +32) become the columns: taps × depth × 32.
  [[gnu::always_inline]] static inline void turn_filters(const WinogradJob& job, std::size_t to, std::size_t from,
                                                         std::size_t depth, float* turned) {
    using Four [[gnu::vector_size(16)]] = float;
    for (std::size_t row = 0; row < kWinogradColumns; row += 4)
      for (std::size_t tap = 0; tap < kWinogradTaps; ++tap) {
        const float* const read = job.filters + ((to + row) * kWinogradTaps + tap) * job.in + from;
        float* const write = turned + tap * depth * kWinogradColumns + row;
        for (std::size_t at = 0; at < depth; at += 4) {
          Four r[4];
          for (std::size_t i = 0; i < 4; ++i) std::memcpy(&r[i], read + i * kWinogradTaps * job.in + at, sizeof(Four));
          const Four left_upper = __builtin_shufflevector(r[0], r[1], 0, 4, 1, 5);
          const Four left_lower = __builtin_shufflevector(r[2], r[3], 0, 4, 1, 5);
          const Four right_upper = __builtin_shufflevector(r[0], r[1], 2, 6, 3, 7);
          const Four right_lower = __builtin_shufflevector(r[2], r[3], 2, 6, 3, 7);
          r[0] = __builtin_shufflevector(left_upper, left_lower, 0, 1, 4, 5);
          r[1] = __builtin_shufflevector(left_upper, left_lower, 2, 3, 6, 7);
          r[2] = __builtin_shufflevector(right_upper, right_lower, 0, 1, 4, 5);
          r[3] = __builtin_shufflevector(right_upper, right_lower, 2, 3, 6, 7);
          for (std::size_t i = 0; i < 4; ++i) std::memcpy(write + (at + i) * kWinogradColumns, &r[i], sizeof(Four));
        }
      }
  }

  /// The numbers at all points, a plane each, become a square.
  template <class Line>
  [[gnu::always_inline]] static inline void from_points(const float* from, std::size_t plane, Vec* square) {
    Vec points[kWinogradPoints];
#pragma GCC unroll 36
    for (std::size_t i = 0; i < kWinogradPoints; ++i) load(points[i], from + i * plane);
    winograd_square<Line>(points, square);
  }

  [[gnu::always_inline]] static inline void gather(const float* from, std::size_t plane, float* const* pixels,
                                                   std::size_t channel, const float* bias, OutputRange range) {
    const Vec least = Vec{} + range.least;
    const Vec most = Vec{} + range.most;
    for (std::size_t column = 0; column < kWinogradColumns; column += kLanes) {
      Vec square[kWinogradGiven];
      from_points<WinogradOutput>(from + column, plane, square);
      if (bias != nullptr) {
        Vec more;
        load(more, bias + column);
        for (std::size_t i = 0; i < kWinogradGiven; ++i) square[i] += more;
      }
#pragma GCC unroll 16
      for (std::size_t i = 0; i < kWinogradGiven; ++i) {
        const Vec raised = square[i] < least ? least : square[i];  // NaN stays NaN
        store(pixels[i] + channel + column, raised > most ? most : raised);
      }
    }
  }

  [[gnu::always_inline]] static inline void scatter(const float* from, std::size_t plane, float* const* pixels,
                                                    std::size_t channel) {
    for (std::size_t column = 0; column < kWinogradColumns; column += kLanes) {
      Vec square[kWinogradSeen];
      from_points<WinogradInputBack>(from + column, plane, square);
      for (std::size_t i = 0; i < kWinogradSeen; ++i) {
        Vec so_far;
        load(so_far, pixels[i] + channel + column);
        so_far += square[i];
        store(pixels[i] + channel + column, so_far);
      }
    }
  }

  [[gnu::always_inline]] static inline void gather_filter(const float* from, std::size_t plane, float* to,
                                                          std::size_t tap, bool adds) {
    for (std::size_t column = 0; column < kWinogradColumns; column += kLanes) {
      Vec taps[kWinogradTaps];
      from_points<WinogradFilterBack>(from + column, plane, taps);
      for (std::size_t i = 0; i < kWinogradTaps; ++i) {
        if (adds) {
          Vec so_far;
          load(so_far, to + i * tap + column);
          taps[i] += so_far;
        }
        store(to + i * tap + column, taps[i]);
      }
    }
  }

  /// c (rows × 32) = a (rows × depth) b (depth × 32), or more of it.
  [[gnu::always_inline]] static inline void multiply(const float* a, std::size_t a_row, std::size_t a_depth,
                                                     const float* b, std::size_t b_row, float* c, std::size_t c_row,
                                                     std::size_t rows, std::size_t depth, bool adds) {
    for (std::size_t column = 0; column < kWinogradColumns; column += 2 * kLanes) {
      std::size_t row = 0;
      const auto some = [&]<std::size_t Count>() __attribute__((always_inline)) {
        for (; row + Count <= rows; row += Count)
          multiply_rows<Count>(a + row * a_row, a_row, a_depth, b + column, b_row, c + row * c_row + column, c_row,
                               depth, adds);
      };
      some.template operator()<Rows>();
      some.template operator()<4>();
      some.template operator()<1>();
    }
  }

  template <std::size_t Count>
  [[gnu::always_inline]] static inline void multiply_rows(const float* a, std::size_t a_row, std::size_t a_depth,
                                                          const float* b, std::size_t b_row, float* c,
                                                          std::size_t c_row, std::size_t depth, bool adds) {
    Vec left_sums[Count] = {};
    Vec right_sums[Count] = {};
    if (adds) {
#pragma GCC unroll 12
      for (std::size_t i = 0; i < Count; ++i) {
        load(left_sums[i], c + i * c_row);
        load(right_sums[i], c + i * c_row + kLanes);
      }
    }
    for (std::size_t k = 0; k < depth; ++k, a += a_depth, b += b_row) {
      Vec left;
      Vec right;
      load(left, b);
      load(right, b + kLanes);
#pragma GCC unroll 12
      for (std::size_t i = 0; i < Count; ++i) {
        const float factor = a[i * a_row];
        left_sums[i] += factor * left;
        right_sums[i] += factor * right;
      }
    }
#pragma GCC unroll 12
    for (std::size_t i = 0; i < Count; ++i) {
      store(c + i * c_row, left_sums[i]);
      store(c + i * c_row + kLanes, right_sums[i]);
    }
  }
};

}  // namespace feedline::inline nodes
