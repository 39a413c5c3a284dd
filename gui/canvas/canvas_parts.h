// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QGraphicsView>

#include <functional>
#include <optional>

namespace feedline::gui::inline canvas {

class Camera;
class Geometry;
class GraphScene;
class ReasonBubble;
class RunMarks;
class ShownDiagram;

/// What the parts of one canvas that change the graph have in common: tools, drops, keys, menus and the editor. The
/// GraphView owns all of it.
struct CanvasParts {
  QGraphicsView& view;
  GraphScene& scene;
  ShownDiagram& shown;
  const Geometry& geometry;
  Camera& camera;
  RunMarks& run;
  ReasonBubble& bubble;
  /// Lets the view itself have the mouse event at work: choosing items, writing, drawing a box. Where there is none, as
  /// when the view moves on under a mouse that rests, it has one with the left button down.
  std::function<void()> pass_on{};
  std::optional<QPoint> pointer{};  ///< where the mouse is, while it is over the canvas

  [[nodiscard]] QPoint pointer_or_centre() const;
};

}  // namespace feedline::gui::inline canvas
