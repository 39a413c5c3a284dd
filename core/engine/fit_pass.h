// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to engine: one pass of the training records through what is upstream of nodes that learn.

#include "engine/fit.h"
#include "schema/named_tensors.h"

#include <cstddef>
#include <vector>

namespace feedline::inline engine {

/// What these steps of the plan's training data have learnt, in their order. Nothing upstream of them is unbound.
/// Errors: those of fit_plan().
[[nodiscard]] Result<std::vector<NamedTensors>> run_fit_pass(const Plan& plan, const std::vector<std::size_t>& steps,
                                                             const FitOptions& options);

}  // namespace feedline::inline engine
