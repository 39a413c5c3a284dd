// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "diagnosis/cost_model.h"
#include "diagnosis/network.h"

#include <cstddef>
#include <string>
#include <vector>

namespace feedline::inline diagnosis {

/// A number of ranks, and what comes of it.
struct ScalingPoint {
  std::size_t ranks = 1;
  double samples_per_s = 0;           ///< of all
  double efficiency = 1;              ///< beside so many times the rate of one rank
  double exchange_share = 0;          ///< of a step, that it waits for the gradients of the others
  double cores = 1;                   ///< of its machine, for each rank; below 1 they take turns
  LimitKind limit = LimitKind::Step;  ///< Step, Exchange, Cores or Workers (the data side)
};

/// What training would come to on another number of ranks, as a closed form of what was measured on one. On p ranks, of
/// which q are on a machine of C cores, and each computes on t threads (as many as a run of p ranks would have, by the
/// same rule: plan/core_split.h):
///
///     path = once + optimiser / t + fixed + rows / t + what the exchange makes it wait
///     work = once + optimiser + t fixed + rows + exchange + data side         (core seconds of a rank)
///     step = max( path, q work / C )
///
/// Only `rows` and the data side shrink with the rows of a rank. Where a rank has no core to spare, copying and sending
/// take theirs from the step, whether backward hides their waiting or not. More ranks than cores take turns: `work`
/// decides, and wherever all of them meet, cores are idle for about a slice of the scheduler, until the last rank has
/// had its turn. What is measured comes out again for the ranks that were measured.
/// Sources: Li et al., PyTorch Distributed (VLDB 2020), for the overlap of buckets with backward; Amdahl (1967);
/// Plumber (MLSys 2022) for the sum over shared cores; Linux, kernel/sched/fair.c, for the length of a slice.
struct ScalingModel {
  std::size_t ranks = 1;            ///< measured
  std::size_t per_machine = 1;      ///< ranks on one machine, at most
  double batch = 1;                 ///< samples a step of all ranks
  bool batch_grows = false;         ///< each rank keeps its rows; false: they share out the batch that there is
  double once = 0;                  ///< seconds a step of every rank, on one thread: launch and the rest
  double optimizer = 0;             ///< seconds a step of one rank, as measured
  bool optimizer_in_parts = false;  ///< each rank steps its part of the weights; false: each steps all of them
  double rows = 1;                  ///< of one rank, as measured
  double kernels = 0;               ///< seconds a step for that many rows: forward, backward, upload
  double fixed = 0;                 ///< of `kernels`, what they take whatever the rows of a thread
  bool fixed_measured = false;      ///< false: `fixed` is not known, and 0
  double threads = 1;               ///< that computed these
  bool fills_cores = false;         ///< a rank takes of the cores left for it as many as its rows are worth
  std::int64_t asked_replicas = 0;  ///< by the settings; 0: what fills_cores says
  std::int64_t asked_intra_op = 0;
  double worth_of_row = 0;  ///< threads that a row of a rank makes its step worth; 0: not known, any number
  bool on_cpu = true;
  double cores = 1;       ///< of a machine
  double work_share = 1;  ///< core seconds that the step was measured to take, beside those that the form says
  double loader_cpu = 0;  ///< core seconds of the data side a sample
  double loader = 0;      ///< samples/s that the data side of one rank can prepare; 0: any number
  double workers = 0;     ///< with so many, of which a rank has as many as it has cores; 0: whatever the cores
  double disk = 0;        ///< samples/s that a machine's disk can give; 0: any number
  double bytes = 0;       ///< of gradients a step
  double weights = 0;     ///< bytes of weights that are gathered behind each step, where they are stepped in parts
  double buckets = 1;
  double hidden = 0;    ///< seconds of the exchange that backward can hide
  double tail = 0;      ///< share of the exchange that it cannot hide: the last bucket comes when backward is over
  double backward = 0;  ///< seconds a step, as measured
  Network network{};    ///< between machines
  Network loopback = Network::assumed_within_machine();  ///< between ranks of one machine
  double calibration = 1;                                ///< what was measured beside what the form says of it

  /// Of what was measured; the data side as `model` has it.
  [[nodiscard]] static ScalingModel of(const RunFacts& facts, const Profile& profile, const CostModel& model);
  [[nodiscard]] ScalingPoint at(std::size_t ranks) const;
  /// 1, 2, 4, ... and the number that was measured.
  [[nodiscard]] std::vector<ScalingPoint> curve(std::size_t most = kMostRanks) const;
  /// Beyond so many ranks one more brings less than half of what one alone reaches. Where several share a machine,
  /// whole machines are added, if that pays: then a machine more brings less than half of what one machine reaches.
  [[nodiscard]] std::size_t pays_until(std::size_t most = kMostRanks) const;
  /// Seconds a step that the step waits for the exchange between so many ranks.
  [[nodiscard]] double exposed(std::size_t ranks) const;
  /// What so many ranks exchange over: one machine's memory, as long as it has room for all.
  [[nodiscard]] const Network& between(std::size_t of_ranks) const {
    return of_ranks <= per_machine ? loopback : network;
  }
  /// The gradients travel in so many buckets instead. Each pays a latency; the first one leaves, and so the exchange
  /// can begin to hide, when its share of backward is over.
  void set_buckets(double count);
  /// The step, and all of its parts, take 1/factor as long.
  void speed_up_step(double factor);
  /// What the curve rests on, a sentence each: who has which cores, what of a step was measured, what is assumed.
  [[nodiscard]] std::vector<std::string> assumptions() const;

  static constexpr std::size_t kMostRanks = 1024;

 private:
  struct Step;
  [[nodiscard]] double window(double count) const;
  // Of each of so many ranks.
  [[nodiscard]] double cores_of(std::size_t of_ranks) const;
  [[nodiscard]] double threads_of(std::size_t of_ranks) const;
  [[nodiscard]] double chosen_threads(std::size_t of_ranks) const;
  [[nodiscard]] double rows_of(std::size_t of_ranks) const;
  [[nodiscard]] double kernels_of(std::size_t of_ranks) const;
  [[nodiscard]] Step step_of(std::size_t of_ranks) const;
  [[nodiscard]] double work_without_data(std::size_t of_ranks) const;
  [[nodiscard]] ScalingPoint raw(std::size_t of_ranks) const;
};

/// Seconds a step of one rank, with nobody beside it: what of a profile shrinks with the rows, and what does not. That
/// of another batch size tells how much of the kernels is fixed.
struct StepParts {
  double once = 0;
  double optimizer = 0;
  double kernels = 0;
  [[nodiscard]] static StepParts of(const Profile& profile);
};

/// "0.05 ms a message and 1.2 GiB/s".
[[nodiscard]] std::string wire_words(const Network& wire);

}  // namespace feedline::inline diagnosis
