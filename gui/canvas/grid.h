// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/base/theme.h"

#include <QPointF>

#include <cmath>

namespace feedline::gui::inline canvas {

/// What nodes snap to.
inline constexpr double kGrid = 2 * Theme::kUnit;

[[nodiscard]] inline QPointF snapped(QPointF pos) {
  return {std::round(pos.x() / kGrid) * kGrid, std::round(pos.y() / kGrid) * kGrid};
}

}  // namespace feedline::gui::inline canvas
