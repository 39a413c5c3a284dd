// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to core/graph: where the trainer's cuts (StagingSettings::stages) divide the network.

#include "graph/validate.h"
#include "graph/wiring.h"

#include <cstddef>
#include <span>

namespace feedline::inline graph {

/// Fills Analysis::stages for a trainer that names cuts, and adds what is wrong with them to its problems: a pattern
/// that names no layer, a stage without layers, a layer that mixes the rows of a batch. A node belongs to the latest
/// stage of what leads to it, or to that which begins at it: so no value ever goes back. `order`: every wire goes
/// forward.
void place_stages(const Wiring& wiring, std::span<const std::size_t> order, Analysis& analysis);

}  // namespace feedline::inline graph
