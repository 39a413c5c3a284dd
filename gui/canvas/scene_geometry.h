// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/canvas/commands/geometry.h"

namespace feedline::gui::inline canvas {

class GraphScene;

/// How large things are drawn on the canvas: the items of the scene tell.
class SceneGeometry : public Geometry {
 public:
  explicit SceneGeometry(const GraphScene& scene) : scene_(scene) {}

  [[nodiscard]] std::optional<QRectF> body(const std::string& node) const override;
  /// Before anything is known of it: a line more than it would be drawn with now, for what it costs; of a source the
  /// lines that tell what its folder holds.
  [[nodiscard]] QSizeF size_of(const Node& node) const override;
  [[nodiscard]] QRectF sheet(const Comment& note) const override;

 private:
  const GraphScene& scene_;
};

}  // namespace feedline::gui::inline canvas
