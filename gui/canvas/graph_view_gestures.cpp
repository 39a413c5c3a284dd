// SPDX-License-Identifier: GPL-3.0-or-later
// Mouse, wheel, keys and drops of the canvas.
#include "graph/rewire.h"
#include "gui/canvas/comment_item.h"
#include "gui/canvas/frame_item.h"
#include "gui/canvas/graph_view.h"
#include "gui/canvas/grid.h"
#include "gui/canvas/item_of.h"
#include "gui/canvas/new_node.h"
#include "gui/canvas/node_item.h"
#include "gui/canvas/paint_tools.h"
#include "gui/canvas/wire_item.h"
#include "gui/models/text.h"

#include <QApplication>
#include <QGestureEvent>
#include <QHelpEvent>
#include <QNativeGestureEvent>
#include <QPinchGesture>
#include <QToolTip>

#include <cmath>

namespace feedline::gui {
namespace {

constexpr qreal kPortReach = 1.75 * Theme::kUnit;
constexpr qreal kPortReachPixels = 9;

CommentItem* comment_of(QGraphicsItem* item) { return item_of<CommentItem>(item); }

}  // namespace

void GraphView::mousePressEvent(QMouseEvent* event) {
  const QPoint pos = event->position().toPoint();
  const QPointF place = mapToScene(pos);
  pressed_at_ = last_pos_ = pos;
  dragged_ = false;
  bubble_.hide();
  search_.close_search();
  if (wire_by_key_) end_wire();
  if (event->button() == Qt::MiddleButton || (event->button() == Qt::LeftButton && space_held_)) {
    gesture_ = Gesture::Pan;
    viewport()->setCursor(Qt::ClosedHandCursor);
    return;
  }
  if (event->button() != Qt::LeftButton) return;  // the right button opens the menu and keeps the selection
  CommentItem* comment = comment_of(itemAt(pos));
  if (comment != nullptr && comment->editing()) {
    QGraphicsView::mousePressEvent(event);
    return;
  }
  if (const auto port = scene_.port_at(place, std::max(kPortReach, kPortReachPixels / zoom()))) {
    scene_.setFocusItem(nullptr);
    begin_wire(*port, pos);
    return;
  }
  FrameItem* frame = item_of<FrameItem>(itemAt(pos));
  if (frame != nullptr && frame->editing()) {
    QGraphicsView::mousePressEvent(event);
    return;
  }
  const bool on_corner =
      (comment != nullptr && comment->on_corner(place)) || (frame != nullptr && frame->on_corner(place));
  if (on_corner) {
    gesture_ = Gesture::Resize;
    resized_ = comment != nullptr ? comment->id() : frame->id();
    gesture_key_ = new_gesture("resize");
    return;
  }
  QGraphicsView::mousePressEvent(event);
  const QGraphicsItem* hit = itemAt(pos);
  if (comment != nullptr || frame != nullptr || qgraphicsitem_cast<const NodeItem*>(hit) != nullptr ||
      qgraphicsitem_cast<const WirePointItem*>(hit) != nullptr)
    begin_move(place);
}

void GraphView::mouseMoveEvent(QMouseEvent* event) {
  const QPoint pos = event->position().toPoint();
  pointer_ = pos;
  dragged_ |= (pos - pressed_at_).manhattanLength() >= QApplication::startDragDistance();
  switch (gesture_) {
    case Gesture::Pan:
      pan_by(pos - last_pos_);
      break;
    case Gesture::Move:
      if (dragged_) move_to(mapToScene(pos), !event->modifiers().testFlag(Qt::AltModifier));
      break;
    case Gesture::Resize:
      resize_to(mapToScene(pos));
      break;
    case Gesture::Wire:
      drag_wire(pos);
      break;
    case Gesture::None:
      if (event->buttons() == Qt::NoButton) update_cursor(pos);
      QGraphicsView::mouseMoveEvent(event);
      break;
  }
  last_pos_ = pos;
  watch_edge(pos);
}

void GraphView::update_cursor(QPoint pos) {
  const QPointF place = mapToScene(pos);
  const CommentItem* comment = comment_of(itemAt(pos));
  const FrameItem* frame = item_of<FrameItem>(itemAt(pos));
  if (space_held_) {
    viewport()->setCursor(Qt::OpenHandCursor);
  } else if (scene_.port_at(place, std::max(kPortReach, kPortReachPixels / zoom()))) {
    viewport()->setCursor(Qt::CrossCursor);
  } else if ((comment != nullptr && comment->on_corner(place)) || (frame != nullptr && frame->on_corner(place))) {
    viewport()->setCursor(Qt::SizeFDiagCursor);
  } else {
    viewport()->unsetCursor();
  }
}

void GraphView::mouseReleaseEvent(QMouseEvent* event) {
  const Gesture gesture = gesture_;
  edge_timer_.stop();
  if (gesture == Gesture::Wire && event->button() == Qt::LeftButton) {
    drop_wire(event->position().toPoint());
    return;
  }
  if (gesture == Gesture::Pan && event->button() != Qt::MiddleButton && event->button() != Qt::LeftButton) return;
  gesture_ = Gesture::None;
  if (gesture == Gesture::Move && !dragged_) ask_for_durations(event->position().toPoint());
  if (gesture == Gesture::Move && dragged_) {
    drop_into_wire();
    settle_in_frames(moving_, gesture_key_);
  }
  if (!guides_.empty()) {
    guides_.clear();
    viewport()->update();
  }
  update_cursor(event->position().toPoint());
  if (gesture == Gesture::None || gesture == Gesture::Move) QGraphicsView::mouseReleaseEvent(event);
}

/// A click on the live numbers of a node.
void GraphView::ask_for_durations(QPoint pos) {
  const NodeItem* node = scene_.node_at(mapToScene(pos));
  if (node == nullptr || !node->live() || !node->live()->measured || zoom() < text_zoom()) return;
  if (node->live_area().contains(mapToScene(pos)))
    Q_EMIT durations_wanted(to_qstring(path_of(node->id())), viewport()->mapToGlobal(pos));
}

void GraphView::show_durations_of_selection() {
  const std::vector<std::string> ids = scene_.selected_nodes();
  const NodeItem* node = ids.size() == 1 ? scene_.node(ids.front()) : nullptr;
  if (node == nullptr || !node->live() || !node->live()->measured) {
    Q_EMIT status_message(tr("Select a node of the data side while a run is on, or after it"));
    return;
  }
  Q_EMIT durations_wanted(to_qstring(path_of(node->id())),
                          viewport()->mapToGlobal(mapFromScene(node->live_area().bottomLeft())));
}

void GraphView::mouseDoubleClickEvent(QMouseEvent* event) {
  const QPoint pos = event->position().toPoint();
  if (event->button() != Qt::LeftButton) return;
  if (CommentItem* comment = comment_of(itemAt(pos))) {
    if (comment->editing()) {
      QGraphicsView::mouseDoubleClickEvent(event);
    } else {
      comment->start_editing();
    }
    return;
  }
  if (FrameItem* frame = item_of<FrameItem>(itemAt(pos))) {
    frame->start_editing();
    return;
  }
  const bool on_port = scene_.port_at(mapToScene(pos), kPortReach).has_value();
  if (const NodeItem* node = scene_.node_at(mapToScene(pos)); node != nullptr && !on_port && node->face().subgraph) {
    enter(to_qstring(path_of(node->id())));
    return;
  }
  if (const auto* wire = qgraphicsitem_cast<const WireItem*>(itemAt(pos)); wire != nullptr && !on_port) {
    add_point(wire->link().to, mapToScene(pos));
    return;
  }
  if (itemAt(pos) != nullptr || on_port) {
    mousePressEvent(event);
    return;
  }
  searched_wire_.reset();
  searched_splice_.reset();
  search_for_wire(pos);
}

void GraphView::wheelEvent(QWheelEvent* event) {
  const bool touchpad = (!event->pixelDelta().isNull() && event->phase() != Qt::NoScrollPhase) ||
                        event->deviceType() == QInputDevice::DeviceType::TouchPad;
  if (touchpad && !event->modifiers().testFlag(Qt::ControlModifier)) {
    pan_by(event->pixelDelta().isNull() ? event->angleDelta() / 2 : event->pixelDelta());
  } else if (event->modifiers().testFlag(Qt::ShiftModifier)) {
    pan_by({event->angleDelta().y() + event->angleDelta().x(), 0});
  } else {
    zoom_by(std::pow(1.0015, event->angleDelta().y()), event->position().toPoint());
  }
  if (gesture_ == Gesture::Wire) drag_wire(event->position().toPoint());
  event->accept();
}

bool GraphView::viewportEvent(QEvent* event) {
  if (event->type() == QEvent::Leave) pointer_.reset();
  if (event->type() == QEvent::NativeGesture) {
    const auto* gesture = static_cast<QNativeGestureEvent*>(event);
    if (gesture->gestureType() == Qt::ZoomNativeGesture) {
      zoom_by(1 + gesture->value(), gesture->position().toPoint());
      return true;
    }
    if (gesture->gestureType() == Qt::PanNativeGesture) {
      pan_by(gesture->delta().toPoint());
      return true;
    }
    if (gesture->gestureType() == Qt::SmartZoomNativeGesture) {
      zoom_to_selection();
      return true;
    }
  }
  if (event->type() == QEvent::Gesture) {  // a touch screen
    auto* touch = static_cast<QGestureEvent*>(event);
    if (const auto* pinch = static_cast<QPinchGesture*>(touch->gesture(Qt::PinchGesture))) {
      const QPoint centre = viewport()->mapFromGlobal(pinch->centerPoint().toPoint());
      zoom_by(pinch->scaleFactor(), centre);
      pan_by((pinch->centerPoint() - pinch->lastCenterPoint()).toPoint());
      return true;
    }
  }
  if (event->type() == QEvent::ToolTip) {
    const auto* help = static_cast<QHelpEvent*>(event);
    const QPointF place = mapToScene(help->pos());
    QString tip;
    if (const auto port = scene_.port_at(place, kPortReach)) {
      tip = scene_.node(port->ref.node)->tip_at(place);
    } else if (const NodeItem* node = scene_.node_at(place)) {
      tip = node->tip_at(place);
    } else if (const auto* wire = qgraphicsitem_cast<WireItem*>(itemAt(help->pos()))) {
      tip = tr("%1 to %2: %3")
                .arg(to_qstring(wire->link().from.text()), to_qstring(wire->link().to.text()),
                     wire->face().label.isEmpty() ? kind_text(wire->face().kind) : wire->face().label);
    }
    QToolTip::showText(help->globalPos(), tip, viewport());
    return true;
  }
  return QGraphicsView::viewportEvent(event);
}

}  // namespace feedline::gui
