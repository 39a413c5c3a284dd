// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/canvas/canvas_parts.h"

#include <QTimer>

#include <functional>

namespace feedline::gui::inline canvas {

/// Moves the view on as long as something is held at its edge.
class EdgePan {
 public:
  /// `wanted`: is anything held that the view goes along with? `moved`: the view has moved under the mouse, which rests
  /// there.
  EdgePan(CanvasParts& parts, std::function<bool()> wanted, std::function<void(QPoint)> moved);

  /// The mouse is here now.
  void watch(QPoint pos);
  void stop() { timer_.stop(); }

 private:
  [[nodiscard]] QPoint push() const;
  void step();

  CanvasParts& parts_;
  std::function<bool()> wanted_;
  std::function<void(QPoint)> moved_;
  QTimer timer_{};
  QPoint pos_{};
};

}  // namespace feedline::gui::inline canvas
