// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/document.h"

#include <QSizeF>

#include <map>
#include <string>
#include <vector>

namespace feedline::gui {

/// A node to lay out.
struct LayoutNode {
  std::string id{};
  QSizeF size{};
};

/// Places nodes in layers from left to right, by graphviz' dot (Gansner et al., "A technique for drawing directed
/// graphs", 1993). Returns top left corners, on the grid, the whole beginning at (0, 0). Empty if graphviz fails.
[[nodiscard]] std::map<std::string, Position> lay_out_in_layers(const std::vector<LayoutNode>& nodes,
                                                                const std::vector<Link>& links);

}  // namespace feedline::gui
