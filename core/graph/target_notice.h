// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "schema/node_spec.h"
#include "schema/tensor_desc.h"

#include <optional>
#include <span>

namespace feedline::inline graph {

/// A loss of numbers whose target is a class: it learns at which place the class stands in the list of classes, which
/// is hardly ever meant (names have no such order, and class '5' may be the first). With port and remedy; none: nothing
/// is wrong, or it is not known yet. A run is not forbidden: places can mean something (grades, digits).
[[nodiscard]] std::optional<Error> class_as_number(const NodeSpec& loss, std::span<const TensorDesc* const> in);

}  // namespace feedline::inline graph
