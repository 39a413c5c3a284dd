// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/base/theme.h"
#include "gui/canvas/breadcrumb.h"
#include "gui/canvas/minimap.h"

#include <QLabel>

class QGraphicsView;

namespace feedline::gui::inline canvas {

class ShownDiagram;

/// What stands on the canvas and does not move with the graph: the hint of an empty one, the line on the whole model,
/// what a run does not see, the way back from a sub-graph, the overview.
class CanvasOverlays {
 public:
  CanvasOverlays(QGraphicsView& view, const GraphScene& scene);

  void show_diagram(const ShownDiagram& shown);
  void show_run_notice(bool wanted);
  void restyle();
  /// The view has another size, or one of them has; `middle` stands at the top beside them.
  void place(QWidget& middle);
  void show_seen(const QRectF& area);

  [[nodiscard]] Minimap& minimap() { return minimap_; }
  [[nodiscard]] Breadcrumb& breadcrumb() { return breadcrumb_; }
  [[nodiscard]] QString total() const { return total_.text(); }
  /// Pixels at the lower edge on which the line on the model stands.
  [[nodiscard]] int foot() const { return total_.isHidden() ? 0 : total_.height() + Theme::kUnit; }
  [[nodiscard]] QString run_notice() const { return run_notice_.isHidden() ? QString() : run_notice_.text(); }

 private:
  void place_total();

  QGraphicsView& view_;
  Breadcrumb breadcrumb_;
  Minimap minimap_;
  QLabel hint_;
  QLabel total_;
  QLabel run_notice_;
};

}  // namespace feedline::gui::inline canvas
