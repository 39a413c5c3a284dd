// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/commands/order.h"

#include "gui/canvas/commands/one_edit.h"
#include "gui/canvas/grid.h"
#include "gui/canvas/make_room.h"

#include <algorithm>
#include <set>
#include <string_view>

namespace feedline::gui::inline canvas {
namespace {

std::optional<Edit> moved_each(const std::vector<std::string>& ids, const std::vector<QRectF>& before,
                               const std::vector<QPointF>& shifts) {
  MoveNodes move;
  for (std::size_t i = 0; i < ids.size(); ++i)
    if (!shifts[i].isNull())
      move.to.emplace_back(ids[i], Position{before[i].left() + shifts[i].x(), before[i].top() + shifts[i].y()});
  if (move.to.empty()) return std::nullopt;
  return Edit{std::move(move)};
}

/// Frames about their nodes at the new places.
std::vector<Frame> frames_about(const Diagram& diagram, const Geometry& geometry, const std::vector<std::string>& ids,
                                const std::vector<QRectF>& before, const std::vector<QRectF>& after) {
  std::vector<Frame> frames = diagram.frames();
  const std::set<std::string_view> moved(ids.begin(), ids.end());
  for (Frame& frame : frames) {
    QRectF held;
    const QRectF area = area_of(frame);
    for (std::size_t i = 0; i < ids.size(); ++i)
      if (area.contains(before[i].center())) held |= after[i];
    const bool others = std::any_of(diagram.nodes().begin(), diagram.nodes().end(), [&](const Node& node) {
      if (moved.contains(node.id)) return false;
      const std::optional<QRectF> body = geometry.body(node.id);
      return body && area.contains(body->center());
    });
    if (!held.isEmpty()) frame = others ? grown(frame, {held}) : placed(frame, frame_about(held));
  }
  return frames;
}

/// Notes go along with their frames, or out of the way; frames that hold them grow.
void place_notes(const Diagram& diagram, std::vector<QRectF> taken, std::vector<Frame>& frames, MoveNodes& move) {
  const std::vector<Frame>& old = diagram.frames();
  for (const Comment& note : diagram.comments()) {
    const QRectF sheet = area_of(note);
    const auto holds = [&](const Frame& frame) { return area_of(frame).contains(sheet.center()); };
    const auto holder = std::find_if(old.begin(), old.end(), holds) - old.begin();
    const bool held = holder < std::ssize(old);
    Frame* frame = held ? &frames[static_cast<std::size_t>(holder)] : nullptr;
    const QPointF along =
        held ? area_of(*frame).topLeft() - area_of(old[static_cast<std::size_t>(holder)]).topLeft() : QPointF();
    const QPointF shift = clear_shift({sheet}, taken, along);
    if (!shift.isNull()) move.to.emplace_back(note.id, Position{sheet.left() + shift.x(), sheet.top() + shift.y()});
    taken.push_back(sheet.translated(shift));
    if (held) *frame = grown(*frame, {taken.back()});
  }
}

/// The places of bodies, the whole where its corner was; a part stays clear of the rest.
std::vector<QRectF> bodies_after(const Diagram& diagram, const Geometry& geometry, const std::vector<std::string>& ids,
                                 const std::map<std::string, Position>& places, const std::vector<QRectF>& before) {
  QRectF all;
  for (const QRectF& rect : before) all |= rect;
  const QPointF corner = snapped(all.topLeft());
  std::vector<QRectF> after;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const Position& place = places.at(ids[i]);
    after.emplace_back(corner + QPointF(place.x, place.y), before[i].size());
  }
  if (ids.size() == diagram.nodes().size()) return after;
  const std::set<std::string_view> moved(ids.begin(), ids.end());
  std::vector<QRectF> others;
  for (const Node& node : diagram.nodes())
    if (const auto body = geometry.body(node.id); body && !moved.contains(node.id)) others.push_back(*body);
  const QPointF shift = clear_shift(after, others, {});
  for (QRectF& rect : after) rect.translate(shift);
  return after;
}

}  // namespace

std::optional<Edit> aligned(const Diagram& diagram, const Geometry& geometry, const std::vector<std::string>& ids,
                            Align how) {
  const std::vector<QRectF> before = bodies_of(diagram, geometry, ids);
  return moved_each(ids, before, align(before, how));
}

std::optional<Edit> distributed(const Diagram& diagram, const Geometry& geometry, const std::vector<std::string>& ids,
                                Qt::Orientation along) {
  const std::vector<QRectF> before = bodies_of(diagram, geometry, ids);
  return moved_each(ids, before, distribute(before, along));
}

std::vector<std::string> nodes_to_lay_out(const Diagram& diagram, const Selection& selection) {
  if (selection.nodes.size() >= 2) return selection.nodes;
  std::vector<std::string> all;
  for (const Node& node : diagram.nodes()) all.push_back(node.id);
  return all;
}

std::vector<LayoutNode> layout_nodes(const Diagram& diagram, const Geometry& geometry,
                                     const std::vector<std::string>& ids) {
  const std::vector<QRectF> bodies = bodies_of(diagram, geometry, ids);
  std::vector<LayoutNode> nodes;
  for (std::size_t i = 0; i < ids.size(); ++i) nodes.push_back({ids[i], bodies[i].size()});
  return nodes;
}

Edit laid_out(const Diagram& diagram, const Geometry& geometry, const std::vector<std::string>& ids,
              const std::map<std::string, Position>& places) {
  const std::vector<QRectF> before = bodies_of(diagram, geometry, ids);
  const std::vector<QRectF> after = bodies_after(diagram, geometry, ids, places, before);
  MoveNodes move;
  for (std::size_t i = 0; i < ids.size(); ++i) move.to.emplace_back(ids[i], Position{after[i].left(), after[i].top()});
  std::vector<Frame> frames = frames_about(diagram, geometry, ids, before, after);
  place_notes(diagram, after, frames, move);
  Edit::List steps;
  steps.push_back({std::move(move)});
  const std::vector<Frame>& old = diagram.frames();
  for (std::size_t i = 0; i < frames.size(); ++i)
    if (!(frames[i] == old[i])) steps.push_back({ChangeFrame{std::move(frames[i])}});
  const std::set<std::string_view> moved(ids.begin(), ids.end());
  for (const Link& link : diagram.links())
    if (!link.via.empty() && moved.contains(link.from.node) && moved.contains(link.to.node))
      steps.push_back({SetWirePoints{.to = link.to}});
  return one_edit(std::move(steps));
}

}  // namespace feedline::gui::inline canvas
