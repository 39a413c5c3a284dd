// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training; free of LibTorch.

#include "plan/plan.h"
#include "training/run.h"

namespace feedline::inline training {

/// Where a run's data are used.
enum class Use { Network, Estimator, Nothing };

/// All of an Execution but what LibTorch alone can tell (device, precision, memory format): those of a CPU stand there,
/// which is right wherever no network is trained. `on_cpu`: is the step there, sharing its cores with the loader?
[[nodiscard]] Execution resolve_execution(const Plan& plan, const RunOptions& options, Use use, bool on_cpu = true);

}  // namespace feedline::inline training
