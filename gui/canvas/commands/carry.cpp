// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/commands/carry.h"

#include "gui/canvas/commands/one_edit.h"
#include "gui/canvas/make_room.h"

#include <algorithm>
#include <set>
#include <string_view>

namespace feedline::gui::inline canvas {
namespace {

void add_frame_content(const Diagram& diagram, const Geometry& geometry, const Frame& frame, Carried& carried) {
  const QRectF area = area_of(frame);
  std::set<std::string> known;
  for (const auto& [id, from] : carried.things) known.insert(id);
  const auto add = [&](const std::string& id, Position position) {
    if (known.insert(id).second) carried.things.emplace_back(id, position);
  };
  for (const Node& node : diagram.nodes())
    if (const auto body = geometry.body(node.id); body && area.contains(body->center())) add(node.id, node.position);
  for (const Comment& note : diagram.comments())
    if (area.contains(area_of(note).center())) add(note.id, note.position);
  for (const Frame& other : diagram.frames())
    if (other.id != frame.id && area.contains(area_of(other))) add(other.id, other.position);
}

/// Points go with what they were selected with, and with wires whose ends both go.
void add_carried_points(const Diagram& diagram, const Selection& selection, Carried& carried) {
  std::set<std::string_view> ids;
  for (const auto& [id, from] : carried.things) ids.insert(id);
  const std::set<WirePoint> chosen(selection.points.begin(), selection.points.end());
  for (const Link& link : diagram.links()) {
    if (link.via.empty()) continue;
    std::vector<bool> moves(link.via.size(), ids.contains(link.from.node) && ids.contains(link.to.node));
    for (std::size_t i = 0; i < moves.size(); ++i)
      if (chosen.contains({link.to, i})) moves[i] = true;
    if (std::find(moves.begin(), moves.end(), true) == moves.end()) continue;
    carried.wires.emplace_back(SetWirePoints{.to = link.to, .via = link.via}, std::move(moves));
  }
}

}  // namespace

std::vector<std::string> Carried::ids() const {
  std::vector<std::string> all;
  all.reserve(things.size());
  for (const auto& [id, from] : things) all.push_back(id);
  return all;
}

Carried carried_with(const Diagram& diagram, const Geometry& geometry, const Selection& selection) {
  Carried carried;
  const std::set<std::string_view> nodes(selection.nodes.begin(), selection.nodes.end());
  for (const Node& node : diagram.nodes())
    if (nodes.contains(node.id)) carried.things.emplace_back(node.id, node.position);
  for (const std::string& id : selection.notes)
    if (const Comment* note = diagram.find_comment(id)) carried.things.emplace_back(id, note->position);
  for (const std::string& id : selection.frames)
    if (const Frame* frame = diagram.find_frame(id)) carried.things.emplace_back(id, frame->position);
  for (const std::string& id : selection.frames)
    if (const Frame* frame = diagram.find_frame(id)) add_frame_content(diagram, geometry, *frame, carried);
  add_carried_points(diagram, selection, carried);
  return carried;
}

std::vector<std::string> with_frame_content(const Diagram& diagram, const Geometry& geometry,
                                            const Selection& selection) {
  std::vector<std::string> ids = selection.ids();
  std::set<std::string> known(ids.begin(), ids.end());
  for (const auto& [id, from] : carried_with(diagram, geometry, selection).things)
    if (known.insert(id).second) ids.push_back(id);
  return ids;
}

Edit moved(const Carried& carried, QPointF shift) {
  Edit::List steps;
  const auto shifted = [&](Position p) { return Position{p.x + shift.x(), p.y + shift.y()}; };
  MoveNodes things;
  for (const auto& [id, from] : carried.things) things.to.emplace_back(id, shifted(from));
  if (!things.to.empty()) steps.push_back({std::move(things)});
  for (const auto& [before, moves] : carried.wires) {
    SetWirePoints after = before;
    for (std::size_t i = 0; i < moves.size(); ++i)
      if (moves[i]) after.via[i] = shifted(after.via[i]);
    steps.push_back({std::move(after)});
  }
  return one_edit(std::move(steps));
}

Settled settled_in_frames(const Diagram& diagram, const Geometry& geometry, const Carried& carried) {
  Settled settled;
  if (diagram.frames().empty()) return settled;
  const std::vector<std::string> ids = carried.ids();
  const std::vector<QRectF> now = bodies_of(diagram, geometry, ids);
  if (now.size() != ids.size()) return settled;  // something has gone from under the hand
  for (const Frame& frame : diagram.frames()) {
    if (std::find(ids.begin(), ids.end(), frame.id) != ids.end()) continue;
    const QRectF area = area_of(frame);
    std::vector<QRectF> inside;
    Settled::Left left{.frame = frame.title};
    for (std::size_t i = 0; i < now.size(); ++i) {
      const Position& from = carried.things[i].second;
      const QPointF was = now[i].center() - now[i].topLeft() + QPointF(from.x, from.y);
      if (area.contains(now[i].center())) {
        inside.push_back(now[i]);
      } else if (area.contains(was)) {
        left.things << QString::fromStdString(ids[i]);
      }
    }
    if (!left.things.isEmpty()) settled.left.push_back(std::move(left));
    if (Frame larger = grown(frame, inside); !(larger == frame))
      settled.steps.push_back({ChangeFrame{std::move(larger)}});
  }
  return settled;
}

}  // namespace feedline::gui::inline canvas
