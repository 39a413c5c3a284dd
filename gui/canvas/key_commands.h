// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QPointF>

#include <string>

class QKeyEvent;

namespace feedline::gui::inline canvas {

struct CanvasParts;
class AdapterOffer;
class CanvasEditor;
class GraphView;
class NodeSearch;
class ToolChooser;

/// What the keys do while the canvas has the keyboard and nothing is being written.
class KeyCommands {
 public:
  KeyCommands(GraphView& view, CanvasParts& parts, CanvasEditor& editor, NodeSearch& search, AdapterOffer& adapters,
              ToolChooser& tools)
      : view_(view), parts_(parts), editor_(editor), search_(search), adapters_(adapters), tools_(tools) {}

  /// False: the key is not the canvas's.
  bool press(const QKeyEvent& event);

 private:
  bool standard(const QKeyEvent& event);
  bool with_control(const QKeyEvent& event);
  bool arrow(const QKeyEvent& event);
  bool alone(const QKeyEvent& event);
  bool take_offer_or_inspect();
  void rename();
  void escape();
  void walk(QPointF direction, bool add);

  GraphView& view_;
  CanvasParts& parts_;
  CanvasEditor& editor_;
  NodeSearch& search_;
  AdapterOffer& adapters_;
  ToolChooser& tools_;
  std::string walked_to_{};  ///< the node that a key selected last
};

}  // namespace feedline::gui::inline canvas
