// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "plan/execution.h"
#include "plan/plan.h"

#include <cstdint>
#include <string>
#include <vector>

namespace feedline::inline plan {

/// What one layer takes.
struct LayerMemory {
  std::string node{};
  std::uint64_t weights = 0;  ///< bytes, running statistics included
  std::uint64_t gives = 0;    ///< bytes of its output for the rows of one step of this process
  std::uint64_t kept = 0;     ///< bytes of it that wait for backward when the step has most of them
  bool recomputed = false;    ///< it is part of a block of MemorySettings::recompute
};

/// Bytes that training a network takes in this process, as far as shapes and settings say, beside what the process
/// takes for itself.
struct MemoryForecast {
  std::uint64_t weights = 0;      ///< and running statistics; those of replicas are one
  std::uint64_t gradients = 0;    ///< of all replicas
  std::uint64_t optimizer = 0;    ///< what it keeps of each weight, and the average of the weights
  std::uint64_t activations = 0;  ///< that wait for backward, and what backward works on
  std::uint64_t batches = 0;      ///< prepared ahead, and in hand
  // Of what takes less memory, where it is in use:
  std::uint64_t recompute_saves = 0;  ///< activations that the blocks of MemorySettings::recompute do not keep
  double recompute_share = 0;         ///< of the multiply-adds of a forward pass, what backward does again
  std::uint64_t shard_saves = 0;      ///< of what the optimiser keeps, what other ranks have
  std::uint64_t gathered = 0;         ///< weights that the ranks exchange behind each step
  std::vector<LayerMemory> layers{};
  /// Layers that are networks by themselves, whose inside is not counted: they take more.
  std::vector<std::string> open{};
  [[nodiscard]] std::uint64_t total() const { return weights + gradients + optimizer + activations + batches; }
};

/// Pure. A layer is counted with what it gives, once: the next one, or itself, keeps it until its backward pass is
/// done. Of a recomputed block it is what leaves it, and once what is inside the largest of them; the backward pass
/// holds the gradients of the largest output and input besides. In mixed precision outputs have two bytes a number, and
/// weights, gradients and the optimiser's numbers four. `rows`: of a batch, in all ranks.
[[nodiscard]] MemoryForecast forecast_memory(const ModelPlan& model, const Execution& execution, std::int64_t rows);
/// The same of a plan with a network, with its batches. Another learner: nothing but those.
[[nodiscard]] MemoryForecast forecast_memory(const Plan& plan, const Execution& execution);

}  // namespace feedline::inline plan
