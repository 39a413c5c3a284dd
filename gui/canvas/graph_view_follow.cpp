// SPDX-License-Identifier: GPL-3.0-or-later
// What the view does by itself: it follows what was added, pans at the edge, comes back, and says what a run does not
// see.
#include "gui/base/theme.h"
#include "gui/canvas/graph_view.h"
#include "gui/canvas/node_item.h"

#include <QApplication>
#include <QMouseEvent>

#include <algorithm>
#include <cmath>

namespace feedline::gui {
namespace {

constexpr qreal kFollowMargin = 3 * Theme::kUnit;
constexpr int kEdge = 3 * Theme::kUnit;  // pixels, in which what is held makes the view move

/// Would a run of both do the same?
bool same_meaning(const Diagram& a, const Diagram& b) {
  const auto same_node = [](const Node& x, const Node& y) {
    return x.id == y.id && x.type == y.type && x.muted == y.muted && x.params == y.params &&
           static_cast<bool>(x.inner) == static_cast<bool>(y.inner) && (!x.inner || same_meaning(*x.inner, *y.inner));
  };
  const auto same_link = [](const Link& x, const Link& y) { return x.from == y.from && x.to == y.to; };
  return std::equal(a.nodes().begin(), a.nodes().end(), b.nodes().begin(), b.nodes().end(), same_node) &&
         std::equal(a.links().begin(), a.links().end(), b.links().begin(), b.links().end(), same_link);
}

}  // namespace

void GraphView::look_again(const Look& look) {
  setTransform(look.transform);
  centerOn(look.middle);
  fitted_ = false;
  update_minimap();
}

void GraphView::select_added(const std::vector<std::string>& ids) {
  fitted_ = false;
  scene_.select(ids);
  follow(ids);
}

void GraphView::follow(const std::vector<std::string>& ids) {
  QRectF area;
  for (const QRectF& body : bodies(ids)) area |= body;
  if (area.isEmpty()) return;
  area.adjust(-kFollowMargin, -kFollowMargin, kFollowMargin, kFollowMargin);
  const QRectF seen = mapToScene(viewport()->rect()).boundingRect();
  if (seen.contains(area)) return;
  fitted_ = false;
  if (area.width() > seen.width() || area.height() > seen.height()) {
    const double zoom = std::min(this->zoom(), zoom_for(area));
    setTransform(QTransform::fromScale(zoom, zoom));
    centerOn(area.center());
  } else {
    ensureVisible(area, 0, 0);
  }
  update_minimap();
}

/// A step that arranged the graph takes the view along when it is undone or done again.
void GraphView::follow_history(int index) {
  const int before = std::exchange(history_index_, index);
  const QUndoStack& stack = controller_.undo_stack();
  if (stack.count() == 0) arranged_looks_.clear();
  if (index < before) {
    const auto undone = arranged_looks_.lower_bound(index);
    if (undone == arranged_looks_.end() || undone->first >= before || undone->second.scope != scope_) return;
    look_again(undone->second.before);
  } else if (index > before) {
    auto done = arranged_looks_.lower_bound(index);
    if (done == arranged_looks_.begin()) return;
    --done;
    if (done->first < before) return;
    if (stack.command(done->first) != done->second.command) {  // another step in its place
      arranged_looks_.erase(arranged_looks_.lower_bound(before), arranged_looks_.end());
    } else if (done->second.scope == scope_) {
      look_again(done->second.after);
    }
  }
}

/// How far the view should go on, in pixels, for what is held at this place of the viewport.
QPoint GraphView::edge_push(QPoint pos) const {
  const auto push = [](int at, int size) {
    const int beyond = at < kEdge ? at - kEdge : at > size - kEdge ? at - size + kEdge : 0;
    return std::clamp(beyond, -kEdge, kEdge) / 2;
  };
  return {push(pos.x(), viewport()->width()), push(pos.y(), viewport()->height())};
}

bool GraphView::draws_box() const { return gesture_ == Gesture::None && !rubberBandRect().isNull(); }

bool GraphView::holds_something() const {
  if (holds_drop_ || draws_box()) return true;
  return dragged_ &&
         (gesture_ == Gesture::Move || gesture_ == Gesture::Resize || (gesture_ == Gesture::Wire && !wire_by_key_));
}

void GraphView::watch_edge(QPoint pos) {
  last_pos_ = pos;
  if (!holds_something() || edge_push(pos).isNull()) {
    edge_timer_.stop();
  } else if (!edge_timer_.isActive()) {
    edge_timer_.start();
  }
}

void GraphView::pan_at_edge() {
  const QPoint push = edge_push(last_pos_);
  if (push.isNull() || !holds_something()) return edge_timer_.stop();
  pan_by(-push);
  if (draws_box()) {  // its first corner stays where it is in the scene
    QMouseEvent held(QEvent::MouseMove, last_pos_, viewport()->mapToGlobal(last_pos_), Qt::NoButton, Qt::LeftButton,
                     QApplication::keyboardModifiers());
    QGraphicsView::mouseMoveEvent(&held);
  }
  if (gesture_ == Gesture::Move)
    move_to(mapToScene(last_pos_), !QApplication::keyboardModifiers().testFlag(Qt::AltModifier));
  if (gesture_ == Gesture::Resize) resize_to(mapToScene(last_pos_));
  if (gesture_ == Gesture::Wire) drag_wire(last_pos_);
}

void GraphView::show_run_notice() {
  if (!running_) return;
  const bool changed = !same_meaning(*running_, controller_.document());
  run_notice_.setVisible(changed);
  if (changed) run_notice_.raise();
}

}  // namespace feedline::gui
