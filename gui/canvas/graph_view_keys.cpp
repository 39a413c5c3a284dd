// SPDX-License-Identifier: GPL-3.0-or-later
// The keyboard of the canvas.
#include "graph/port_edits.h"
#include "gui/canvas/comment_item.h"
#include "gui/canvas/frame_item.h"
#include "gui/canvas/graph_view.h"
#include "gui/canvas/grid.h"
#include "gui/canvas/node_item.h"
#include "gui/models/text.h"

#include <QKeyEvent>

#include <algorithm>
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
  if (wire_by_key_) return key_of_wire(event);
  const bool control = event->modifiers() == Qt::ControlModifier;
  if (control && (event->key() == Qt::Key_Delete || event->key() == Qt::Key_Backspace))
    return delete_without_healing(), true;
  if (event->matches(QKeySequence::Copy)) return copy(), true;
  if (event->matches(QKeySequence::Cut)) return cut(), true;
  if (event->matches(QKeySequence::Paste)) return paste(), true;
  if (event->matches(QKeySequence::SelectAll)) return select_all(), true;
  if (event->matches(QKeySequence::ZoomIn)) return zoom_in(), true;
  if (event->matches(QKeySequence::ZoomOut)) return zoom_out(), true;
  if (event->matches(QKeySequence::Undo)) return controller_.undo_stack().undo(), true;
  if (event->matches(QKeySequence::Redo)) return controller_.undo_stack().redo(), true;
  if (event->modifiers() == Qt::AltModifier && event->key() == Qt::Key_Up) return leave(), true;
  if (event->modifiers().testFlag(Qt::ControlModifier) && key_with_control(event)) return true;
  if (const QPointF direction = arrow(event->key()); !direction.isNull()) {
    if (event->modifiers().testFlag(Qt::ControlModifier) || selection_to_move().empty()) {
      walk_selection(direction);
    } else {
      nudge(direction * (event->modifiers().testFlag(Qt::ShiftModifier) ? 4 * kGrid : kGrid));
    }
    return true;
  }
  const bool plain = event->modifiers() == Qt::NoModifier || event->modifiers() == Qt::KeypadModifier;
  return plain && key_alone(event);
}

bool GraphView::key_with_control(QKeyEvent* event) {
  const bool shift = event->modifiers().testFlag(Qt::ShiftModifier);
  switch (event->key()) {
    case Qt::Key_D:
      return !shift && (duplicate(), true);
    case Qt::Key_G:
      return shift ? ungroup_selection() : group_selection(), true;
    case Qt::Key_L:
      return lay_out(), true;
    case Qt::Key_Return:
    case Qt::Key_Enter:
      return enter_selected(), true;
    default:
      return false;
  }
}

