// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/tools/resize_tool.h"

#include "gui/canvas/commands/insert.h"
#include "gui/canvas/comment_item.h"
#include "gui/canvas/frame_item.h"
#include "gui/canvas/item_of.h"
#include "gui/canvas/shown_diagram.h"

namespace feedline::gui::inline canvas {

std::string ResizeTool::corner_at(const Pointer& at) const {
  QGraphicsItem* hit = parts_.view.itemAt(at.pos);
  if (const CommentItem* note = item_of<CommentItem>(hit); note != nullptr && note->on_corner(at.place))
    return note->id();
  if (const FrameItem* frame = item_of<FrameItem>(hit); frame != nullptr && frame->on_corner(at.place))
    return frame->id();
  return {};
}

bool ResizeTool::press(const Pointer& at) {
  if (at.button != Qt::LeftButton) return false;
  resized_ = corner_at(at);
  if (resized_.empty()) return false;
  gesture_ = parts_.shown.new_gesture("resize");
  return true;
}

void ResizeTool::move(const Pointer& at) {
  if (auto edit = resized(parts_.shown.diagram(), resized_, at.place)) parts_.shown.apply(std::move(*edit), gesture_);
}

std::optional<Qt::CursorShape> ResizeTool::cursor(const Pointer& at) const {
  return corner_at(at).empty() ? std::nullopt : std::optional(Qt::SizeFDiagCursor);
}

}  // namespace feedline::gui::inline canvas
