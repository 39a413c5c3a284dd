// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/tools/tool_chooser.h"

#include <QApplication>
#include <QMouseEvent>

#include <utility>

namespace feedline::gui::inline canvas {

ToolChooser::ToolChooser(CanvasParts& parts, CanvasEditor& editor, NodeSearch& search, AdapterOffer& adapters)
    : parts_(parts),
      pan_(parts),
      text_(parts),
      wire_(parts, search, adapters),
      key_wire_(parts, search, adapters),
      resize_(parts),
      move_(parts, editor),
      box_(parts),
      tools_{&pan_, &text_, &wire_, &resize_, &move_, &box_},
      edge_(
          parts, [this] { return pans_at_edge(); }, [this](QPoint pos) { view_moved(pos); }) {}

Pointer ToolChooser::at(QPoint pos, Qt::MouseButton button, Qt::KeyboardModifiers modifiers) const {
  return {pos, parts_.view.mapToScene(pos), button, modifiers, dragged_};
}

void ToolChooser::press(const QMouseEvent& event) {
  if (active_ == &key_wire_) std::exchange(active_, nullptr)->cancel();
  pressed_at_ = event.position().toPoint();
  dragged_ = false;
  const Pointer pointer = at(pressed_at_, event.button(), event.modifiers());
  for (Tool* tool : tools_) {
    if (tool == active_ || !tool->press(pointer)) continue;
    if (active_ != nullptr) active_->cancel();
    active_ = tool;
    pressed_ = event.button();
    return;
  }
}

bool ToolChooser::move(const QMouseEvent& event) {
  const QPoint pos = event.position().toPoint();
  dragged_ |= (pos - pressed_at_).manhattanLength() >= QApplication::startDragDistance();
  const Pointer pointer = at(pos, Qt::NoButton, event.modifiers());
  if (active_ != nullptr) {
    active_->move(pointer);
  } else if (event.buttons() == Qt::NoButton) {
    show_cursor(pointer);
  }
  edge_.watch(pos);
  return active_ != nullptr;
}

bool ToolChooser::release(const QMouseEvent& event) {
  edge_.stop();
  if (active_ == nullptr || active_ == &key_wire_ || event.button() != pressed_) return false;
  const Pointer pointer = at(event.position().toPoint(), event.button(), event.modifiers());
  std::exchange(active_, nullptr)->release(pointer);
  if (active_ == nullptr) show_cursor(pointer);
  return true;
}

bool ToolChooser::key(const QKeyEvent& event) {
  if (active_ == nullptr || !active_->key(event)) return false;
  if (active_ == &key_wire_ && !key_wire_.active()) active_ = nullptr;
  return true;
}

bool ToolChooser::claims(const QKeyEvent& event) const {
  return active_ == &key_wire_ && event.modifiers() == Qt::NoModifier && event.key() == Qt::Key_Delete;
}

void ToolChooser::view_moved(QPoint pos) {
  if (active_ != nullptr) active_->move(at(pos, Qt::NoButton, QApplication::keyboardModifiers()));
}

void ToolChooser::lead_wire(QPoint pos) {
  if (active_ == &wire_ || active_ == &key_wire_) view_moved(pos);
}

void ToolChooser::diagram_changed() {
  if (active_ != nullptr && !active_->survives_change()) std::exchange(active_, nullptr)->cancel();
}

bool ToolChooser::drop_wire() {
  if (active_ != &wire_ && active_ != &key_wire_) return false;
  std::exchange(active_, nullptr)->cancel();
  return true;
}

void ToolChooser::start_wire_by_key() {
  if (active_ == &wire_) drop_wire();
  if (key_wire_.start()) active_ = &key_wire_;
}

void ToolChooser::hold_drop(std::optional<QPoint> pos) {
  holds_drop_ = pos.has_value();
  pos ? edge_.watch(*pos) : edge_.stop();
}

bool ToolChooser::pans_at_edge() const {
  return holds_drop_ || (active_ != nullptr && active_->pans_at_edge(dragged_));
}

void ToolChooser::show_cursor(const Pointer& pointer) const {
  for (const Tool* tool : tools_) {
    if (const std::optional<Qt::CursorShape> shape = tool->cursor(pointer))
      return parts_.view.viewport()->setCursor(*shape);
  }
  parts_.view.viewport()->unsetCursor();
}

void ToolChooser::paint(QPainter& painter) const {
  if (active_ != nullptr) active_->paint(painter);
}

}  // namespace feedline::gui::inline canvas
