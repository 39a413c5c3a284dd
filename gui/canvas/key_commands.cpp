// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/key_commands.h"

#include "gui/canvas/adapter_offer.h"
#include "gui/canvas/comment_item.h"
#include "gui/canvas/frame_item.h"
#include "gui/canvas/graph_view.h"
#include "gui/canvas/grid.h"
#include "gui/canvas/node_item.h"
#include "gui/canvas/node_search.h"
#include "gui/canvas/reason_bubble.h"
#include "gui/canvas/tools/tool_chooser.h"

#include <QKeyEvent>

#include <algorithm>
#include <cmath>
#include <limits>

namespace feedline::gui::inline canvas {
namespace {

QPointF direction_of(int key) {
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

bool KeyCommands::press(const QKeyEvent& event) {
  if (tools_.key(event) || standard(event)) return true;
  if (event.modifiers() == Qt::AltModifier && event.key() == Qt::Key_Up) return view_.leave(), true;
  if (event.modifiers().testFlag(Qt::ControlModifier) && with_control(event)) return true;
  if (arrow(event)) return true;
  const bool plain = event.modifiers() == Qt::NoModifier || event.modifiers() == Qt::KeypadModifier;
  return plain && alone(event);
}

/// Keys that the platform defines.
bool KeyCommands::standard(const QKeyEvent& event) {
  const bool control = event.modifiers() == Qt::ControlModifier;
  if (control && (event.key() == Qt::Key_Delete || event.key() == Qt::Key_Backspace))
    return editor_.delete_without_healing(), true;
  if (event.matches(QKeySequence::Copy)) return editor_.copy(), true;
  if (event.matches(QKeySequence::Cut)) return editor_.cut(), true;
  if (event.matches(QKeySequence::Paste)) return editor_.paste(), true;
  if (event.matches(QKeySequence::SelectAll)) return editor_.select_all(), true;
  if (event.matches(QKeySequence::ZoomIn)) return view_.zoom_in(), true;
  if (event.matches(QKeySequence::ZoomOut)) return view_.zoom_out(), true;
  if (event.matches(QKeySequence::Undo)) return parts_.shown.controller().undo_stack().undo(), true;
  if (event.matches(QKeySequence::Redo)) return parts_.shown.controller().undo_stack().redo(), true;
  return false;
}

bool KeyCommands::with_control(const QKeyEvent& event) {
  const bool shift = event.modifiers().testFlag(Qt::ShiftModifier);
  switch (event.key()) {
    case Qt::Key_D:
      return !shift && (editor_.duplicate(), true);
    case Qt::Key_G:
      return shift ? editor_.ungroup_selection() : editor_.group_selection(), true;
    case Qt::Key_L:
      return editor_.lay_out(), true;
    case Qt::Key_Return:
    case Qt::Key_Enter:
      return view_.enter_selected(), true;
    default:
      return false;
  }
}

bool KeyCommands::arrow(const QKeyEvent& event) {
  const QPointF direction = direction_of(event.key());
  if (direction.isNull()) return false;
  const bool control = event.modifiers().testFlag(Qt::ControlModifier);
  if (control || editor_.carried().empty()) {
    walk(direction, control && event.modifiers().testFlag(Qt::ShiftModifier));
  } else {
    editor_.nudge(direction * (event.modifiers().testFlag(Qt::ShiftModifier) ? 4 * kGrid : kGrid));
  }
  return true;
}

bool KeyCommands::alone(const QKeyEvent& event) {
  switch (event.key()) {
    case Qt::Key_Delete:
    case Qt::Key_Backspace:
      return editor_.delete_selection(), true;
    case Qt::Key_Tab:
      return search_.open(parts_.pointer_or_centre()), true;
    case Qt::Key_Home:
      return view_.zoom_to_fit(), true;
    case Qt::Key_Period:
      return view_.zoom_to_selection(), true;
    case Qt::Key_T:
      return parts_.run.ask_for_durations_of_selection(), true;
    case Qt::Key_M:
      return editor_.toggle_mute(), true;
    case Qt::Key_F:
      return editor_.add_frame(), true;
    case Qt::Key_N:
      return editor_.add_comment_at(parts_.view.mapToScene(parts_.pointer_or_centre())), true;
    case Qt::Key_W:
      return tools_.start_wire_by_key(), true;
    case Qt::Key_Return:
    case Qt::Key_Enter:
      return take_offer_or_inspect();
    case Qt::Key_F2:
      return rename(), true;
    case Qt::Key_Escape:
      return escape(), true;
    case Qt::Key_Space:
      if (!event.isAutoRepeat()) tools_.set_space_held(true);
      return true;
    default:
      return false;
  }
}

bool KeyCommands::take_offer_or_inspect() {
  if (parts_.bubble.offers()) return adapters_.take(0), true;
  if (parts_.scene.selected_nodes().empty()) return false;
  Q_EMIT view_.inspect_wanted(false);
  return true;
}

void KeyCommands::rename() {
  if (!parts_.scene.selected_nodes().empty()) {
    Q_EMIT view_.inspect_wanted(true);
    return;
  }
  if (const auto frames = parts_.scene.selected_frames(); !frames.empty())
    parts_.scene.frame(frames.front())->start_editing();
  if (const auto notes = parts_.scene.selected_comments(); !notes.empty())
    parts_.scene.comment(notes.front())->start_editing();
}

void KeyCommands::escape() {
  if (editor_.arrange_job().active()) {
    editor_.arrange_job().cancel();
  } else if (!tools_.drop_wire()) {
    parts_.scene.clearSelection();
  }
  parts_.bubble.hide();
}

/// Selects the next node in this direction. `add`: besides those that are selected, which it passes over.
void KeyCommands::walk(QPointF direction, bool add) {
  std::vector<std::string> selected = parts_.scene.selected_nodes();
  if (std::find(selected.begin(), selected.end(), walked_to_) == selected.end())
    walked_to_ = selected.empty() ? std::string() : selected.front();
  const NodeItem* from = parts_.scene.node(walked_to_);
  const QPointF start = from != nullptr ? from->sceneBoundingRect().center() : parts_.camera.middle();
  const NodeItem* best = nullptr;
  double best_cost = std::numeric_limits<double>::infinity();
  for (const auto& [id, item] : parts_.scene.nodes()) {
    if (item == from || (add && item->isSelected())) continue;
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
  walked_to_ = best->id();
  if (add) {
    selected = parts_.scene.selected_ids();
    selected.push_back(walked_to_);
    parts_.scene.select(selected);
  } else {
    parts_.scene.select({walked_to_});
  }
  parts_.view.ensureVisible(best, 4 * Theme::kUnit, 4 * Theme::kUnit);
}

}  // namespace feedline::gui::inline canvas
