// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "telemetry/snapshot.h"

namespace feedline::gui::inline session {

/// What is left of a run that is stopped.
enum class StopOutcome {
  Lost,        ///< it keeps no checkpoints, or has none yet and its step takes too long for one
  NothingYet,  ///< nothing has been learnt that could be lost
  Older,       ///< the checkpoint before: its step takes too long for one of now
  Kept,        ///< all: it writes a checkpoint behind its step, or has done nothing since its last one
};

/// What tells a controller of runs what a stop would leave.
struct StopFacts {
  bool keeps = false;      ///< checkpoints of what learns here
  bool has_older = false;  ///< one was written, or is what it goes on from
  Snapshot now{};          ///< the newest; empty before the run has begun
};
/// `patience_s`: a step that takes longer is broken off, and what it has changed by then fits no checkpoint.
[[nodiscard]] StopOutcome outcome_of_stop(const StopFacts& facts, double patience_s);

}  // namespace feedline::gui::inline session
