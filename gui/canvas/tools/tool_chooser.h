// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/canvas/tools/box_select_tool.h"
#include "gui/canvas/tools/edge_pan.h"
#include "gui/canvas/tools/key_wire_tool.h"
#include "gui/canvas/tools/move_tool.h"
#include "gui/canvas/tools/pan_tool.h"
#include "gui/canvas/tools/resize_tool.h"
#include "gui/canvas/tools/text_tool.h"
#include "gui/canvas/tools/wire_tool.h"

#include <array>

class QMouseEvent;

namespace feedline::gui::inline canvas {

/// Finds the tool that a press is meant for, and gives it what follows. A new tool is a class and its place in
/// `tools_`.
class ToolChooser {
 public:
  ToolChooser(CanvasParts& parts, CanvasEditor& editor, NodeSearch& search, AdapterOffer& adapters);

  void press(const QMouseEvent& event);
  /// False: no tool holds anything, the event is the view's.
  bool move(const QMouseEvent& event);
  bool release(const QMouseEvent& event);
  /// False: no tool wants it.
  bool key(const QKeyEvent& event);
  /// A key that is a shortcut of the window otherwise, while a wire is led by keys: Delete is about the wire.
  [[nodiscard]] bool claims(const QKeyEvent& event) const;
  /// The view has moved under a mouse that rests.
  void view_moved(QPoint pos);
  /// The same, as far as it matters to a wire in the hand: the wheel was turned.
  void lead_wire(QPoint pos);
  void diagram_changed();
  /// Lets go of a wire that is in the hand; false if none is.
  bool drop_wire();
  void start_wire_by_key();
  void set_space_held(bool held) { pan_.set_ready(held); }
  [[nodiscard]] bool space_held() const { return pan_.ready(); }
  void paint(QPainter& painter) const;

  /// Something from elsewhere is held here over the canvas; nothing: no more.
  void hold_drop(std::optional<QPoint> pos);

 private:
  [[nodiscard]] Pointer at(QPoint pos, Qt::MouseButton button, Qt::KeyboardModifiers modifiers) const;
  [[nodiscard]] bool pans_at_edge() const;
  void show_cursor(const Pointer& pointer) const;

  CanvasParts& parts_;
  PanTool pan_;
  TextTool text_;
  WireTool wire_;
  KeyWireTool key_wire_;
  ResizeTool resize_;
  MoveTool move_;
  BoxSelectTool box_;
  std::array<Tool*, 6> tools_;  ///< in the order in which they are asked whether a press is theirs
  EdgePan edge_;
  Tool* active_ = nullptr;
  Qt::MouseButton pressed_ = Qt::NoButton;
  QPoint pressed_at_{};
  bool dragged_ = false;
  bool holds_drop_ = false;
};

}  // namespace feedline::gui::inline canvas
