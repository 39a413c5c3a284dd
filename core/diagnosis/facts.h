// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "diagnosis/network.h"
#include "plan/execution.h"
#include "plan/graph_facts.h"
#include "plan/memory_advice.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace feedline::inline diagnosis {

/// What short measurements beside a run have found out for predicting other numbers of ranks (tuning/rank_probe.h).
/// Nothing of it need be known.
struct RankCalibration {
  double rows = 0;           ///< of a rank in batches smaller than the run's, with as many threads; 0: not measured
  double kernels = 0;        ///< seconds a step for these: forward, backward, upload
  ExchangeProbe exchange{};  ///< between two ranks of this machine
};

/// What a diagnosis must know of a run besides its meters: the graph, and what the machine and the run gave it.
struct RunFacts : GraphFacts {
  std::size_t cores = 1;         ///< that the process may use
  std::size_t most_workers = 0;  ///< that tuning may use; 0: see workers_limit()
  /// What the run uses, or what the graph asks for. On the CPU the step shares the cores with the loader.
  Execution execution{
      .epochs = 1, .workers = 1, .prefetch = 4, .replicas = 1, .intra_op_threads = 1, .precision = "float32"};
  std::uint64_t records = 0;                  ///< training records an epoch
  std::uint64_t memory = 0;                   ///< bytes that caches may take
  std::uint64_t parameters = 0;               ///< trainable numbers of the network; 0: not known
  std::int64_t worth_threads = 0;             ///< that the step is worth (plan/step_work.h); 0: not known
  double worth_of_row = 0;                    ///< the same a row of a batch; 0: not known
  std::int64_t asked_replicas = 0;            ///< by the settings; 0: as many as the cores and the rows suggest
  std::int64_t asked_intra_op = 0;            ///< likewise threads within an operation
  int gpus = 0;                               ///< that the machine has; 0: none, or not known
  std::uint64_t memory_needed = 0;            ///< bytes that training is predicted to take
  std::uint64_t memory_there = 0;             ///< bytes that there were for it; 0: not known
  std::vector<MemoryAdvice> memory_advice{};  ///< what would make it smaller
  double disk_bytes_per_s = 0;                ///< what the disk can do; 0: not known
  bool shards_optimizer = false;              ///< each rank steps its part of the weights, and all gather them
  bool short_gradients = false;               ///< they travel in two bytes each
  RankCalibration calibration{};

  /// Waiting costs no core, so more workers than cores can help; but not any number.
  [[nodiscard]] std::size_t workers_limit() const;
  [[nodiscard]] double step_threads() const;
  /// Of `cores`, those that this process has for itself, where so many ranks are on its machine: all of them where it
  /// is bound to cores of its own, a part of a core where there are more ranks than cores.
  [[nodiscard]] double cores_of_rank(std::size_t local_ranks) const;
  /// Into which a batch is cut for the stages of the network.
  [[nodiscard]] std::size_t micro_batches() const;
};

/// What the graph alone says: facts about it, and the trainer's settings. What only a run knows (device, records) keeps
/// its default.
[[nodiscard]] RunFacts facts_of(const Document& document, const Registry& registry = Registry::instance());

}  // namespace feedline::inline diagnosis
