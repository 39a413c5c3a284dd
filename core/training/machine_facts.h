// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Free of LibTorch.

#include "plan/execution.h"
#include "state/training_state.h"
#include "telemetry/snapshot.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace feedline::inline training {

/// Names and values for people to read: {"processor", "AMD EPYC"}, {"cores", "2 of 4"}. None is empty.
using MachineFacts = std::vector<std::pair<std::string, std::string>>;

/// The machine, but for its name: system, kernel, processor, cores, memory and GPUs.
[[nodiscard]] MachineFacts machine_facts(const std::vector<GpuSample>& gpus);
/// How a run uses it: device, ranks, workers, replicas, threads, precision.
[[nodiscard]] MachineFacts execution_facts(const Execution& execution);

/// Of TrainingState::texts: both of them and library_versions(), of the part of a run that wrote the checkpoint. The
/// machine's name is not among them, since checkpoints are given to others.
inline constexpr std::string_view kMachineText = "machine";
[[nodiscard]] std::string machine_text(const std::vector<GpuSample>& gpus, const Execution& execution);
/// None: the checkpoint is of a version that did not keep them.
[[nodiscard]] MachineFacts machine_of(const TrainingState& state);

}  // namespace feedline::inline training
