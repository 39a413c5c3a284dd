// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/document.h"

#include <QPointF>
#include <QRectF>

#include <map>
#include <string>
#include <vector>

namespace feedline::gui::inline canvas {

/// The bodies of nodes by id, in scene coordinates.
using Bodies = std::map<std::string, QRectF>;

/// Makes room for a node that was put between others: it goes right until it is clear of what stands on its left, then
/// what it covers on its right is pushed along, and what that covers in turn. Changes `bodies`.
void push_along(Bodies& bodies, const std::string& inserted);

/// How far from `shift` new bodies must go so that they cover none that is there: the nearest place found on the grid,
/// below and to the right first; for large parts the place below all.
[[nodiscard]] QPointF clear_shift(const std::vector<QRectF>& added, const std::vector<QRectF>& there, QPointF shift);

[[nodiscard]] inline QRectF area_of(const Frame& frame) {
  return {frame.position.x, frame.position.y, frame.width, frame.height};
}
/// What a frame about these bodies takes, on the grid, with its header and a margin.
[[nodiscard]] QRectF frame_about(const QRectF& bodies);
/// The frame in another place and size.
[[nodiscard]] Frame placed(Frame frame, const QRectF& area);
/// The frame, larger where one of these bodies stands out of it.
[[nodiscard]] Frame grown(const Frame& frame, const std::vector<QRectF>& bodies);

/// Points of a wire when both its ends are pushed to the right: each keeps its place between them.
struct PushedEnd {
  qreal at = 0;     ///< where the wire left or entered before
  qreal shift = 0;  ///< how far that end went
};
[[nodiscard]] std::vector<Position> pushed_points(std::vector<Position> points, PushedEnd from, PushedEnd to);

}  // namespace feedline::gui::inline canvas
