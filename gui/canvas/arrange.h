// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QLineF>
#include <QPointF>
#include <QRectF>

#include <vector>

namespace feedline::gui::inline canvas {

/// What selected things are brought in line by.
enum class Align { Left, Centre, Right, Top, Middle, Bottom };

/// How far each rectangle goes so that all are in line with the outermost one (edges) or with the middle of all.
[[nodiscard]] std::vector<QPointF> align(const std::vector<QRectF>& rects, Align how);
/// How far each goes so that the gaps between them are equal; the outermost two stay.
[[nodiscard]] std::vector<QPointF> distribute(const std::vector<QRectF>& rects, Qt::Orientation along);

/// Where a thing that is being moved comes to lie, and the lines that show why.
struct Snap {
  QPointF shift{};               ///< to add to where the mouse holds it
  std::vector<QLineF> guides{};  ///< from its edge to the edges that it is in line with
  bool x = false;                ///< an edge of another was found along this axis
  bool y = false;
};
/// Edges and middles of `moving` that come within `reach` of those of `others` are brought in line, each axis for
/// itself.
[[nodiscard]] Snap snap_to_edges(const QRectF& moving, const std::vector<QRectF>& others, qreal reach);

}  // namespace feedline::gui::inline canvas
