// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "diagnosis/profile.h"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline diagnosis {

/// What can hold a pipeline up.
enum class LimitKind { Cores, Workers, Sequential, Disk, Step, Turns, Exchange };
/// For JSON: cores, workers, sequential, disk, step, turns, exchange (of gradients between ranks).
[[nodiscard]] std::string_view name(LimitKind kind);

/// One bound on the rate, and the node that weighs most in it (the trainer's, where that is the step).
struct Limit {
  LimitKind kind = LimitKind::Step;
  std::string node{};
  double samples_per_s = 0;
};

/// A rate with everything that bounds it, tightest first.
struct Solution {
  double samples_per_s = 0;
  std::vector<Limit> limits{};
  [[nodiscard]] const Limit& tightest() const { return limits.front(); }
};

/// A pipeline as the closed form sees it: what everything costs, and what there is to pay with. Change it and solve
/// again; that takes microseconds.
///
/// Source: Plumber (MLSys 2022): X = min(cores / sum of costs, sequential nodes, disk, step), the argmin is the
/// bottleneck. Where trainer and loader share the cores (training on the CPU), the step's CPU time belongs in the sum.
/// Added: nodes that wait (disk, network) hold workers but no cores, so each segment is bounded by its workers too; and
/// with a prefetch of 0 loading and step take turns, so that their times add up.
struct CostModel {
  Profile costs{};
  double cores = 1;
  std::size_t workers = 1;
  std::size_t workers_limit = 16;
  std::size_t prefetch = 4;
  double step_threads = 1;
  bool on_cpu = true;
  double disk_bytes_per_s = 0;  ///< 0: not known
  std::string trainer{};
  double ranks = 1;  ///< processes like this one, whose samples are all counted; `cores` are those of one of them

  [[nodiscard]] static CostModel of(const RunFacts& facts, Profile profile);
  /// With the settings as they are.
  [[nodiscard]] Solution expected() const;
  /// The best that any number of workers, up to workers_limit, and enough prefetch can reach.
  [[nodiscard]] Solution ceiling() const;
  /// How many workers the ceiling needs: theta_i = X / R_i, summed over a segment and rounded up.
  [[nodiscard]] std::size_t workers_for(double samples_per_s) const;
  /// Makes a node's cost on a core and its waiting so many times smaller; of the trainer's, the step.
  void speed_up(std::string_view node, double factor);
  /// What was measured belongs to the kernel of a step (forward, backward, transfer: in proportion to the batch) and to
  /// the rest (optimiser, launch, the exchange with other ranks: once a step).
  void set_batch(double batch);

 private:
  [[nodiscard]] Solution solve(std::size_t transform_workers, bool overlapped) const;
  [[nodiscard]] std::size_t hands(std::size_t segment, std::size_t transform_workers) const;
};

}  // namespace feedline::inline diagnosis
