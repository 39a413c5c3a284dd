// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/flat_loops.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace feedline::inline training {
namespace {

constexpr std::int64_t kLanes = 16;
/// Numbers that are carried through all loops at once: they stay in a core's first cache.
constexpr std::int64_t kBlock = 64 * kLanes;

double squares_of_block(const float* numbers, std::int64_t count) {
  std::array<float, kLanes> lanes{};
  std::int64_t at = 0;
  for (; count - at >= kLanes; at += kLanes)
    for (std::int64_t lane = 0; lane < kLanes; ++lane)
      lanes[static_cast<std::size_t>(lane)] += numbers[at + lane] * numbers[at + lane];
  double all = 0;
  for (const float lane : lanes) all += static_cast<double>(lane);
  for (; at < count; ++at) all += static_cast<double>(numbers[at]) * static_cast<double>(numbers[at]);
  return all;
}

}  // namespace

double sum_gradients(std::span<float* const> gradients, std::int64_t count, const GradientSum& how) {
  float* const sum = gradients.front();
  const auto scale = static_cast<float>(how.scale);
  const auto most = static_cast<float>(how.clip_value);
  double squares = 0;
  for (std::int64_t first = 0; first < count; first += kBlock) {
    const std::int64_t end = std::min(first + kBlock, count);
    for (const float* more : gradients.subspan(1))
      for (std::int64_t i = first; i < end; ++i) sum[i] += more[i];
    if (how.scale != 1)
      for (std::int64_t i = first; i < end; ++i) sum[i] *= scale;
    if (how.clip_value > 0)  // what is no number stays none
      for (std::int64_t i = first; i < end; ++i) sum[i] = sum[i] < -most ? -most : (sum[i] > most ? most : sum[i]);
    squares += squares_of_block(sum + first, end - first);
  }
  return squares;
}

void move_average(float* average, const float* to, std::int64_t count, double weight) {
  const auto share = static_cast<float>(weight);
  if (share < 0.5F) {
    for (std::int64_t i = 0; i < count; ++i) average[i] += share * (to[i] - average[i]);
  } else {
    for (std::int64_t i = 0; i < count; ++i) average[i] = to[i] - (to[i] - average[i]) * (1 - share);
  }
}

}  // namespace feedline::inline training
