// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/canvas/tools/wire_target.h"

class QDropEvent;
class QDragMoveEvent;
class QMimeData;

namespace feedline::gui::inline canvas {

class CanvasEditor;
class NodeFiles;
class ToolChooser;

/// Takes what is dragged to the canvas from elsewhere: node types from the palette, data and node files from a file
/// manager.
class DropTarget {
 public:
  DropTarget(CanvasParts& parts, CanvasEditor& editor, NodeFiles& files, ToolChooser& tools)
      : parts_(parts), editor_(editor), files_(files), tools_(tools), target_(parts) {}

  /// Is this for the canvas? Which source reads data is found out when they are dropped, since that means to look at
  /// the disk.
  [[nodiscard]] static bool takes(const QMimeData* mime);
  void move(const QDragMoveEvent& event);
  void leave();
  void drop(const QDropEvent& event);

 private:
  CanvasParts& parts_;
  CanvasEditor& editor_;
  NodeFiles& files_;
  ToolChooser& tools_;
  WireTarget target_;  ///< what the node would be put into
};

}  // namespace feedline::gui::inline canvas
