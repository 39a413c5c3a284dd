// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/canvas/search_popup.h"
#include "gui/canvas/wire_drag.h"

#include <QObject>

#include <memory>
#include <optional>

namespace feedline::gui::inline canvas {

struct CanvasParts;
class CanvasEditor;
class NodeFiles;

/// Search-to-add: of all nodes and node files (the user's, and those that come with Feedline), of those that a wire in
/// the hand could end at, or of those that fit into a wire.
class NodeSearch : public QObject {
  Q_OBJECT

 public:
  NodeSearch(CanvasParts& parts, CanvasEditor& editor, NodeFiles& files);

  void open(QPoint pos);
  void open_for_wire(const WireDrag& wire, QPoint pos);
  /// For the wire that ends at this input.
  void open_into(const PortRef& wire, QPoint pos);
  void close() { popup_.close_search(); }

 private:
  void show(QPoint pos);
  void pick(const QString& type);

  CanvasParts& parts_;
  CanvasEditor& editor_;
  NodeFiles& files_;
  SearchPopup popup_;
  QPointF place_{};
  std::optional<WireDrag> wire_{};  ///< that waits for a node
  std::optional<PortRef> into_{};
};

}  // namespace feedline::gui::inline canvas
