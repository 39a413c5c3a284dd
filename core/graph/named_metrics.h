// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to core/graph: what a run will measure, and parameters that name some of it.

#include "graph/validate.h"
#include "graph/wiring.h"

namespace feedline::inline graph {

/// Fills Analysis::metrics, and adds what is wrong with parameters that name metrics to its problems: those of the
/// trainer and that of a schedule which watches one. That validation data are missing is a warning: the same graph may
/// be opened without them, to predict. Needs Analysis::outputs.
void name_metrics(const Wiring& wiring, Analysis& analysis);

}  // namespace feedline::inline graph
