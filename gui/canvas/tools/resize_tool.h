// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/canvas/tools/tool.h"

#include <QString>

#include <string>

namespace feedline::gui::inline canvas {

/// Sizes a note or a frame by its lower right corner.
class ResizeTool : public Tool {
 public:
  using Tool::Tool;
  bool press(const Pointer& at) override;
  void move(const Pointer& at) override;
  [[nodiscard]] std::optional<Qt::CursorShape> cursor(const Pointer& at) const override;
  [[nodiscard]] bool pans_at_edge(bool dragged) const override { return dragged; }

 private:
  /// The note or frame whose corner is there; empty: none.
  [[nodiscard]] std::string corner_at(const Pointer& at) const;

  std::string resized_{};
  QString gesture_{};
};

}  // namespace feedline::gui::inline canvas
