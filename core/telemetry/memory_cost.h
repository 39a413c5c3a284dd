// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "telemetry/snapshot.h"

#include <cstdint>
#include <string_view>
#include <vector>

namespace feedline::inline telemetry {

/// What a setting of the trainer saves of memory, and the time of a step that it costs.
struct MemoryCost {
  std::string_view setting{};  ///< the parameter: recompute, shard_optimizer
  std::uint64_t saves = 0;     ///< bytes, as predicted: they are what is not taken
  double predicted = 0;        ///< seconds a step, from what was measured of the rest of the step
  double measured = 0;         ///< seconds a step; 0: no step was made
};

/// Of each such setting that is in use, between two snapshots of a run. Predicted are: of blocks that are computed
/// again, their share of the multiply-adds of a forward pass times what that took; of weights that ranks gather, half
/// of what as many bytes of gradients took, as in a ring (a sum sends each byte twice, a gathering once). Of stages it
/// is the time of all of them together. Measured on the CPU; of a GPU, which works on by itself, it is what starting
/// its work took.
[[nodiscard]] std::vector<MemoryCost> memory_costs(const Snapshot& earlier, const Snapshot& now);

}  // namespace feedline::inline telemetry
