// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "plan/execution.h"
#include "plan/graph_facts.h"
#include "plan/memory_advice.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace feedline::inline diagnosis {

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
  std::uint64_t memory_needed = 0;            ///< bytes that training is predicted to take
  std::uint64_t memory_there = 0;             ///< bytes that there were for it; 0: not known
  std::vector<MemoryAdvice> memory_advice{};  ///< what would make it smaller
  double disk_bytes_per_s = 0;                ///< what the disk can do; 0: not known

  /// Waiting costs no core, so more workers than cores can help; but not any number.
  [[nodiscard]] std::size_t workers_limit() const;
  [[nodiscard]] double step_threads() const;
  /// Into which a batch is cut for the stages of the network.
  [[nodiscard]] std::size_t micro_batches() const;
};

/// What the graph alone says: facts about it, and the trainer's settings. What only a run knows (device, records) keeps
/// its default.
[[nodiscard]] RunFacts facts_of(const Document& document, const Registry& registry = Registry::instance());

}  // namespace feedline::inline diagnosis
