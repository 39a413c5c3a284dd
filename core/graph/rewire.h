// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/edit.h"

#include <optional>
#include <string>
#include <vector>

namespace feedline::inline graph {

/// Removes these nodes, notes and frames, and wires what the nodes were fed with to what read them, where kinds allow:
/// the graph heals. What passes on is what would if the nodes were muted.
[[nodiscard]] Edit remove_and_heal(const Diagram& diagram, const std::vector<std::string>& ids,
                                   const Registry& registry = Registry::instance());

/// Puts a node that is there already, and has no wires, into a wire: its first free input and output that fit. None if
/// none do, or if the node has wires.
[[nodiscard]] std::optional<Edit> splice(const Diagram& diagram, const std::string& node, const Link& wire,
                                         const Registry& registry = Registry::instance());

/// Mutes these nodes, or unmutes them where all are muted. The error names the first that cannot be muted, with why.
[[nodiscard]] Result<Edit> toggle_muted(const Diagram& diagram, const std::vector<std::string>& nodes,
                                        const Registry& registry = Registry::instance());

/// The registry's spec of a node, a sub-graph's with its ports; none for an unknown type.
[[nodiscard]] std::optional<NodeSpec> spec_of(const Node& node, const Registry& registry = Registry::instance());

}  // namespace feedline::inline graph
