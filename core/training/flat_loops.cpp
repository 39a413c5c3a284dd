// SPDX-License-Identifier: GPL-3.0-or-later
// Compiled by -O3: runs over the numbers of a model.
#include "training/flat_loops.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

// Each loop is written once, on vectors of the compiler's; built for the machine at hand and for AVX2, it is one
// instruction a vector there and two elsewhere. FMA is left out: its bytes are others.
#if defined(__x86_64__) && defined(__GNUC__)
#define FEEDLINE_WIDE_FLAT [[gnu::target("avx2")]]
#endif

namespace feedline::inline training {
namespace {

using FlatEight [[gnu::vector_size(32)]] = float;

constexpr std::int64_t kEight = 8;
/// Sums of squares that are gathered side by side: in two vectors.
constexpr std::int64_t kFlatLanes = 2 * kEight;
/// Numbers whose squares are summed before they go on in a double.
constexpr std::int64_t kFlatBlock = 64 * kFlatLanes;

struct SumFactors {
  float scale = 1;
  float most = 0;
  bool scales = false;
  bool clips = false;
};

SumFactors factors_of(const GradientSum& how) {
  return {.scale = static_cast<float>(how.scale),
          .most = static_cast<float>(how.clip_value),
          .scales = how.scale != 1,
          .clips = how.clip_value > 0};
}

/// Eight numbers of the sum at `at`: of all replicas, scaled and clipped; the others' become 0.
[[gnu::always_inline]] inline void sum_eight(float* first, std::span<float* const> others, std::int64_t at,
                                             const SumFactors& how, FlatEight& sum) {
  const FlatEight zero = {};
  std::memcpy(&sum, first + at, sizeof sum);
  for (float* const other : others) {
    FlatEight more;
    std::memcpy(&more, other + at, sizeof more);
    std::memcpy(other + at, &zero, sizeof zero);
    sum += more;
  }
  if (how.scales) sum *= how.scale;
  if (how.clips) {
    const FlatEight most = zero + how.most;
    const FlatEight least = zero - how.most;
    sum = sum < least ? least : sum;
    sum = sum > most ? most : sum;
  }
  std::memcpy(first + at, &sum, sizeof sum);
}

[[gnu::always_inline]] inline float sum_one(float* first, std::span<float* const> others, std::int64_t at,
                                            const SumFactors& how) {
  float sum = first[at];
  for (float* const other : others) {
    sum += other[at];
    other[at] = 0;
  }
  if (how.scales) sum *= how.scale;
  if (how.clips) sum = sum < -how.most ? -how.most : (sum > how.most ? how.most : sum);
  first[at] = sum;
  return sum;
}

template <bool kMeasures>
[[gnu::always_inline]] inline double sum_body(std::span<float* const> gradients, std::int64_t count,
                                              const SumFactors& given) {
  const SumFactors how = given;  // nothing that is written can be a part of it
  float* const sum = gradients.front();
  const std::span<float* const> others = gradients.subspan(1);
  double squares = 0;
  for (std::int64_t first = 0; first < count; first += kFlatBlock) {
    const std::int64_t end = std::min(first + kFlatBlock, count);
    FlatEight low = {};
    FlatEight high = {};
    std::int64_t at = first;
    for (; end - at >= kFlatLanes; at += kFlatLanes) {
      FlatEight left;
      FlatEight right;
      sum_eight(sum, others, at, how, left);
      sum_eight(sum, others, at + kEight, how, right);
      if constexpr (kMeasures) {
        low += left * left;
        high += right * right;
      }
    }
    double of_block = 0;
    if constexpr (kMeasures) {
      std::array<float, kFlatLanes> lanes{};
      std::memcpy(lanes.data(), &low, sizeof low);
      std::memcpy(lanes.data() + kEight, &high, sizeof high);
      for (const float lane : lanes) of_block += static_cast<double>(lane);
    }
    for (; at < end; ++at) {
      const auto one = static_cast<double>(sum_one(sum, others, at, how));
      if constexpr (kMeasures) of_block += one * one;
    }
    squares += of_block;
  }
  return squares;
}

[[gnu::always_inline]] inline void scale_body(float* numbers, std::int64_t count, float factor) {
  std::int64_t at = 0;
  for (; count - at >= kEight; at += kEight) {
    FlatEight some;
    std::memcpy(&some, numbers + at, sizeof some);
    some *= factor;
    std::memcpy(numbers + at, &some, sizeof some);
  }
  for (; at < count; ++at) numbers[at] *= factor;
}

template <bool kFromAverage>
[[gnu::always_inline]] inline void average_body(float* average, const float* to, std::int64_t count, float share) {
  const float rest = 1 - share;
  std::int64_t at = 0;
  for (; count - at >= kEight; at += kEight) {
    FlatEight from;
    FlatEight aim;
    std::memcpy(&from, average + at, sizeof from);
    std::memcpy(&aim, to + at, sizeof aim);
    from = kFromAverage ? from + share * (aim - from) : aim - (aim - from) * rest;
    std::memcpy(average + at, &from, sizeof from);
  }
  for (; at < count; ++at) {
    const float apart = to[at] - average[at];
    average[at] = kFromAverage ? average[at] + share * apart : to[at] - apart * rest;
  }
}

[[gnu::always_inline]] inline void average_both(float* average, const float* to, std::int64_t count, float share) {
  if (share < 0.5F) {
    average_body<true>(average, to, count, share);
  } else {
    average_body<false>(average, to, count, share);
  }
}

#ifdef FEEDLINE_WIDE_FLAT
bool has_wide_flat() {
  static const bool has = __builtin_cpu_supports("avx2") != 0;
  return has;
}

FEEDLINE_WIDE_FLAT void wide_sum(std::span<float* const> gradients, std::int64_t count, const SumFactors& how) {
  (void)sum_body<false>(gradients, count, how);
}
FEEDLINE_WIDE_FLAT double wide_sum_and_measure(std::span<float* const> gradients, std::int64_t count,
                                               const SumFactors& how) {
  return sum_body<true>(gradients, count, how);
}
FEEDLINE_WIDE_FLAT void wide_scale(float* numbers, std::int64_t count, float factor) {
  scale_body(numbers, count, factor);
}
FEEDLINE_WIDE_FLAT void wide_average(float* average, const float* to, std::int64_t count, float share) {
  average_both(average, to, count, share);
}
#endif

}  // namespace

void sum_gradients(std::span<float* const> gradients, std::int64_t count, const GradientSum& how) {
  const SumFactors factors = factors_of(how);
  if (gradients.size() == 1 && !factors.scales && !factors.clips) return;
#ifdef FEEDLINE_WIDE_FLAT
  if (has_wide_flat()) return wide_sum(gradients, count, factors);
#endif
  (void)sum_body<false>(gradients, count, factors);
}

double sum_and_measure(std::span<float* const> gradients, std::int64_t count, const GradientSum& how) {
  const SumFactors factors = factors_of(how);
#ifdef FEEDLINE_WIDE_FLAT
  if (has_wide_flat()) return wide_sum_and_measure(gradients, count, factors);
#endif
  return sum_body<true>(gradients, count, factors);
}

void scale_numbers(float* numbers, std::int64_t count, float factor) {
#ifdef FEEDLINE_WIDE_FLAT
  if (has_wide_flat()) return wide_scale(numbers, count, factor);
#endif
  scale_body(numbers, count, factor);
}

void move_average(float* average, const float* to, std::int64_t count, double weight) {
  const auto share = static_cast<float>(weight);
#ifdef FEEDLINE_WIDE_FLAT
  if (has_wide_flat()) return wide_average(average, to, count, share);
#endif
  average_both(average, to, count, share);
}

}  // namespace feedline::inline training
