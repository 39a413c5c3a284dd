// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/tools/move_tool.h"

#include "graph/rewire.h"
#include "gui/base/theme.h"
#include "gui/canvas/arrange.h"
#include "gui/canvas/camera.h"
#include "gui/canvas/canvas_editor.h"
#include "gui/canvas/commands/room.h"
#include "gui/canvas/comment_item.h"
#include "gui/canvas/frame_item.h"
#include "gui/canvas/graph_scene.h"
#include "gui/canvas/grid.h"
#include "gui/canvas/item_of.h"
#include "gui/canvas/node_item.h"
#include "gui/canvas/run_marks.h"
#include "gui/canvas/shown_diagram.h"
#include "gui/canvas/wire_point_item.h"

#include <QPainter>

#include <algorithm>
#include <set>
#include <string_view>

namespace feedline::gui::inline canvas {
namespace {

/// How near, in pixels, an edge comes to another before it is brought in line.
constexpr qreal kEdgeReach = 5;

}  // namespace

bool MoveTool::press(const Pointer& at) {
  if (at.button != Qt::LeftButton) return false;
  const QGraphicsItem* before = parts_.view.itemAt(at.pos);
  const bool sheet = item_of<CommentItem>(before) != nullptr || item_of<FrameItem>(before) != nullptr;
  parts_.pass_on();  // what is pressed becomes selected
  const QGraphicsItem* hit = parts_.view.itemAt(at.pos);
  const bool movable = sheet || qgraphicsitem_cast<const NodeItem*>(hit) != nullptr ||
                       qgraphicsitem_cast<const WirePointItem*>(hit) != nullptr;
  if (movable) take_hold(at.place);
  return movable;
}

void MoveTool::take_hold(QPointF place) {
  gesture_ = parts_.shown.new_gesture("move");
  carried_ = editor_.carried();
  grab_ = lead_ = place;
  lead_body_ = {};
  shift_ = {};
  others_.clear();
  spliced_.clear();
  const QGraphicsItem* hit = parts_.scene.itemAt(place, parts_.view.transform());
  if (const NodeItem* node = parts_.scene.node_at(place)) {
    lead_ = node->pos();
    lead_body_ = node->mapRectToScene(node->body());
  } else if (const CommentItem* note = item_of<CommentItem>(hit)) {
    lead_ = note->pos();
  } else if (const FrameItem* frame = item_of<FrameItem>(hit)) {
    lead_ = frame->pos();
  } else if (const auto* point = qgraphicsitem_cast<const WirePointItem*>(hit)) {
    lead_ = point->pos();
  }
  std::set<std::string_view> ids;
  for (const auto& [id, from] : carried_.things) ids.insert(id);
  for (const auto& [id, item] : parts_.scene.nodes())
    if (!ids.contains(id)) others_.push_back(item->mapRectToScene(item->body()));
  if (carried_.things.size() != 1 || parts_.scene.node(carried_.things.front().first) == nullptr) return;
  const std::string& only = carried_.things.front().first;
  const auto& links = parts_.shown.diagram().links();
  if (std::none_of(links.begin(), links.end(),
                   [&](const Link& link) { return link.from.node == only || link.to.node == only; }))
    spliced_ = only;
}

void MoveTool::move(const Pointer& at) {
  if (!at.dragged || carried_.empty()) return;
  const bool snap = !at.modifiers.testFlag(Qt::AltModifier);
  const QPointF wanted = lead_ + at.place - grab_;
  QPointF shift = (snap ? snapped(wanted) : wanted) - lead_;
  std::vector<QLineF> guides;
  if (snap && !lead_body_.isEmpty()) {
    const Snap edges = snap_to_edges(lead_body_.translated(wanted - lead_), others_, kEdgeReach / parts_.camera.zoom());
    if (edges.x) shift.setX(wanted.x() - lead_.x() + edges.shift.x());
    if (edges.y) shift.setY(wanted.y() - lead_.y() + edges.shift.y());
    guides = edges.guides;
  }
  show_guides(std::move(guides));
  if (shift == shift_) return;
  shift_ = shift;
  parts_.camera.hold();
  parts_.shown.apply(moved(carried_, shift), gesture_);
  if (spliced_.empty()) return;
  if (const auto body = parts_.geometry.body(spliced_)) target_.set(target_.under(*body, spliced_));
}

void MoveTool::show_guides(std::vector<QLineF> guides) {
  if (guides == guides_) return;
  guides_ = std::move(guides);
  parts_.view.viewport()->update();
}

void MoveTool::release(const Pointer& at) {
  if (at.dragged) {
    drop_into_wire();
    editor_.settle(carried_, gesture_);
  } else {
    parts_.run.click(at.pos);
  }
  show_guides({});
  parts_.pass_on();
}

void MoveTool::drop_into_wire() {
  const std::optional<PortRef> wire = target_.take();
  const Diagram& diagram = parts_.shown.diagram();
  const Link* link = wire ? diagram.link_into(*wire) : nullptr;
  if (link == nullptr) return;
  if (auto edit = splice(diagram, spliced_, *link))
    parts_.shown.apply(pushed_along(diagram, parts_.geometry, std::move(*edit), {spliced_}), gesture_);
}

void MoveTool::cancel() {
  target_.set(std::nullopt);
  show_guides({});
}

void MoveTool::paint(QPainter& painter) const {
  if (guides_.empty()) return;
  QPen pen(Theme::instance().colors().accent, 1.5, Qt::DashLine);
  pen.setCosmetic(true);
  painter.setPen(pen);
  for (const QLineF& guide : guides_) painter.drawLine(guide);
}

}  // namespace feedline::gui::inline canvas
