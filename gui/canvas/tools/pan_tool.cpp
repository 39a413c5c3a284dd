// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/tools/pan_tool.h"

#include "gui/canvas/camera.h"

namespace feedline::gui::inline canvas {

void PanTool::set_ready(bool ready) {
  if (ready == ready_) return;
  ready_ = ready;
  if (last_) return;  // the cursor stays until it lets go
  ready ? parts_.view.viewport()->setCursor(Qt::OpenHandCursor) : parts_.view.viewport()->unsetCursor();
}

bool PanTool::press(const Pointer& at) {
  if (at.button != Qt::MiddleButton && !(at.button == Qt::LeftButton && ready_)) return false;
  last_ = at.pos;
  parts_.view.viewport()->setCursor(Qt::ClosedHandCursor);
  return true;
}

void PanTool::move(const Pointer& at) {
  if (!last_) return;
  parts_.camera.pan_by(at.pos - *last_);
  last_ = at.pos;
}

void PanTool::release(const Pointer&) { cancel(); }

void PanTool::cancel() { last_.reset(); }

std::optional<Qt::CursorShape> PanTool::cursor(const Pointer&) const {
  return ready_ ? std::optional(Qt::OpenHandCursor) : std::nullopt;
}

}  // namespace feedline::gui::inline canvas
