// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/clock.h"

#include <cstddef>

namespace feedline::inline tuning {

/// When to end a series of paired measurements: after so many seconds, but not before the least number of pairs.
class PairClock {
 public:
  PairClock(double seconds, std::size_t least_pairs) : seconds_(seconds), least_(least_pairs) {}

  [[nodiscard]] bool enough(std::size_t pairs) const { return pairs >= least_; }
  [[nodiscard]] bool over(std::size_t pairs) const { return enough(pairs) && elapsed() >= seconds_; }
  /// Seconds until then, at the pace so far.
  [[nodiscard]] double left(std::size_t pairs) const;

 private:
  [[nodiscard]] double elapsed() const { return seconds(Clock::system().now() - start_); }

  double seconds_;
  std::size_t least_;
  Nanos start_ = Clock::system().now();
};

/// How long each measurement of a pair is, for the least number of pairs to fit into so many seconds: at most `usual`,
/// at least a quarter of a second, below which few steps fall into it.
[[nodiscard]] double slice_within(double seconds, std::size_t least_pairs, double usual);

}  // namespace feedline::inline tuning
