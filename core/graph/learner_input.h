// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/document.h"

#include <string>

namespace feedline::inline graph {

/// The names of the trainer's inputs that decide what learns.
inline constexpr const char* kLossInput = "loss";
inline constexpr const char* kOptimizerInput = "optimizer";
inline constexpr const char* kEstimatorInput = "estimator";
inline constexpr const char* kValidationInput = "validation";

/// The input of the trainer behind which what learns reads its training data: its estimator where one is wired, else
/// its loss. The one answer for plan, diagnosis and edits.
[[nodiscard]] inline PortRef learner_input(const Diagram& diagram, const std::string& trainer) {
  const PortRef estimator{trainer, kEstimatorInput};
  return diagram.link_into(estimator) != nullptr ? estimator : PortRef{trainer, kLossInput};
}

}  // namespace feedline::inline graph
