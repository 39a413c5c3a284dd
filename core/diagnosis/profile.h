// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "diagnosis/facts.h"
#include "telemetry/rank_times.h"
#include "telemetry/snapshot.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline diagnosis {

/// What a node of the data side costs. All times are seconds a training sample, so that nodes that see fewer records
/// (behind a cache) weigh less: Plumber's visit ratio is in them.
struct NodeCost {
  std::string node{};
  std::string type{};
  std::size_t segment = 0;
  std::size_t workers = 1;
  bool sequential = false;
  double visits = 1;   ///< records through it for one training sample
  double cpu = 0;      ///< on a core (thread CPU time: wall time overestimates up to 2.5 times, Plumber)
  double wait = 0;     ///< in its code without using a core: a disk, a network, a lock
  double delayed = 0;  ///< without a core, though there was something to compute: somebody else had it
  double bytes = 0;    ///< put out for one record
  double busy = 0;     ///< share of its workers' time, 0..1
  double starved = 0;  ///< the same, waiting for input
  double blocked = 0;  ///< the same, waiting for room behind its segment
  double fill = 0;     ///< of the queue behind its segment, 0..1, mean of both ends
  [[nodiscard]] double self() const { return cpu + wait; }
};

/// Seconds of the trainer's time a step.
struct StepCost : ByPhase<double> {
  [[nodiscard]] double busy() const { return step(); }
};

/// One layer of a network.
struct LayerCostShare {
  std::string node{};
  double seconds = 0;            ///< forward and backward, a step
  double bytes = 0;              ///< of its weights, their gradients, and what it gave (LayerSample)
  bool can_begin_stage = false;  ///< see LayerSample
};

/// One stage of such a network: seconds a step.
struct ModelStageCost {
  double busy = 0;
  double idle = 0;
  std::vector<LayerCostShare> layers{};
};

/// What nodes took to learn before data began to flow.
struct FitCost {
  double seconds = 0;
  double training = 0;        ///< seconds that the whole run trains, as far as that can be told
  bool ends = false;          ///< it can be told; else `training` is what it has trained so far
  std::uint64_t records = 0;  ///< passed, those of several passes added up
  std::string nodes{};        ///< that learnt: "words, scale"
  std::string slowest{};      ///< that took the workers longest; empty: not measured
  double slowest_share = 0;   ///< of what they computed
  double merging_share = 0;   ///< of `seconds`: putting together what single records gave, on one thread
  std::string not_kept{};     ///< why the next run has to do it again; empty: it has not
  [[nodiscard]] double share() const { return seconds > 0 ? seconds / (seconds + training) : 0; }
};

/// What was measured between two snapshots of one run, validation left out. Where several ranks train together, costs
/// are those of this process for its own samples.
struct Profile {
  double seconds = 0;
  std::uint64_t steps = 0;
  std::uint64_t samples = 0;
  double samples_per_s = 0;  ///< of all ranks
  double batch = 1;          ///< samples a step
  StepCost step{};
  double border_wait = 0;  ///< seconds a step of waiting that were for first batches of epochs
  double step_cpu = 0;     ///< CPU seconds a sample of everything that is not the loader's; 0: the step is elsewhere
  double step_alone = 0;   ///< seconds a sample that the step would take with nobody beside it
  double own_cores = 0;    ///< that this process used, on average
  double other_cores = 0;  ///< that other processes used of the cores that this one may use
  double idle_cores = 0;
  double disk_bytes = 0;  ///< fetched from disks a sample
  double bad = 0;         ///< share of the records that were left out
  double padding = 0;     ///< of the field with records of differing length that takes most room: padding's share
  FitCost fit{};
  double estimator_fit = 0;        ///< seconds that an estimator fitted at the ends of passes, which belong to no step
  std::vector<NodeCost> nodes{};   ///< from the source to the batch
  std::vector<RankTimes> ranks{};  ///< empty: it trains alone
  CollectiveSample collective{};   ///< of this rank, in this time
  std::vector<ModelStageCost> stages{};  ///< of a network that is cut into stages; else empty
  std::vector<LayerCostShare> layers{};  ///< of a network in one piece, as measured on one replica; else empty

  [[nodiscard]] std::size_t rank_count() const { return std::max<std::size_t>(ranks.size(), 1); }
  /// Of them, those on this machine.
  [[nodiscard]] std::size_t local_ranks() const;
  [[nodiscard]] const NodeCost* find(std::string_view node) const;
  [[nodiscard]] double loader_cpu() const;  ///< CPU seconds a sample
  /// Of the stages' time, that in which they waited for each other, 0..1.
  [[nodiscard]] double bubble() const;
  /// Of an estimator's training, its fits, 0..1.
  [[nodiscard]] double fit_share() const { return estimator_fit > 0 ? estimator_fit / (estimator_fit + seconds) : 0; }
  [[nodiscard]] double wait_share() const { return step.total() > 0 ? step[Phase::Wait] / step.total() : 0; }
};

/// Time for want of a core is no cost of a node's own: the meters tell it apart from waiting for a disk or a network.
/// The step's, whose threads are not metered one by one, is put right when the cores are full: it then counts as what
/// its CPU time makes on its threads.
[[nodiscard]] Profile measure(const RunFacts& facts, const Snapshot& earlier, const Snapshot& later);

}  // namespace feedline::inline diagnosis
