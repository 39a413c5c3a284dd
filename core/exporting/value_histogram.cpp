// SPDX-License-Identifier: GPL-3.0-or-later
#include "exporting/value_histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace feedline::inline exporting {
namespace {

// Fields of HistogramProto.
constexpr unsigned kHistogramLeast = 1, kHistogramGreatest = 2, kHistogramCount = 3, kHistogramSum = 4,
                   kHistogramSquares = 5, kHistogramLimits = 6, kHistogramBuckets = 7;

std::vector<double> limits_of_buckets() {
  std::vector<double> above;
  for (double limit = 1e-12; limit < 1e20; limit *= 1.1) above.push_back(limit);
  above.push_back(std::numeric_limits<double>::max());
  std::vector<double> all;
  for (auto limit = above.rbegin(); limit != above.rend(); ++limit) all.push_back(-*limit);
  all.push_back(0);
  all.insert(all.end(), above.begin(), above.end());
  return all;
}

/// By the upper half of a float's bits, the bucket of the least number that has it: numbers that share it differ by
/// less than a hundredth, so that at most one limit lies between them.
std::vector<std::uint16_t> buckets_by_bits() {
  const std::span<const double> limits = histogram_limits();
  std::vector<std::uint16_t> first(1U << 16U);
  for (std::uint32_t upper = 0; upper < first.size(); ++upper) {
    const bool negative = (upper & 0x8000U) != 0;
    const double least = std::bit_cast<float>(upper << 16U | (negative ? 0xFFFFU : 0U));
    if (!std::isfinite(least)) continue;  // it is not asked for
    first[upper] = static_cast<std::uint16_t>(std::upper_bound(limits.begin(), limits.end(), least) - limits.begin());
  }
  return first;
}

}  // namespace

std::span<const double> histogram_limits() {
  static const std::vector<double> limits = limits_of_buckets();
  return limits;
}

ValueHistogram::ValueHistogram(std::span<const float> values) : buckets_(histogram_limits().size()) {
  static const std::vector<std::uint16_t> first = buckets_by_bits();
  const std::span<const double> limits = histogram_limits();
  std::vector<std::uint64_t> counts(limits.size());
  std::uint64_t count = 0;
  float least = std::numeric_limits<float>::max();
  float greatest = std::numeric_limits<float>::lowest();
  for (const float value : values) {
    if (!std::isfinite(value)) continue;
    const std::size_t bucket = first[std::bit_cast<std::uint32_t>(value) >> 16U];
    ++counts[bucket + (value >= limits[bucket] ? 1 : 0)];
    ++count;
    least = std::min(least, value);
    greatest = std::max(greatest, value);
    sum_ += value;
    squares_ += static_cast<double>(value) * value;
  }
  std::transform(counts.begin(), counts.end(), buckets_.begin(),
                 [](std::uint64_t n) { return static_cast<double>(n); });
  if (count == 0) return;
  count_ = static_cast<double>(count);
  least_ = least;
  greatest_ = greatest;
}

ProtobufMessage ValueHistogram::message() const {
  std::vector<double> ends;
  std::vector<double> counts;
  const std::span<const double> limits = histogram_limits();
  for (std::size_t i = 0; i < buckets_.size(); ++i) {
    const bool goes_on = !counts.empty() && counts.back() == 0 && buckets_[i] == 0;
    if (goes_on) {
      ends.back() = limits[i];
    } else {
      ends.push_back(limits[i]);
      counts.push_back(buckets_[i]);
    }
  }
  return ProtobufMessage()
      .wide_real(kHistogramLeast, least_)
      .wide_real(kHistogramGreatest, greatest_)
      .wide_real(kHistogramCount, count_)
      .wide_real(kHistogramSum, sum_)
      .wide_real(kHistogramSquares, squares_)
      .wide_reals(kHistogramLimits, ends)
      .wide_reals(kHistogramBuckets, counts);
}

}  // namespace feedline::inline exporting
