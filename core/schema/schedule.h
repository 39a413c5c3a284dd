// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline schema {

/// How the learning rate goes over a run. Counted in steps of the optimiser, each of which changes the weights once.
/// What is given as a count of steps may be a share of all instead: below 1 it is a share, from 1 on a number of steps.
struct ScheduleSettings {
  double learning_rate = 1e-3;
  std::string schedule = "constant";   ///< constant, step, cosine, one_cycle, polynomial, exponential, plateau
  double warmup = 0;                   ///< steps, or share of all, over which the rate rises to learning_rate
  double drop_every = 0.3;             ///< step: steps, or share of those behind the warm-up, between two drops
  double drop_factor = 0.1;            ///< step, plateau: what a drop leaves of the rate
  double final_factor = 0.001;         ///< where the rate ends, as a share of learning_rate; step: unused
  double start_factor = 0.04;          ///< one_cycle: where it begins, as a share of learning_rate
  double peak_at = 0.3;                ///< one_cycle: share of the steps at which learning_rate is reached
  double power = 1;                    ///< polynomial
  std::string watch = "val_loss";      ///< plateau: key of a metric (metric_key() of base/results.h)
  std::int64_t plateau_patience = 3;   ///< plateau: epochs without improvement that it bears
  double plateau_least_change = 1e-4;  ///< plateau: what counts as one, as a share of the best value
};

/// Does this schedule, as it is set, depend on how many steps the whole run has?
[[nodiscard]] bool needs_total(const ScheduleSettings& settings);

/// The learning rate of a step, from 0 on, in a run of `total` steps; beyond its last step the rate is that of the end.
/// `drops`: how often a plateau has lowered it. Equal to the schedulers of torch.optim.lr_scheduler (PyTorch's
/// documentation) that are stepped once a step: StepLR, CosineAnnealingLR with T_max = total and eta_min = final_factor
/// * learning_rate, OneCycleLR (cosine, without its cycle of the momentum), PolynomialLR, ExponentialLR with the gamma
/// that ends there, ReduceLROnPlateau (relative threshold, min_lr likewise). A warm-up is linear, rate * (step + 1) /
/// steps (Goyal et al. 2017; LinearLR), and the schedule proper begins behind it, as with SequentialLR. Where `total`
/// is 0, nobody knows it, and only schedules that do not need it are right.
[[nodiscard]] double rate_at(const ScheduleSettings& settings, std::uint64_t step, std::uint64_t total,
                             std::uint32_t drops = 0);

/// How many steps of a run of `total` the warm-up takes.
[[nodiscard]] std::uint64_t warmup_steps(const ScheduleSettings& settings, std::uint64_t total);

/// One point of the curve that is drawn of a schedule.
struct RatePoint {
  double step = 0;
  double rate = 0;
};

/// The curve of a run of `total` steps before it begins, in at most `points` points, the first and last step among
/// them. A plateau's drops are not known then. Empty for a run without steps.
[[nodiscard]] std::vector<RatePoint> rate_curve(const ScheduleSettings& settings, std::uint64_t total,
                                                std::size_t points = 256);

/// Lowers the rate when a metric no longer improves: ReduceLROnPlateau of PyTorch, in mode "rel", without a cooldown.
/// Plain values, so that a run can go on from them.
struct PlateauState {
  double best = std::numeric_limits<double>::infinity();  ///< not finite: none yet
  std::int64_t waited = 0;                                ///< epochs since the best
  std::uint32_t drops = 0;

  /// The end of an epoch; true where the rate drops. A value that is not finite is no improvement.
  bool observe(const ScheduleSettings& settings, double value, bool higher_is_better);
};

/// Is `value` better than `best` by more than the share `least_change` of it? The rule of ReduceLROnPlateau. A value
/// that is not finite never is; any other is better than a `best` that is not.
[[nodiscard]] bool is_improvement(double value, double best, double least_change, bool higher_is_better);

}  // namespace feedline::inline schema
