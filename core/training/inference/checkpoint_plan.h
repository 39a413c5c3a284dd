// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What a checkpoint's graph comes to without its data. Free of LibTorch.

#include "graph/document.h"
#include "plan/plan.h"
#include "state/training_state.h"

#include <memory>

namespace feedline::inline training {

/// A graph as it was trained: every shape known, every fitted node bound to what it had learnt.
struct CheckpointPlan {
  Document drawn{};  ///< as it ran
  Document flat{};   ///< the same with sub-graphs open: its nodes are those of the plan
  /// Its sources have no record: none of the data is opened. Validation data are there where the graph has a batch of
  /// its own for them.
  std::shared_ptr<const Plan> plan{};
};

/// Errors: a state that is no checkpoint, or does not fit its graph.
[[nodiscard]] Result<CheckpointPlan> plan_of(const TrainingState& state);

}  // namespace feedline::inline training
