// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/commands/room.h"

#include "gui/canvas/commands/one_edit.h"
#include "gui/canvas/grid.h"
#include "gui/canvas/make_room.h"

#include <algorithm>
#include <cmath>

namespace feedline::gui::inline canvas {
namespace {

QPointF corner_of(const Node& node) { return {node.position.x, node.position.y}; }

/// Notes that nodes came to lie on, since these are new or were pushed, go below.
void move_notes_away(const Diagram& trial, const Geometry& geometry, const Bodies& bodies, MoveNodes& move) {
  std::vector<QRectF> came;
  std::vector<QRectF> taken;
  for (const Node& node : trial.nodes()) {
    const QRectF& body = bodies.at(node.id);
    taken.push_back(body);
    if (!geometry.body(node.id) || body.topLeft() != corner_of(node)) came.push_back(body);
  }
  for (const Comment& note : trial.comments()) {
    QRectF sheet = geometry.sheet(note);
    if (std::any_of(came.begin(), came.end(), [&](const QRectF& body) { return body.intersects(sheet); })) {
      sheet.translate(clear_shift({sheet}, taken, {}));
      move.to.emplace_back(note.id, Position{sheet.left(), sheet.top()});
    }
    taken.push_back(sheet);
  }
}

/// Points of wires whose ends are both pushed keep their places between them, and frames hold what was in them.
void add_what_goes_along(const Diagram& pushed, const Geometry& geometry, const Bodies& before, const Bodies& after,
                         Edit::List& steps) {
  const auto shift = [&](const std::string& id) { return after.at(id).left() - before.at(id).left(); };
  for (const Link& link : pushed.links()) {
    if (link.via.empty()) continue;
    const PushedEnd from{before.at(link.from.node).right(), shift(link.from.node)};
    const PushedEnd to{before.at(link.to.node).left(), shift(link.to.node)};
    if (from.shift > 0 && to.shift > 0)
      steps.push_back({SetWirePoints{.to = link.to, .via = pushed_points(link.via, from, to)}});
  }
  for (const Frame& frame : pushed.frames()) {
    std::vector<QRectF> held;
    for (const auto& [id, body] : before)
      if (area_of(frame).contains(body.center()) && (body != after.at(id) || !geometry.body(id)))
        held.push_back(after.at(id));
    if (Frame larger = grown(frame, held); !(larger == frame)) steps.push_back({ChangeFrame{std::move(larger)}});
  }
}

}  // namespace

QPointF free_place(const Diagram& diagram, const Geometry& geometry, const Node& node, QPointF wanted) {
  std::vector<Node> alone = {node};
  place_below_each_other(diagram, geometry, alone, wanted);
  return corner_of(alone.front());
}

void place_below_each_other(const Diagram& diagram, const Geometry& geometry, std::vector<Node>& nodes,
                            QPointF wanted) {
  std::vector<QRectF> rects;
  QPointF corner = snapped(wanted);
  for (const Node& node : nodes) {
    rects.emplace_back(corner, geometry.size_of(node));
    corner.setY(std::ceil(rects.back().bottom() / kGrid + 1) * kGrid);
  }
  const QPointF shift = clear_shift(rects, obstacles(diagram, geometry), {});
  for (std::size_t i = 0; i < nodes.size(); ++i)
    nodes[i].position = {rects[i].left() + shift.x(), rects[i].top() + shift.y()};
}

Edit with_room(const Diagram& diagram, const Geometry& geometry, Edit edit) {
  Diagram trial = diagram;
  if (!trial.apply(edit)) return edit;
  std::vector<std::string> added;
  for (const Node& node : trial.nodes())
    if (!geometry.body(node.id)) added.push_back(node.id);
  return added.empty() || added.size() > kAtOnce ? edit : pushed_along(diagram, geometry, std::move(edit), added);
}

Edit pushed_along(const Diagram& diagram, const Geometry& geometry, Edit edit,
                  const std::vector<std::string>& inserted) {
  Diagram trial = diagram;
  if (!trial.apply(edit)) return edit;
  Bodies bodies;
  for (const Node& node : trial.nodes()) {
    const std::optional<QRectF> drawn = geometry.body(node.id);
    bodies[node.id] = QRectF(corner_of(node), drawn ? drawn->size() : geometry.size_of(node));
  }
  const Bodies before = bodies;
  for (const std::string& id : inserted) push_along(bodies, id);
  MoveNodes move;
  move_notes_away(trial, geometry, bodies, move);
  for (const Node& node : trial.nodes()) {
    const QPointF corner = bodies.at(node.id).topLeft();
    if (corner != corner_of(node)) move.to.emplace_back(node.id, Position{corner.x(), corner.y()});
  }
  Edit::List steps;
  steps.push_back(std::move(edit));
  if (!move.to.empty()) steps.push_back({std::move(move)});
  add_what_goes_along(trial, geometry, before, bodies, steps);
  return one_edit(std::move(steps));
}

}  // namespace feedline::gui::inline canvas
