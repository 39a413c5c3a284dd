// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QPointF>
#include <QRectF>

#include <map>
#include <string>
#include <vector>

namespace feedline::gui {

/// The bodies of nodes by id, in scene coordinates.
using Bodies = std::map<std::string, QRectF>;

/// Makes room for a node that was put between others: it goes right until it is clear of what stands on its left, then
/// what it covers on its right is pushed along, and what that covers in turn. Changes `bodies`.
void push_along(Bodies& bodies, const std::string& inserted);

/// How far from `shift` new bodies must go so that they cover none that is there: the nearest place found on the grid,
/// below and to the right first; for large parts the place below all.
[[nodiscard]] QPointF clear_shift(const std::vector<QRectF>& added, const std::vector<QRectF>& there, QPointF shift);

}  // namespace feedline::gui
