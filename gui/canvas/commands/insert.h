// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/edit.h"
#include "gui/canvas/commands/geometry.h"
#include "schema/node_spec.h"

#include <optional>

namespace feedline::gui::inline canvas {

/// Could a new node of this type be put into this wire?
[[nodiscard]] bool fits_into(const Diagram& diagram, const NodeSpec& spec, const Link& wire);

/// Adds the node, and puts it into the wire that ends at this input if it fits there: then with room about it.
[[nodiscard]] Edit added(const Diagram& diagram, const Geometry& geometry, Node node,
                         const std::optional<PortRef>& into);

/// A note near there, clear of all others, under a free id.
[[nodiscard]] Comment new_note(const Diagram& diagram, const Geometry& geometry, QPointF wanted);
/// A blue frame about these things, or where there are none, in this middle; under a free id.
[[nodiscard]] Frame new_frame(const Diagram& diagram, const Geometry& geometry, const std::vector<std::string>& about,
                              QPointF middle, const std::string& title);

/// The wire is led through one more point, the `index`th.
[[nodiscard]] Edit with_point(const Link& wire, std::size_t index, QPointF place);

/// The note or frame with its lower right corner there, on the grid; none if it is there, or there is no such thing.
[[nodiscard]] std::optional<Edit> resized(const Diagram& diagram, const std::string& id, QPointF corner);
/// The frame with another title; none if there is no such frame.
[[nodiscard]] std::optional<Edit> titled(const Diagram& diagram, const std::string& frame, const std::string& title);
/// The note with another text; none if there is no such note.
[[nodiscard]] std::optional<Edit> written(const Diagram& diagram, const std::string& note, const std::string& text);
/// These frames in another colour; none if there are none.
[[nodiscard]] std::optional<Edit> coloured(const Diagram& diagram, const std::vector<std::string>& frames,
                                           const std::string& color);

}  // namespace feedline::gui::inline canvas
