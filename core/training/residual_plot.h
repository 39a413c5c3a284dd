// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace feedline::inline training {

/// How often numbers fell into each of some bins of equal width. Widths are powers of two and bins begin at multiples
/// of them.
struct NumberBins {
  double first = 0;  ///< where the first bin begins
  double width = 0;
  std::vector<std::uint64_t> counts{};
};

/// How one epoch's validation of a model that predicts numbers came out: predicted against true, and what was missed by
/// how much. Bounded whatever the data.
struct ResidualPlot {
  static constexpr std::size_t kMostBins = 64;          ///< of an axis; at least half as many, unless values are equal
  static constexpr std::size_t kMostResidualBins = 48;  ///< the same of the residuals
  /// Of a prediction of more numbers than this, so many that lie evenly in it.
  static constexpr std::int64_t kMostOfRecord = 64;

  std::uint32_t epoch = 0;
  std::uint64_t count = 0;                                      ///< pairs of a number and its target
  std::uint64_t not_finite = 0;                                 ///< pairs that are left out: infinite or NaN
  double mean = std::numeric_limits<double>::quiet_NaN();       ///< of the residuals: predicted - true
  double deviation = std::numeric_limits<double>::quiet_NaN();  ///< and their standard deviation (divided by count)
  double first = 0;                                             ///< where the first bin of both axes begins
  double width = 0;
  std::size_t bins = 0;                 ///< of each axis
  std::vector<std::uint64_t> counts{};  ///< bins × bins: row by row the predicted number from below, in it the true one
  NumberBins residuals{};               ///< predicted - true

  [[nodiscard]] std::uint64_t at(std::size_t predicted, std::size_t truth) const {
    return counts[predicted * bins + truth];
  }
  [[nodiscard]] bool any() const { return count + not_finite > 0; }
};

}  // namespace feedline::inline training
