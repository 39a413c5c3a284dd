// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to plan.

#include "plan/plan.h"

#include <cstdint>
#include <vector>

namespace feedline::inline plan {

/// Gives losses with the parameter `balanced` their `class_weights`: records / (classes × records of the class), as
/// scikit-learn's compute_class_weight("balanced"). Counted over the records that train: `counts`, or where nobody has
/// counted and all of them do, what the source reports; or these `given` ones. Errors, naming the loss: a source that does not know how many
/// records of each class it has; a class without a record.
[[nodiscard]] Status balance_losses(ModelPlan& model, const Source& source, const std::vector<std::uint64_t>& counts,
                                    const std::vector<double>& given);
/// Do these parameters of a loss ask for it?
[[nodiscard]] bool wants_balance(const ParamMap& params);

}  // namespace feedline::inline plan
