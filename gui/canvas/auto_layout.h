// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/document.h"

#include <QSizeF>

#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

namespace feedline::gui::inline canvas {

/// A node to lay out.
struct LayoutNode {
  std::string id{};
  QSizeF size{};
};

/// How to lay out.
struct LayoutWish {
  double aspect = 1.6;                          ///< width by height of the view that is to show it
  std::stop_token stop{};                       ///< asked now and then; once stopped, the result is empty
  std::function<void(double done)> progress{};  ///< told now and then, from 0 to 1, on the thread that lays out
};

/// Places nodes in layers from left to right, the layered drawing of Sugiyama, Tagawa and Toda (1981): cycles are
/// opened, layers found by the longest path, crossings made fewer by barycentres, and nodes brought in line with their
/// neighbours. What would be much wider than the view goes on in another row, as text does. Parts that no wire joins
/// are laid out by themselves, and stand beside and below each other. Gives top left corners, on the grid, the whole
/// beginning at (0, 0). Takes about linear time.
[[nodiscard]] std::map<std::string, Position> lay_out_in_layers(const std::vector<LayoutNode>& nodes,
                                                                const std::vector<Link>& links,
                                                                const LayoutWish& wish = {});

}  // namespace feedline::gui::inline canvas
