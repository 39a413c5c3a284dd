// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "cli/exit_code.h"
#include "cli/interrupts.h"
#include "graph/document.h"
#include "training/run.h"

namespace feedline::cli {

/// A run as one rank of several other than the first: rank 0 shows and records it and writes its results, this one says
/// only what went wrong with it.
[[nodiscard]] ExitCode run_as_rank(Document document, const RunOptions& options, Interrupts& interrupts);

}  // namespace feedline::cli
