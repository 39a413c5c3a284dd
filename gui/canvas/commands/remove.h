// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/edit.h"
#include "gui/canvas/commands/selection.h"

#include <optional>

namespace feedline::gui::inline canvas {

/// Takes away what is selected, wires and their points too. `heal`: what removed nodes were fed with is wired to what
/// read them, where kinds allow. None where nothing is selected.
[[nodiscard]] std::optional<Edit> removal(const Diagram& diagram, const Selection& selection, bool heal);

}  // namespace feedline::gui::inline canvas
