// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/tools/text_tool.h"

#include "gui/canvas/comment_item.h"
#include "gui/canvas/frame_item.h"
#include "gui/canvas/item_of.h"
#include "gui/canvas/tools/reach.h"

namespace feedline::gui::inline canvas {

bool TextTool::press(const Pointer& at) {
  if (at.button != Qt::LeftButton) return false;
  const CommentItem* note = item_of<CommentItem>(parts_.view.itemAt(at.pos));
  const FrameItem* frame = item_of<FrameItem>(parts_.view.itemAt(at.pos));
  const bool writing = (note != nullptr && note->editing()) ||
                       (frame != nullptr && frame->editing() && !port_in_reach(parts_, at.place));
  if (writing) parts_.pass_on();
  return writing;
}

}  // namespace feedline::gui::inline canvas
