// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to plan.

#include "plan/plan.h"

namespace feedline::inline plan {

/// Gives losses with the parameter `balanced` their `class_weights`: records / (classes × records of the class), as
/// scikit-learn's compute_class_weight("balanced"). Counted over all records of the training source, those that a split
/// sets aside too, so that no record need be read. Errors, naming the loss: a source that does not know how many
/// records of each class it has; a class without a record.
[[nodiscard]] Status balance_losses(ModelPlan& model, const Source& source);

}  // namespace feedline::inline plan
