// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to recording.

#include "runs/run_record.h"
#include "training/run.h"

namespace feedline::inline recording {

/// What a run's figures depend on besides its graph: machine, cores, memory, how the step used them, GPUs, versions.
[[nodiscard]] Properties surroundings(const Started& started, const RunOptions& options, const ProcessSample& process);

}  // namespace feedline::inline recording
