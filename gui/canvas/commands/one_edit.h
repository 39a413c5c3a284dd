// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/edit.h"

#include <optional>
#include <utility>

namespace feedline::gui::inline canvas {

/// Several steps as one edit. `steps` must not be empty.
[[nodiscard]] inline Edit one_edit(Edit::List steps) {
  return steps.size() == 1 ? Edit(std::move(steps.front())) : Edit{std::move(steps)};
}

/// None where there is nothing to do.
[[nodiscard]] inline std::optional<Edit> any_edit(Edit::List steps) {
  if (steps.empty()) return std::nullopt;
  return one_edit(std::move(steps));
}

}  // namespace feedline::gui::inline canvas
