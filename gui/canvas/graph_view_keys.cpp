// SPDX-License-Identifier: GPL-3.0-or-later
// The keyboard of the canvas.
#include "canvas/graph_view.h"
#include "canvas/grid.h"
#include "canvas/node_item.h"

#include <QKeyEvent>

#include <cmath>
#include <limits>

namespace feedline::gui {
namespace {

QPointF arrow(int key) {
  switch (key) {
    case Qt::Key_Left:
      return {-1, 0};
    case Qt::Key_Right:
      return {1, 0};
    case Qt::Key_Up:
      return {0, -1};
    case Qt::Key_Down:
      return {0, 1};
    default:
      return {};
  }
}

}  // namespace

bool GraphView::key_command(QKeyEvent* event) {
  if (event->matches(QKeySequence::Copy)) return copy(), true;
  if (event->matches(QKeySequence::Cut)) return cut(), true;
  if (event->matches(QKeySequence::Paste)) return paste(), true;
  if (event->matches(QKeySequence::SelectAll)) return select_all(), true;
  if (event->matches(QKeySequence::ZoomIn)) return zoom_in(), true;
  if (event->matches(QKeySequence::ZoomOut)) return zoom_out(), true;
  if (event->matches(QKeySequence::Undo)) return controller_.undo_stack().undo(), true;
  if (event->matches(QKeySequence::Redo)) return controller_.undo_stack().redo(), true;
  const bool plain = event->modifiers() == Qt::NoModifier || event->modifiers() == Qt::KeypadModifier;
  if (event->modifiers() == Qt::ControlModifier && event->key() == Qt::Key_D) return duplicate(), true;
  if (const QPointF direction = arrow(event->key()); !direction.isNull()) {
    const bool walk = event->modifiers().testFlag(Qt::ControlModifier);
    const Moving selected = selection_to_move();
    if (walk || (selected.nodes.empty() && selected.comments.empty())) {
      walk_selection(direction);
    } else {
      nudge(direction * (event->modifiers().testFlag(Qt::ShiftModifier) ? 4 * kGrid : kGrid));
    }
    return true;
  }
  if (!plain) return false;
  switch (event->key()) {
    case Qt::Key_Delete:
    case Qt::Key_Backspace:
      return delete_selection(), true;
    case Qt::Key_Tab:
      return open_search(), true;
    case Qt::Key_Home:
      return zoom_to_fit(), true;
    case Qt::Key_Escape:
      if (wire_) {
        end_wire();
      } else {
        scene_.clearSelection();
      }
      bubble_.hide();
      return true;
    case Qt::Key_Space:
      if (!event->isAutoRepeat()) {
        space_held_ = true;
        viewport()->setCursor(Qt::OpenHandCursor);
      }
      return true;
    default:
      return false;
  }
}

void GraphView::keyPressEvent(QKeyEvent* event) {
  if (scene_.focusItem() == nullptr && key_command(event)) {
    event->accept();
    return;
  }
  if (scene_.focusItem() != nullptr) {
    QGraphicsView::keyPressEvent(event);
  } else {
    event->ignore();
  }
}

void GraphView::keyReleaseEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_Space && !event->isAutoRepeat() && space_held_) {
    space_held_ = false;
    if (gesture_ != Gesture::Pan) viewport()->unsetCursor();
    return;
  }
  QGraphicsView::keyReleaseEvent(event);
}

void GraphView::focusOutEvent(QFocusEvent* event) {
  space_held_ = false;
  QGraphicsView::focusOutEvent(event);
}

/// Tab opens the search; Shift+Tab leaves the canvas.
bool GraphView::focusNextPrevChild(bool next) { return next ? false : QGraphicsView::focusNextPrevChild(next); }

void GraphView::nudge(QPointF shift) {
  if (nudge_key_.isEmpty()) nudge_key_ = new_gesture("nudge");
  fitted_ = false;
  apply(moved(selection_to_move(), shift), nudge_key_);
}

void GraphView::walk_selection(QPointF direction) {
  const std::vector<std::string> selected = scene_.selected_nodes();
  const NodeItem* from = selected.empty() ? nullptr : scene_.node(selected.front());
  const QPointF start = from != nullptr ? from->sceneBoundingRect().center() : mapToScene(viewport()->rect().center());
  const NodeItem* best = nullptr;
  double best_cost = std::numeric_limits<double>::infinity();
  for (const auto& [id, item] : scene_.nodes()) {
    if (item == from) continue;
    const QPointF way = item->sceneBoundingRect().center() - start;
    const double along = QPointF::dotProduct(way, direction);
    const double across = std::abs(way.x() * direction.y() - way.y() * direction.x());
    if (from != nullptr && along <= 1) continue;
    const double cost = from != nullptr ? along + 2 * across : std::hypot(way.x(), way.y());
    if (cost >= best_cost) continue;
    best_cost = cost;
    best = item;
  }
  if (best == nullptr) return;
  scene_.select({best->id()});
  ensureVisible(best, 4 * Theme::kUnit, 4 * Theme::kUnit);
}

}  // namespace feedline::gui
