// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/tools/wire_tool.h"

#include "gui/canvas/tools/reach.h"

namespace feedline::gui::inline canvas {

bool WireTool::press(const Pointer& at) {
  if (at.button != Qt::LeftButton) return false;
  const std::optional<PortId> port = port_in_reach(parts_, at.place);
  if (!port) return false;
  parts_.scene.setFocusItem(nullptr);
  wire_.begin(*port, at.pos);
  return true;
}

void WireTool::release(const Pointer& at) {
  if (at.dragged) {
    wire_.drop(at.pos);
  } else {
    wire_.end();
  }
}

std::optional<Qt::CursorShape> WireTool::cursor(const Pointer& at) const {
  return port_in_reach(parts_, at.place) ? std::optional(Qt::CrossCursor) : std::nullopt;
}

}  // namespace feedline::gui::inline canvas
