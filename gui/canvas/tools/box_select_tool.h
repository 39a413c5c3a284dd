// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/canvas/tools/tool.h"

namespace feedline::gui::inline canvas {

/// Draws a box round what is to be selected. Qt's own view draws and selects; it takes every press of the left button
/// that no other tool wanted.
class BoxSelectTool : public Tool {
 public:
  using Tool::Tool;
  bool press(const Pointer& at) override;
  void move(const Pointer&) override { parts_.pass_on(); }
  void release(const Pointer&) override { parts_.pass_on(); }
  [[nodiscard]] bool pans_at_edge(bool dragged) const override;
};

}  // namespace feedline::gui::inline canvas
