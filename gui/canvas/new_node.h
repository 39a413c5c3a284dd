// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/document.h"

#include <string>

namespace feedline::gui::inline canvas {

/// A node of this type as adding one makes it; a sub-graph comes with an input and an output.
[[nodiscard]] Node new_node(const NodeSpec& spec, const std::string& id, Position position);
/// What a new node is called where that is free: its type, and ports of sub-graphs by a short word.
[[nodiscard]] std::string default_id(const NodeSpec& spec);

}  // namespace feedline::gui::inline canvas
