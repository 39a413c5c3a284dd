// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/canvas/canvas_parts.h"

#include <QPoint>
#include <QPointF>
#include <Qt>

#include <optional>

class QKeyEvent;
class QPainter;

namespace feedline::gui::inline canvas {

/// The mouse as a tool sees it.
struct Pointer {
  QPoint pos{};     ///< in the viewport
  QPointF place{};  ///< in the scene
  Qt::MouseButton button = Qt::NoButton;
  Qt::KeyboardModifiers modifiers{};
  bool dragged = false;  ///< it has gone too far from where it was pressed for a click
};

/// What the hand does on the canvas from the press of a button (or a key) until it lets go. The ToolChooser asks each
/// tool in turn whether a press is meant for it; the one that takes it gets everything until release or cancel. A tool
/// changes the graph through ShownDiagram::apply() alone, all its edits under one gesture, so that they are one step.
class Tool {
 public:
  explicit Tool(CanvasParts& parts) : parts_(parts) {}
  virtual ~Tool() = default;
  Tool(const Tool&) = delete;
  Tool& operator=(const Tool&) = delete;

  /// True: it takes the press, and holds on until release() or cancel().
  virtual bool press(const Pointer& at) = 0;
  virtual void move(const Pointer&) {}
  /// The button that was pressed is let go.
  virtual void release(const Pointer&) {}
  /// A key while it holds something; false: the canvas may have it.
  virtual bool key(const QKeyEvent&) { return false; }
  /// Lets go of what it holds; what has been changed so far stays.
  virtual void cancel() {}
  /// The graph is another one, perhaps by what the tool did itself. False: it cannot go on.
  virtual bool survives_change() const { return true; }
  /// What the cursor looks like where a press would be meant for this tool; none: it would not.
  [[nodiscard]] virtual std::optional<Qt::CursorShape> cursor(const Pointer&) const { return std::nullopt; }
  /// What stands above the graph while it holds something; the painter's coordinates are the scene's.
  virtual void paint(QPainter&) const {}
  /// Does the view go along when the mouse comes to its edge?
  [[nodiscard]] virtual bool pans_at_edge(bool dragged) const {
    (void)dragged;
    return false;
  }

 protected:
  CanvasParts& parts_;
};

}  // namespace feedline::gui::inline canvas
