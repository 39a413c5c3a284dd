// SPDX-License-Identifier: GPL-3.0-or-later
// Mouse, wheel, keys and drops of the canvas.
#include "canvas/comment_item.h"
#include "canvas/graph_view.h"
#include "canvas/grid.h"
#include "canvas/node_item.h"
#include "canvas/wire_item.h"
#include "models/text.h"

#include <QApplication>
#include <QContextMenuEvent>
#include <QGraphicsTextItem>
#include <QHelpEvent>
#include <QMenu>
#include <QNativeGestureEvent>
#include <QToolTip>

#include <cmath>
#include <limits>

namespace feedline::gui {
namespace {

constexpr qreal kPortReach = 1.75 * Theme::kUnit;
constexpr qreal kPortReachPixels = 9;

CommentItem* comment_of(QGraphicsItem* item) {
  for (; item != nullptr; item = item->parentItem())
    if (auto* comment = qgraphicsitem_cast<CommentItem*>(item)) return comment;
  return nullptr;
}

}  // namespace

void GraphView::mousePressEvent(QMouseEvent* event) {
  const QPoint pos = event->position().toPoint();
  const QPointF place = mapToScene(pos);
  pressed_at_ = last_pos_ = pos;
  dragged_ = false;
  bubble_.hide();
  search_.close_search();
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
  if (comment != nullptr && comment->on_corner(place)) {
    gesture_ = Gesture::Resize;
    resized_ = comment->id();
    gesture_key_ = new_gesture("resize");
    return;
  }
  QGraphicsView::mousePressEvent(event);
  const QGraphicsItem* hit = itemAt(pos);
  if (comment != nullptr || qgraphicsitem_cast<const NodeItem*>(hit) != nullptr) begin_move(place);
}

GraphView::Moving GraphView::selection_to_move() const {
  Moving moving;
  for (const std::string& id : scene_.selected_nodes())
    if (const Node* node = controller_.document().find(id)) moving.nodes.emplace_back(id, node->position);
  for (const std::string& id : scene_.selected_comments())
    if (const Comment* comment = controller_.document().find_comment(id)) moving.comments.push_back(*comment);
  return moving;
}

Edit GraphView::moved(const Moving& moving, QPointF shift) const {
  Edit::List steps;
  MoveNodes nodes;
  for (const auto& [id, from] : moving.nodes)
    nodes.to.emplace_back(id, Position{from.x + shift.x(), from.y + shift.y()});
  if (!nodes.to.empty()) steps.push_back({std::move(nodes)});
  for (Comment comment : moving.comments) {
    comment.position = {comment.position.x + shift.x(), comment.position.y + shift.y()};
    steps.push_back({ChangeComment{std::move(comment)}});
  }
  return steps.size() == 1 ? Edit(std::move(steps.front())) : Edit{std::move(steps)};
}

void GraphView::begin_move(QPointF scene_pos) {
  gesture_ = Gesture::Move;
  gesture_key_ = new_gesture("move");
  moving_ = selection_to_move();
  moving_.grab = scene_pos;
  moving_.lead = scene_pos;
  if (const NodeItem* node = scene_.node_at(scene_pos)) {
    moving_.lead = node->pos();
  } else if (const CommentItem* comment = comment_of(scene_.itemAt(scene_pos, transform()))) {
    moving_.lead = comment->pos();
  }
}

void GraphView::move_to(QPointF scene_pos, bool snap) {
  const QPointF wanted = moving_.lead + scene_pos - moving_.grab;
  const QPointF shift = (snap ? snapped(wanted) : wanted) - moving_.lead;
  if (shift == moving_.shift || (moving_.nodes.empty() && moving_.comments.empty())) return;
  moving_.shift = shift;
  fitted_ = false;
  apply(moved(moving_, shift), gesture_key_);
}

void GraphView::resize_to(QPointF scene_pos) {
  const Comment* old = controller_.document().find_comment(resized_);
  if (old == nullptr) return;
  Comment comment = *old;
  const QPointF corner = snapped(scene_pos - QPointF(comment.position.x, comment.position.y));
  comment.width = std::max(6 * kGrid, corner.x());
  comment.height = std::max(3 * kGrid, corner.y());
  if (!(comment == *old)) apply({ChangeComment{std::move(comment)}}, gesture_key_);
}

void GraphView::mouseMoveEvent(QMouseEvent* event) {
  const QPoint pos = event->position().toPoint();
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
}

void GraphView::update_cursor(QPoint pos) {
  const QPointF place = mapToScene(pos);
  const CommentItem* comment = comment_of(itemAt(pos));
  if (space_held_) {
    viewport()->setCursor(Qt::OpenHandCursor);
  } else if (scene_.port_at(place, std::max(kPortReach, kPortReachPixels / zoom()))) {
    viewport()->setCursor(Qt::CrossCursor);
  } else if (comment != nullptr && comment->on_corner(place)) {
    viewport()->setCursor(Qt::SizeFDiagCursor);
  } else {
    viewport()->unsetCursor();
  }
}

void GraphView::mouseReleaseEvent(QMouseEvent* event) {
  const Gesture gesture = gesture_;
  if (gesture == Gesture::Wire && event->button() == Qt::LeftButton) {
    drop_wire(event->position().toPoint());
    return;
  }
  if (gesture == Gesture::Pan && event->button() != Qt::MiddleButton && event->button() != Qt::LeftButton) return;
  gesture_ = Gesture::None;
  update_cursor(event->position().toPoint());
  if (gesture == Gesture::None || gesture == Gesture::Move) QGraphicsView::mouseReleaseEvent(event);
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
  if (itemAt(pos) != nullptr || scene_.port_at(mapToScene(pos), kPortReach)) {
    mousePressEvent(event);
    return;
  }
  searched_wire_.reset();
  search_for_wire(pos);
}

void GraphView::wheelEvent(QWheelEvent* event) {
  const bool touchpad = !event->pixelDelta().isNull() && event->phase() != Qt::NoScrollPhase;
  if (touchpad && !event->modifiers().testFlag(Qt::ControlModifier)) {
    pan_by(event->pixelDelta());
  } else if (event->modifiers().testFlag(Qt::ShiftModifier)) {
    pan_by({event->angleDelta().y() + event->angleDelta().x(), 0});
  } else {
    zoom_by(std::pow(1.0015, event->angleDelta().y()), event->position().toPoint());
  }
  if (gesture_ == Gesture::Wire) drag_wire(event->position().toPoint());
  event->accept();
}

bool GraphView::viewportEvent(QEvent* event) {
  if (event->type() == QEvent::NativeGesture) {
    const auto* gesture = static_cast<QNativeGestureEvent*>(event);
    if (gesture->gestureType() == Qt::ZoomNativeGesture) {
      zoom_by(1 + gesture->value(), gesture->position().toPoint());
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

void GraphView::contextMenuEvent(QContextMenuEvent* event) {
  const QPoint pos = event->pos();
  QGraphicsItem* hit = itemAt(pos);
  if (const CommentItem* comment = comment_of(hit); comment != nullptr && comment->editing()) {
    QGraphicsView::contextMenuEvent(event);
    return;
  }
  if (CommentItem* comment = comment_of(hit)) hit = comment;
  if (hit != nullptr && !hit->isSelected()) {
    scene_.clearSelection();
    hit->setSelected(true);
  }
  QMenu menu(this);
  if (hit == nullptr) {
    menu.addAction(tr("Add node…"), this, [this, pos] {
      searched_wire_.reset();
      search_for_wire(pos);
    });
    menu.addAction(tr("Add note"), this, [this, pos] { add_comment_at(mapToScene(pos)); });
    menu.addSeparator();
    menu.addAction(tr("Paste"), this, &GraphView::paste);
    menu.addAction(tr("Select all"), this, &GraphView::select_all);
    menu.addAction(tr("Zoom to fit"), this, &GraphView::zoom_to_fit);
  } else if (qgraphicsitem_cast<WireItem*>(hit) != nullptr) {
    menu.addAction(tr("Remove wire"), this, &GraphView::delete_selection);
  } else {
    menu.addAction(tr("Cut"), this, &GraphView::cut);
    menu.addAction(tr("Copy"), this, &GraphView::copy);
    menu.addAction(tr("Duplicate"), this, &GraphView::duplicate);
    menu.addSeparator();
    menu.addAction(tr("Delete"), this, &GraphView::delete_selection);
  }
  menu.exec(event->globalPos());
}

}  // namespace feedline::gui