bool GraphView::key_alone(QKeyEvent* event) {
  switch (event->key()) {
    case Qt::Key_Delete:
    case Qt::Key_Backspace:
      return delete_selection(), true;
    case Qt::Key_Tab:
      return open_search(), true;
    case Qt::Key_Home:
      return zoom_to_fit(), true;
    case Qt::Key_Period:
      return zoom_to_selection(), true;
    case Qt::Key_T:
      return show_durations_of_selection(), true;
    case Qt::Key_M:
      return toggle_mute(), true;
    case Qt::Key_F:
      return add_frame(), true;
    case Qt::Key_N:
      return add_comment_at(mapToScene(cursor_or_centre())), true;
    case Qt::Key_W:
      return start_wire_by_key(), true;
    case Qt::Key_Return:
    case Qt::Key_Enter:
      if (bubble_.offers()) return insert_adapter(0), true;
      if (scene_.selected_nodes().empty()) return false;
      Q_EMIT inspect_wanted(false);
      return true;
    case Qt::Key_F2:
      if (!scene_.selected_nodes().empty()) {
        Q_EMIT inspect_wanted(true);
        return true;
      }
      if (const auto frames = scene_.selected_frames(); !frames.empty()) scene_.frame(frames.front())->start_editing();
      if (const auto notes = scene_.selected_comments(); !notes.empty()) scene_.comment(notes.front())->start_editing();
      return true;
    case Qt::Key_Escape:
      if (arrange_job_.active()) {
        arrange_job_.cancel();
      } else if (wire_) {
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

/// W takes a wire off the selected node's first output, or its first free input if it has none; again, off the next.
void GraphView::start_wire_by_key() {
  const std::vector<std::string> selected = scene_.selected_nodes();
  const NodeItem* node = selected.empty() ? nullptr : scene_.node(selected.front());
  if (node == nullptr) {
    Q_EMIT status_message(tr("Select a node first (Ctrl and an arrow key); W then takes a wire off it."));
    return;
  }
  std::vector<PortId> starts;
  for (const Side side : {Side::Output, Side::Input})
    for (PortId& port : node->ports())
      if (port.side == side && (side == Side::Output || diagram().link_into(port.ref) == nullptr))
        starts.push_back(std::move(port));
  if (starts.empty()) return;
  std::size_t next = 0;
  if (wire_by_key_) {
    const auto now = std::find(starts.begin(), starts.end(), wire_->anchor());
    next = now == starts.end() ? 0 : static_cast<std::size_t>(now - starts.begin() + 1) % starts.size();
    end_wire();
  }
  begin_wire(starts[next], socket_position(starts[next]));
  wire_by_key_ = dragged_ = true;
  key_targets_.clear();
  key_target_ = -1;
  const QPointF from = scene_.socket(starts[next]).value_or(QPointF());
  for (const auto& [id, item] : scene_.nodes())
    for (PortId& port : item->ports())
      if (port.side != starts[next].side && id != node->id() && !wire_->refusal(port))
        key_targets_.push_back(std::move(port));
  std::sort(key_targets_.begin(), key_targets_.end(), [&](const PortId& a, const PortId& b) {
    const auto away = [&](const PortId& port) {
      const QPointF way = scene_.socket(port).value_or(from) - from;
      return std::hypot(way.x(), way.y());
    };
    const bool new_a = a.ref.port == kFreePort;  // another input is made only where it is asked for
    const bool new_b = b.ref.port == kFreePort;
    return new_a != new_b ? new_b : away(a) < away(b);
  });
  next_wire_target(1);
  if (key_targets_.empty())
    Q_EMIT status_message(tr("No node in the graph takes this wire; the space bar offers nodes that do."));
  else
    Q_EMIT status_message(tr("Arrow keys choose where the wire ends, Enter connects, the space bar adds a node."));
}

void GraphView::next_wire_target(int step) {
  if (key_targets_.empty()) return;
  const int count = static_cast<int>(key_targets_.size());
  key_target_ = (std::max(key_target_, step > 0 ? -1 : 0) + step + count) % count;
  const PortId& target = key_targets_[static_cast<std::size_t>(key_target_)];
  if (const NodeItem* item = scene_.node(target.ref.node)) ensureVisible(item, 4 * Theme::kUnit, 4 * Theme::kUnit);
  drag_wire(socket_position(target));
  Q_EMIT status_message(to_qstring(wire_->anchor().ref.text() + " → " + target.ref.text()));
}

/// Keys while a wire is in the hand; all others wait.
bool GraphView::key_of_wire(QKeyEvent* event) {
  switch (event->key()) {
    case Qt::Key_Right:
    case Qt::Key_Down:
    case Qt::Key_Tab:
      return next_wire_target(1), true;
    case Qt::Key_Left:
    case Qt::Key_Up:
    case Qt::Key_Backtab:
      return next_wire_target(-1), true;
    case Qt::Key_W:
      return start_wire_by_key(), true;
    case Qt::Key_Return:
    case Qt::Key_Enter:
      if (key_target_ < 0) return end_wire(), true;
      return drop_wire(socket_position(key_targets_[static_cast<std::size_t>(key_target_)])), true;
    case Qt::Key_Space: {
      const QPoint at = socket_position(wire_->anchor()) + QPoint(40, 0);
      searched_wire_ = std::make_unique<WireDrag>(*wire_);
      end_wire();
      return search_for_wire(at), true;
    }
    case Qt::Key_Shift:
    case Qt::Key_Control:
    case Qt::Key_Alt:
    case Qt::Key_AltGr:
    case Qt::Key_Meta:
      return true;
    default:
      return end_wire(), true;
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

void GraphView::focusInEvent(QFocusEvent* event) {
  QGraphicsView::focusInEvent(event);
  const Qt::FocusReason why = event->reason();
  shows_focus_ = why == Qt::TabFocusReason || why == Qt::BacktabFocusReason || why == Qt::ShortcutFocusReason;
  viewport()->update();
}

void GraphView::focusOutEvent(QFocusEvent* event) {
  space_held_ = false;
  viewport()->update();
  QGraphicsView::focusOutEvent(event);
}

/// Tab opens the search; Shift+Tab leaves the canvas.
bool GraphView::focusNextPrevChild(bool next) { return next ? false : QGraphicsView::focusNextPrevChild(next); }

void GraphView::nudge(QPointF shift) {
  if (nudge_key_.isEmpty()) nudge_key_ = new_gesture("nudge");
  fitted_ = false;
  const Moving moving = selection_to_move();
  apply(moved(moving, shift), nudge_key_);
  settle_in_frames(moving, nudge_key_);
  follow(scene_.selected_ids());
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
