// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The reckoning of a study (tuning/study.h), apart from running anything: how long which settings run, which go on,
// what several seeds say together. Pure.

#include "base/error.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace feedline::inline tuning {

/// One rung of successive halving: so many settings are trained until so many of their epochs are over.
struct Rung {
  std::uint32_t epochs = 0;  ///< from the beginning of a run
  std::size_t settings = 0;
  bool operator==(const Rung&) const = default;
};

/// Successive halving (Jamieson & Talwalkar 2016, "Non-stochastic best arm identification and hyperparameter
/// optimization"): each rung trains twice as long as the one before and keeps the better half (rounded up); the last
/// one trains for all of `epochs`. There are as many rungs as settings and epochs can be halved.
[[nodiscard]] std::vector<Rung> plan_rungs(std::size_t settings, std::uint32_t epochs);
/// Epochs that are trained in all, going on from rung to rung, with so many seeds.
[[nodiscard]] double epochs_of(std::span<const Rung> rungs, std::size_t seeds);
/// The plan with the most epochs, at most `epochs`, that a budget allows where one takes so long. Where not even one
/// epoch of each fits, that one.
[[nodiscard]] std::vector<Rung> plan_within(std::size_t settings, std::size_t seeds, std::uint32_t epochs,
                                            double seconds_per_epoch, double budget_s);
/// A budget in which not even one epoch fits: how long one takes, and what would do.
[[nodiscard]] Error budget_too_small(double budget_s, double seconds_per_epoch, std::size_t settings,
                                     std::size_t seeds);

/// What a few values say of their mean: the 95 % interval by Student's t. One value has none (NaN).
struct MeanInterval {
  double mean = std::numeric_limits<double>::quiet_NaN();
  double half = std::numeric_limits<double>::quiet_NaN();  ///< the interval is mean - half to mean + half
  std::size_t n = 0;
};
/// Values that are not finite are left out.
[[nodiscard]] MeanInterval mean_interval(std::span<const double> values);

/// How far a setting came, and how good it is there.
struct Standing {
  std::uint32_t epochs = 0;  ///< a setting that was kept for longer stands before all that were not
  double value = std::numeric_limits<double>::quiet_NaN();  ///< mean over seeds; NaN stands behind all numbers
  bool failed = false;                                      ///< stands last
};
/// Places of settings, the best first; the same for the same values: what is equal keeps its order.
[[nodiscard]] std::vector<std::size_t> ranking(std::span<const Standing> standings, bool higher_is_better);

/// What takes how long and is how good.
struct Tradeoff {
  double seconds = std::numeric_limits<double>::quiet_NaN();
  double value = std::numeric_limits<double>::quiet_NaN();
};
/// For each point whether it lies on the Pareto front: none is as fast and as good, and better in one of both. Points
/// that are not known (NaN) do not.
[[nodiscard]] std::vector<bool> pareto_front(std::span<const Tradeoff> points, bool higher_is_better);

}  // namespace feedline::inline tuning
