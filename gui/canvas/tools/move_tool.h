// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/canvas/commands/carry.h"
#include "gui/canvas/tools/tool.h"
#include "gui/canvas/tools/wire_target.h"

#include <QLineF>

namespace feedline::gui::inline canvas {

class CanvasEditor;

/// Moves nodes, notes, frames and points of wires. They snap to the grid and to the edges of others (with Alt they do
/// not); a node without wires is put into the wire that it is dropped on.
class MoveTool : public Tool {
 public:
  MoveTool(CanvasParts& parts, CanvasEditor& editor) : Tool(parts), editor_(editor) {}

  bool press(const Pointer& at) override;
  void move(const Pointer& at) override;
  void release(const Pointer& at) override;
  void cancel() override;
  void paint(QPainter& painter) const override;
  [[nodiscard]] bool pans_at_edge(bool dragged) const override { return dragged; }

 private:
  void take_hold(QPointF place);
  void show_guides(std::vector<QLineF> guides);
  void drop_into_wire();

  CanvasEditor& editor_;
  WireTarget target_{parts_};
  QString gesture_{};
  Carried carried_{};
  std::vector<QRectF> others_{};  ///< what stays, for its edges
  QRectF lead_body_{};            ///< of the node under the mouse
  std::string spliced_{};         ///< the one node that moves, if it has no wires
  QPointF grab_{};                ///< where the mouse took hold, in the scene
  QPointF lead_{};                ///< where the item under it was: this one lands on the grid
  QPointF shift_{};               ///< so far
  std::vector<QLineF> guides_{};
};

}  // namespace feedline::gui::inline canvas
