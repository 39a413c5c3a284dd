// SPDX-License-Identifier: GPL-3.0-or-later
// Who gets what mouse, wheel, touch, keys and drops do on the canvas.
#include "gui/base/theme.h"
#include "gui/canvas/comment_item.h"
#include "gui/canvas/frame_item.h"
#include "gui/canvas/graph_view.h"
#include "gui/canvas/item_of.h"
#include "gui/canvas/node_item.h"
#include "gui/canvas/tools/reach.h"
#include "gui/canvas/wire_item.h"
#include "gui/models/text.h"

#include <QApplication>
#include <QContextMenuEvent>
#include <QDropEvent>
#include <QGestureEvent>
#include <QHelpEvent>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QNativeGestureEvent>
#include <QPinchGesture>
#include <QScopedValueRollback>
#include <QToolTip>

#include <cmath>

namespace feedline::gui::inline canvas {

void GraphView::pass_on() {
  if (mouse_event_ == nullptr) {  // the first corner of a box stays where it is in the scene
    QMouseEvent held(QEvent::MouseMove, last_pos_, viewport()->mapToGlobal(last_pos_), Qt::NoButton, Qt::LeftButton,
                     QApplication::keyboardModifiers());
    QGraphicsView::mouseMoveEvent(&held);
  } else if (mouse_event_->type() == QEvent::MouseMove) {
    QGraphicsView::mouseMoveEvent(mouse_event_);
  } else if (mouse_event_->type() == QEvent::MouseButtonRelease) {
    QGraphicsView::mouseReleaseEvent(mouse_event_);
  } else {
    QGraphicsView::mousePressEvent(mouse_event_);
  }
}

void GraphView::mousePressEvent(QMouseEvent* event) {
  const QScopedValueRollback<QMouseEvent*> at_work(mouse_event_, event);
  last_pos_ = event->position().toPoint();
  bubble_.hide();
  search_.close();
  tools_.press(*event);
}

void GraphView::mouseMoveEvent(QMouseEvent* event) {
  const QScopedValueRollback<QMouseEvent*> at_work(mouse_event_, event);
  last_pos_ = event->position().toPoint();
  parts_.pointer = last_pos_;
  if (!tools_.move(*event)) QGraphicsView::mouseMoveEvent(event);
}

void GraphView::mouseReleaseEvent(QMouseEvent* event) {
  const QScopedValueRollback<QMouseEvent*> at_work(mouse_event_, event);
  if (!tools_.release(*event)) QGraphicsView::mouseReleaseEvent(event);
}

void GraphView::mouseDoubleClickEvent(QMouseEvent* event) {
  if (event->button() == Qt::LeftButton) double_click(event);
}

void GraphView::double_click(QMouseEvent* event) {
  const QPoint pos = event->position().toPoint();
  const QPointF place = mapToScene(pos);
  if (CommentItem* comment = item_of<CommentItem>(itemAt(pos)))
    return comment->editing() ? QGraphicsView::mouseDoubleClickEvent(event) : comment->start_editing();
  if (FrameItem* frame = item_of<FrameItem>(itemAt(pos))) return frame->start_editing();
  const bool on_port = scene_.port_at(place, kPortReach).has_value();
  if (const NodeItem* node = scene_.node_at(place); node != nullptr && !on_port && node->face().subgraph)
    return enter(to_qstring(shown_.path_of(node->id())));
  if (const auto* wire = qgraphicsitem_cast<const WireItem*>(itemAt(pos)); wire != nullptr && !on_port)
    return editor_.add_point(wire->link().to, place);
  if (itemAt(pos) != nullptr || on_port) return mousePressEvent(event);
  search_.open(pos);
}

void GraphView::wheelEvent(QWheelEvent* event) {
  const QPoint pos = event->position().toPoint();
  const bool touchpad = (!event->pixelDelta().isNull() && event->phase() != Qt::NoScrollPhase) ||
                        event->deviceType() == QInputDevice::DeviceType::TouchPad;
  if (touchpad && !event->modifiers().testFlag(Qt::ControlModifier)) {
    camera_.pan_by(event->pixelDelta().isNull() ? event->angleDelta() / 2 : event->pixelDelta());
  } else if (event->modifiers().testFlag(Qt::ShiftModifier)) {
    camera_.pan_by({event->angleDelta().y() + event->angleDelta().x(), 0});
  } else {
    camera_.zoom_by(std::pow(1.0015, event->angleDelta().y()), pos);
  }
  tools_.lead_wire(pos);
  event->accept();
}

bool GraphView::native_gesture(const QEvent& event) {
  const auto& gesture = static_cast<const QNativeGestureEvent&>(event);
  switch (gesture.gestureType()) {
    case Qt::ZoomNativeGesture:
      return camera_.zoom_by(1 + gesture.value(), gesture.position().toPoint()), true;
    case Qt::PanNativeGesture:
      return camera_.pan_by(gesture.delta().toPoint()), true;
    case Qt::SmartZoomNativeGesture:
      return zoom_to_selection(), true;
    default:
      return false;
  }
}

/// Of a touch screen.
bool GraphView::pinch(const QEvent& event) {
  const auto& touch = static_cast<const QGestureEvent&>(event);
  const auto* pinch = static_cast<QPinchGesture*>(touch.gesture(Qt::PinchGesture));
  if (pinch == nullptr) return false;
  camera_.zoom_by(pinch->scaleFactor(), viewport()->mapFromGlobal(pinch->centerPoint().toPoint()));
  camera_.pan_by((pinch->centerPoint() - pinch->lastCenterPoint()).toPoint());
  return true;
}

QString GraphView::tip_at(QPoint pos) const {
  const QPointF place = mapToScene(pos);
  if (const auto port = scene_.port_at(place, kPortReach)) return scene_.node(port->ref.node)->tip_at(place);
  if (const NodeItem* node = scene_.node_at(place)) return node->tip_at(place);
  const auto* wire = qgraphicsitem_cast<WireItem*>(itemAt(pos));
  if (wire == nullptr) return {};
  return tr("%1 to %2: %3")
      .arg(to_qstring(wire->link().from.text()), to_qstring(wire->link().to.text()),
           wire->face().label.isEmpty() ? kind_text(wire->face().kind) : wire->face().label);
}

bool GraphView::event(QEvent* event) {
  if (event->type() == QEvent::ShortcutOverride && tools_.claims(*static_cast<QKeyEvent*>(event))) {
    event->accept();
    return true;
  }
  return QGraphicsView::event(event);
}

bool GraphView::viewportEvent(QEvent* event) {
  if (event->type() == QEvent::Leave) parts_.pointer.reset();
  if (event->type() == QEvent::NativeGesture && native_gesture(*event)) return true;
  if (event->type() == QEvent::Gesture && pinch(*event)) return true;
  if (event->type() == QEvent::ToolTip) {
    const auto* help = static_cast<QHelpEvent*>(event);
    QToolTip::showText(help->globalPos(), tip_at(help->pos()), viewport());
    return true;
  }
  return QGraphicsView::viewportEvent(event);
}

void GraphView::keyPressEvent(QKeyEvent* event) {
  if (scene_.focusItem() != nullptr) return QGraphicsView::keyPressEvent(event);
  keys_.press(*event) ? event->accept() : event->ignore();
}

void GraphView::keyReleaseEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_Space && !event->isAutoRepeat() && tools_.space_held())
    return tools_.set_space_held(false);
  QGraphicsView::keyReleaseEvent(event);
}

