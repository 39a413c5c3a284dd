// SPDX-License-Identifier: GPL-3.0-or-later
#include "tuning/ratio.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace feedline::inline tuning {

double student_t95(std::size_t degrees_of_freedom) {
  static constexpr std::array kTable = {12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
                                        2.201,  2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086,
                                        2.080,  2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048, 2.045, 2.042};
  if (degrees_of_freedom == 0) return std::numeric_limits<double>::infinity();
  if (degrees_of_freedom <= kTable.size()) return kTable.at(degrees_of_freedom - 1);
  // Hill's expansion about the normal quantile, to 1e-3 from here on.
  const double z = 1.959964;
  return z + (z * z * z + z) / (4 * static_cast<double>(degrees_of_freedom));
}

RatioEstimate estimate_ratio(std::span<const double> a, std::span<const double> b) {
  RatioEstimate estimate{.pairs = std::min(a.size(), b.size())};
  if (estimate.pairs == 0) return estimate;
  const auto n = static_cast<double>(estimate.pairs);
  double mean = 0;
  for (std::size_t i = 0; i < estimate.pairs; ++i) mean += std::log(b[i] / a[i]) / n;
  double squares = 0;
  for (std::size_t i = 0; i < estimate.pairs; ++i) squares += std::pow(std::log(b[i] / a[i]) - mean, 2);
  estimate.ratio = std::exp(mean);
  estimate.low = 0;
  estimate.high = std::numeric_limits<double>::infinity();
  if (estimate.pairs < 2) return estimate;
  const double half = student_t95(estimate.pairs - 1) * std::sqrt(squares / (n - 1) / n);
  estimate.low = std::exp(mean - half);
  estimate.high = std::exp(mean + half);
  return estimate;
}

double median(std::vector<double> values) {
  if (values.empty()) return 0;
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace feedline::inline tuning
