// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "training/run.h"

namespace feedline::inline training {

/// Writes the epochs, device, seed and workers that a caller wishes into the graph's trainer node, as edits: they are
/// checked by the same rules as what the user drew. Does nothing where there is no trainer: make_plan() says so better.
[[nodiscard]] Status apply_options(Document& document, const RunOptions& options);

}  // namespace feedline::inline training
