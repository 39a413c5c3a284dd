// SPDX-License-Identifier: GPL-3.0-or-later
#include "tuning/pair_clock.h"

#include <algorithm>

namespace feedline::inline tuning {

double PairClock::left(std::size_t pairs) const {
  const double so_far = elapsed();
  double left = seconds_ - so_far;
  if (pairs > 0 && pairs < least_)
    left = std::max(left, so_far / static_cast<double>(pairs) * static_cast<double>(least_ - pairs));
  return std::max(left, 0.0);
}

double slice_within(double seconds, std::size_t least_pairs, double usual) {
  constexpr double kShortest = 0.25;
  return std::clamp(seconds / (2 * static_cast<double>(least_pairs)), std::min(kShortest, usual), usual);
}

}  // namespace feedline::inline tuning
