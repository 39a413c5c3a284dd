// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/commands/geometry.h"

#include "gui/canvas/make_room.h"

namespace feedline::gui::inline canvas {

std::vector<QRectF> bodies_of(const Diagram& diagram, const Geometry& geometry, const std::vector<std::string>& ids) {
  std::vector<QRectF> rects;
  rects.reserve(ids.size());
  for (const std::string& id : ids) {
    if (const std::optional<QRectF> body = geometry.body(id)) {
      rects.push_back(*body);
    } else if (const Comment* note = diagram.find_comment(id)) {
      rects.push_back(area_of(*note));
    } else if (const Frame* frame = diagram.find_frame(id)) {
      rects.push_back(area_of(*frame));
    }
  }
  return rects;
}

std::vector<QRectF> obstacles(const Diagram& diagram, const Geometry& geometry) {
  std::vector<QRectF> rects;
  for (const Node& node : diagram.nodes())
    if (const std::optional<QRectF> body = geometry.body(node.id)) rects.push_back(*body);
  for (const Comment& note : diagram.comments()) rects.push_back(geometry.sheet(note));
  return rects;
}

}  // namespace feedline::gui::inline canvas
