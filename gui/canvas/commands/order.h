// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/edit.h"
#include "gui/canvas/arrange.h"
#include "gui/canvas/auto_layout.h"
#include "gui/canvas/commands/geometry.h"
#include "gui/canvas/commands/selection.h"

#include <map>
#include <optional>

namespace feedline::gui::inline canvas {

/// Brings these in line; none if they are.
[[nodiscard]] std::optional<Edit> aligned(const Diagram& diagram, const Geometry& geometry,
                                          const std::vector<std::string>& ids, Align how);
/// Makes the gaps between these equal; none if they are.
[[nodiscard]] std::optional<Edit> distributed(const Diagram& diagram, const Geometry& geometry,
                                              const std::vector<std::string>& ids, Qt::Orientation along);

/// What is laid out in layers: the selected nodes, or all where fewer than two are.
[[nodiscard]] std::vector<std::string> nodes_to_lay_out(const Diagram& diagram, const Selection& selection);
/// The same with the room that each takes; `ids` are nodes that are drawn.
[[nodiscard]] std::vector<LayoutNode> layout_nodes(const Diagram& diagram, const Geometry& geometry,
                                                   const std::vector<std::string>& ids);
/// Puts nodes to the places that lay_out_in_layers() found, the whole where its corner was and, if it is a part, clear
/// of the rest. Frames go about what was in them, with their notes; other notes that nodes came to lie on go below.
/// Wires between them lose their points, which led round what stood there before.
[[nodiscard]] Edit laid_out(const Diagram& diagram, const Geometry& geometry, const std::vector<std::string>& ids,
                            const std::map<std::string, Position>& places);

}  // namespace feedline::gui::inline canvas