void GraphView::focusInEvent(QFocusEvent* event) {
  QGraphicsView::focusInEvent(event);
  const Qt::FocusReason why = event->reason();
  shows_focus_ = why == Qt::TabFocusReason || why == Qt::BacktabFocusReason || why == Qt::ShortcutFocusReason;
  viewport()->update();
}

void GraphView::focusOutEvent(QFocusEvent* event) {
  tools_.set_space_held(false);
  viewport()->update();
  QGraphicsView::focusOutEvent(event);
}

/// Tab opens the search; Shift+Tab leaves the canvas.
bool GraphView::focusNextPrevChild(bool next) { return next ? false : QGraphicsView::focusNextPrevChild(next); }

void GraphView::contextMenuEvent(QContextMenuEvent* event) {
  if (!menus_.show(*event)) QGraphicsView::contextMenuEvent(event);
}

void GraphView::dragEnterEvent(QDragEnterEvent* event) {
  if (DropTarget::takes(event->mimeData())) {
    event->acceptProposedAction();
  } else {
    event->ignore();  // the window may take it
  }
}

void GraphView::dragMoveEvent(QDragMoveEvent* event) {
  event->acceptProposedAction();
  last_pos_ = event->position().toPoint();
  drops_.move(*event);
}

void GraphView::dragLeaveEvent(QDragLeaveEvent*) { drops_.leave(); }

void GraphView::dropEvent(QDropEvent* event) {
  event->acceptProposedAction();
  drops_.drop(*event);
}

}  // namespace feedline::gui::inline canvas
