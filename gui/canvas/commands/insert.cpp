// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/commands/insert.h"

#include "graph/rewire.h"
#include "gui/canvas/commands/one_edit.h"
#include "gui/canvas/commands/room.h"
#include "gui/canvas/grid.h"
#include "gui/canvas/make_room.h"
#include "gui/canvas/new_node.h"

#include <algorithm>

namespace feedline::gui::inline canvas {

bool fits_into(const Diagram& diagram, const NodeSpec& spec, const Link& wire) {
  Diagram trial = diagram;
  const std::string id = trial.free_id("trial");
  return trial.apply({AddNode{.node = new_node(spec, id, {})}}) && splice(trial, id, wire).has_value();
}

Edit added(const Diagram& diagram, const Geometry& geometry, Node node, const std::optional<PortRef>& into) {
  const std::string id = node.id;
  Edit edit{AddNode{.node = std::move(node)}};
  const Link* link = into ? diagram.link_into(*into) : nullptr;
  if (link == nullptr) return edit;
  Diagram trial = diagram;
  if (!trial.apply(edit)) return edit;
  auto spliced = splice(trial, id, *link);
  if (!spliced) return edit;
  return with_room(diagram, geometry, Edit{Edit::List{std::move(edit), std::move(*spliced)}});
}

Comment new_note(const Diagram& diagram, const Geometry& geometry, QPointF wanted) {
  Comment note{.id = diagram.free_id("note")};
  const QPointF corner = snapped(wanted);
  const QPointF place =
      corner + clear_shift({{corner, QSizeF(note.width, note.height)}}, obstacles(diagram, geometry), {});
  note.position = {place.x(), place.y()};
  return note;
}

Frame new_frame(const Diagram& diagram, const Geometry& geometry, const std::vector<std::string>& about, QPointF middle,
                const std::string& title) {
  QRectF area;
  for (const QRectF& body : bodies_of(diagram, geometry, about)) area |= body;
  if (area.isEmpty())
    area = QRectF(middle - QPointF(20 * Theme::kUnit, 12 * Theme::kUnit), QSizeF(40 * Theme::kUnit, 24 * Theme::kUnit));
  const Frame frame{.id = diagram.free_id("frame"), .title = title, .color = "blue"};
  return placed(frame, frame_about(area));
}

Edit with_point(const Link& wire, std::size_t index, QPointF place) {
  SetWirePoints more{.to = wire.to, .via = wire.via};
  more.via.insert(more.via.begin() + static_cast<std::ptrdiff_t>(index), {place.x(), place.y()});
  return {std::move(more)};
}

std::optional<Edit> resized(const Diagram& diagram, const std::string& id, QPointF corner) {
  if (const Comment* old = diagram.find_comment(id)) {
    Comment note = *old;
    const QPointF size = snapped(corner - QPointF(note.position.x, note.position.y));
    note.width = std::max(6 * kGrid, size.x());
    note.height = std::max(3 * kGrid, size.y());
    if (note == *old) return std::nullopt;
    return Edit{ChangeComment{std::move(note)}};
  }
  const Frame* old = diagram.find_frame(id);
  if (old == nullptr) return std::nullopt;
  Frame frame = *old;
  const QPointF size = snapped(corner - QPointF(frame.position.x, frame.position.y));
  frame.width = std::max(6 * kGrid, size.x());
  frame.height = std::max(4 * kGrid, size.y());
  if (frame == *old) return std::nullopt;
  return Edit{ChangeFrame{std::move(frame)}};
}

std::optional<Edit> titled(const Diagram& diagram, const std::string& frame, const std::string& title) {
  const Frame* old = diagram.find_frame(frame);
  if (old == nullptr) return std::nullopt;
  Frame changed = *old;
  changed.title = title;
  return Edit{ChangeFrame{std::move(changed)}};
}

std::optional<Edit> written(const Diagram& diagram, const std::string& note, const std::string& text) {
  const Comment* old = diagram.find_comment(note);
  if (old == nullptr) return std::nullopt;
  Comment changed = *old;
  changed.text = text;
  return Edit{ChangeComment{std::move(changed)}};
}

std::optional<Edit> coloured(const Diagram& diagram, const std::vector<std::string>& frames, const std::string& color) {
  Edit::List steps;
  for (const std::string& id : frames) {
    const Frame* old = diagram.find_frame(id);
    if (old == nullptr) continue;
    Frame frame = *old;
    frame.color = color;
    steps.push_back({ChangeFrame{std::move(frame)}});
  }
  return any_edit(std::move(steps));
}

}  // namespace feedline::gui::inline canvas
