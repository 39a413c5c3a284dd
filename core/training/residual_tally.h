// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training; free of LibTorch.

#include "training/residual_plot.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace feedline::inline training {

/// Bins on a line that grow with what is to find room in them: 2^exponent wide, from the bin of the least number to
/// that of the greatest, and the narrowest of which `most` are enough. So they depend on the numbers alone, not on
/// their order. The least width is 2^-40, and 2^-40 of the greatest number.
class BinLine {
 public:
  explicit BinLine(std::int64_t most) : most_(most) {}

  /// `number` is finite.
  void include(double number);
  /// In bins of the whole line, behind include().
  [[nodiscard]] std::int64_t bin_of(double number) const;
  [[nodiscard]] bool holds(double number) const;
  [[nodiscard]] std::int64_t low() const { return low_; }
  [[nodiscard]] std::int64_t count() const { return high_ - low_ + 1; }  ///< 0: nothing was included
  [[nodiscard]] int exponent() const { return exponent_; }
  [[nodiscard]] double width() const { return 1 / per_unit_; }
  [[nodiscard]] double first() const { return static_cast<double>(low_) * width(); }
  [[nodiscard]] bool operator==(const BinLine&) const = default;

 private:
  void widen();

  std::int64_t most_;
  int exponent_ = -40;
  double per_unit_ = 1099511627776.0;  ///< 2^40: bins of one unit
  std::int64_t low_ = 0;
  std::int64_t high_ = -1;
};

/// Adds up a ResidualPlot, pair by pair, whatever predicted them. Takes 32 KiB.
class ResidualTally {
 public:
  void add(double truth, double predicted);
  /// What was added since the last time; the epoch is left to the caller.
  [[nodiscard]] ResidualPlot take();

 private:
  BinLine axis_{static_cast<std::int64_t>(ResidualPlot::kMostBins)};
  BinLine residual_axis_{static_cast<std::int64_t>(ResidualPlot::kMostResidualBins)};
  std::vector<std::uint64_t> counts_{};  ///< axis_.count() squared
  std::vector<std::uint64_t> residuals_{};
  std::uint64_t count_ = 0;
  std::uint64_t not_finite_ = 0;
  double mean_ = 0;
  double squares_ = 0;  ///< of the distances from the mean (Welford 1962)
};

}  // namespace feedline::inline training
