// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/document.h"

#include <QKeySequence>
#include <QPoint>

#include <functional>

class QAction;
class QContextMenuEvent;
class QGraphicsItem;
class QMenu;

namespace feedline::gui::inline canvas {

struct CanvasParts;
class CanvasEditor;
class GraphView;
class NodeFiles;
class NodeSearch;
class ToolChooser;

/// The menus of the canvas: what can be done here, with its keys.
class CanvasMenus {
 public:
  CanvasMenus(GraphView& view, CanvasParts& parts, CanvasEditor& editor, NodeFiles& files, NodeSearch& search,
              ToolChooser& tools)
      : view_(view), parts_(parts), editor_(editor), files_(files), search_(search), tools_(tools) {}

  /// The window's menu: all that the canvas can do, and its keys.
  void fill_graph_menu(QMenu* menu);
  /// The ways to align and distribute.
  void fill_arrange_menu(QMenu* menu);
  /// The menu of what is there, until something is chosen. False: a note is being written, whose menu is its own.
  bool show(const QContextMenuEvent& event);

 private:
  QAction* add_entry(QMenu& menu, const QString& text, const std::function<void()>& act, const QKeySequence& key = {});
  [[nodiscard]] QGraphicsItem* choose_at(QPoint pos);
  void fill_for_nothing(QMenu& menu, QPoint pos);
  void fill_for_wire(QMenu& menu, const PortRef& to, QPoint pos);
  void fill_for_things(QMenu& menu, const QGraphicsItem& hit);
  void fill_for_subgraph(QMenu& menu, const std::string& id);

  GraphView& view_;
  CanvasParts& parts_;
  CanvasEditor& editor_;
  NodeFiles& files_;
  NodeSearch& search_;
  ToolChooser& tools_;
};

}  // namespace feedline::gui::inline canvas
