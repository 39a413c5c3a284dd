// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/canvas/tools/tool.h"

namespace feedline::gui::inline canvas {

/// In a note or a title that is being written, the mouse is the text's.
class TextTool : public Tool {
 public:
  using Tool::Tool;
  bool press(const Pointer& at) override;
  void move(const Pointer&) override { parts_.pass_on(); }
  void release(const Pointer&) override { parts_.pass_on(); }
};

}  // namespace feedline::gui::inline canvas
