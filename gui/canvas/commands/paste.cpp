// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/commands/paste.h"

#include "gui/canvas/make_room.h"

#include <algorithm>

namespace feedline::gui::inline canvas {
namespace {

/// What is duplicated is drawn already, and as large as that.
std::vector<QRectF> bodies_in_part(const Diagram& diagram, const Geometry& geometry, const Diagram& part) {
  std::vector<QRectF> rects;
  for (const Node& node : part.nodes()) {
    const Node* same = diagram.find(node.id);
    const std::optional<QRectF> drawn = geometry.body(node.id);
    const bool known = drawn && same != nullptr && same->type == node.type;
    rects.emplace_back(QPointF(node.position.x, node.position.y), known ? drawn->size() : geometry.size_of(node));
  }
  for (const Comment& note : part.comments()) rects.push_back(area_of(note));
  return rects;
}

}  // namespace

QPointF top_left(const Diagram& part) {
  QPointF corner(1e9, 1e9);
  const auto include = [&](Position p) { corner = {std::min(corner.x(), p.x), std::min(corner.y(), p.y)}; };
  for (const Node& node : part.nodes()) include(node.position);
  for (const Comment& note : part.comments()) include(note.position);
  for (const Frame& frame : part.frames()) include(frame.position);
  return corner;
}

Paste pasted_clear(const Diagram& diagram, const Geometry& geometry, const Diagram& part, QPointF offset) {
  const QPointF clear = clear_shift(bodies_in_part(diagram, geometry, part), obstacles(diagram, geometry), offset);
  return make_paste(diagram, part, {clear.x(), clear.y()});
}

}  // namespace feedline::gui::inline canvas
