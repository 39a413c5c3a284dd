// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <vector>

class QCPItemText;
class QCustomPlot;

namespace feedline::gui::inline base {

/// Puts the name of each point beside it (above or below, right, left or in the middle), where it covers no other name,
/// no point of one and not the edge of the plot; a name that finds no such place is hidden, the first ones first
/// served. For QCustomPlot::beforeReplot, because it depends on the size and the ranges.
void place_point_names(QCustomPlot& plot, const std::vector<QCPItemText*>& names);

}  // namespace feedline::gui::inline base
