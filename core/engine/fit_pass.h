// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to engine: one pass of the training records through what is upstream of nodes that learn.

#include "engine/fit.h"
#include "schema/named_tensors.h"
#include "telemetry/fit_pass_figures.h"

#include <cstddef>
#include <vector>

namespace feedline::inline engine {

struct FitPassResult {
  std::vector<NamedTensors> learnt{};  ///< by each of the steps, in their order
  FitPassFigures figures{};            ///< without what nodes cost where that is not measured
};

/// What these steps of the plan's training data have learnt. Nothing upstream of them is unbound. Errors: those of
/// fit_plan().
[[nodiscard]] Result<FitPassResult> run_fit_pass(const Plan& plan, const std::vector<std::size_t>& steps,
                                                 const FitOptions& options);

}  // namespace feedline::inline engine
