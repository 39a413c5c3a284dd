// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/edit.h"
#include "gui/canvas/commands/geometry.h"

namespace feedline::gui::inline canvas {

/// Near `wanted`, on the grid, clear of all that is there.
[[nodiscard]] QPointF free_place(const Diagram& diagram, const Geometry& geometry, const Node& node, QPointF wanted);
/// The same for several, one below the other; sets their positions.
void place_below_each_other(const Diagram& diagram, const Geometry& geometry, std::vector<Node>& nodes, QPointF wanted);

/// The edit, and room for the nodes that it adds: what they would cover is pushed along. Large additions get none.
[[nodiscard]] Edit with_room(const Diagram& diagram, const Geometry& geometry, Edit edit);
/// The edit, and room about these nodes, which it adds or puts between others: nodes that they cover go to the right,
/// notes below; points of wires go along, and frames hold what was in them.
[[nodiscard]] Edit pushed_along(const Diagram& diagram, const Geometry& geometry, Edit edit,
                                const std::vector<std::string>& inserted);

/// Larger parts get no room made for them, and larger graphs are laid out on another thread.
inline constexpr std::size_t kAtOnce = 300;

}  // namespace feedline::gui::inline canvas
