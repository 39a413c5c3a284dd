// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/part.h"
#include "gui/canvas/commands/geometry.h"

namespace feedline::gui::inline canvas {

/// Of nodes, notes and frames.
[[nodiscard]] QPointF top_left(const Diagram& part);

/// Adds `part`, moved by `offset` or as much farther as it takes to cover nothing that is there.
[[nodiscard]] Paste pasted_clear(const Diagram& diagram, const Geometry& geometry, const Diagram& part, QPointF offset);

}  // namespace feedline::gui::inline canvas
