// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace feedline::inline tuning {

/// A ratio of two rates with its 95 % confidence interval.
struct RatioEstimate {
  double ratio = 1;
  double low = 1;
  double high = 1;
  std::size_t pairs = 0;
  [[nodiscard]] bool surely_faster() const { return low > 1; }
  [[nodiscard]] bool surely_slower() const { return high < 1; }
  /// Half the interval's width beside the ratio.
  [[nodiscard]] double uncertainty() const { return ratio > 0 ? (high - low) / (2 * ratio) : 1; }
};

/// Of rates that were measured in pairs, one after the other, so that what else the machine does hits both: the
/// geometric mean of b/a, with Student's t interval of the logarithms. Source: Kalibera and Jones, "Rigorous
/// benchmarking in reasonable time", ISMM 2013. One pair has no interval: 0 to infinity.
[[nodiscard]] RatioEstimate estimate_ratio(std::span<const double> a, std::span<const double> b);

/// Of none: 0; of an even number: the upper one.
[[nodiscard]] double median(std::vector<double> values);

/// The two-sided 95 % quantile of Student's t.
[[nodiscard]] double student_t95(std::size_t degrees_of_freedom);

}  // namespace feedline::inline tuning
