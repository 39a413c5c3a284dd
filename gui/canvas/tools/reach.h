// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/base/theme.h"
#include "gui/canvas/camera.h"
#include "gui/canvas/canvas_parts.h"
#include "gui/canvas/graph_scene.h"

#include <algorithm>

namespace feedline::gui::inline canvas {

/// How near a socket the mouse means it, in the scene and, from afar, in pixels.
inline constexpr qreal kPortReach = 1.75 * Theme::kUnit;
inline constexpr qreal kPortReachPixels = 9;

[[nodiscard]] inline std::optional<PortId> port_in_reach(const CanvasParts& parts, QPointF place) {
  return parts.scene.port_at(place, std::max(kPortReach, kPortReachPixels / parts.camera.zoom()));
}

}  // namespace feedline::gui::inline canvas
