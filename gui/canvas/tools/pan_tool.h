// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/canvas/tools/tool.h"

namespace feedline::gui::inline canvas {

/// Moves the view: the middle button, or the left one while the space bar is held.
class PanTool : public Tool {
 public:
  using Tool::Tool;
  /// The space bar is held.
  void set_ready(bool ready);
  [[nodiscard]] bool ready() const { return ready_; }

  bool press(const Pointer& at) override;
  void move(const Pointer& at) override;
  void release(const Pointer& at) override;
  void cancel() override;
  [[nodiscard]] std::optional<Qt::CursorShape> cursor(const Pointer& at) const override;

 private:
  bool ready_ = false;
  std::optional<QPoint> last_{};  ///< none while it does not pan
};

}  // namespace feedline::gui::inline canvas
