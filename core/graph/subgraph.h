// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/document.h"

#include <functional>
#include <string>
#include <vector>

namespace feedline::inline graph {

/// The spec of a sub-graph node: the registry's, with the ports that the port nodes in it give it, in their order. A
/// port has the kind of what it is wired to in there; it is open while nothing decides.
[[nodiscard]] NodeSpec subgraph_spec(const Node& subgraph, const Registry& registry = Registry::instance());

/// Names of the ports, in order.
[[nodiscard]] std::vector<std::string> subgraph_inputs(const Diagram& inner);
[[nodiscard]] std::vector<std::string> subgraph_outputs(const Diagram& inner);

/// How often a sub-graph follows itself; 1 where the parameter is not a sensible one.
[[nodiscard]] std::size_t repeat_of(const Node& subgraph);

/// Every node of a diagram and of the sub-graphs in it, with its path, in order; a sub-graph before what is in it.
void each_node(const Diagram& diagram, const std::function<void(const std::string& path, const Node& node)>& visit);
/// The path of the first node that does this in a plan; empty if there is none.
[[nodiscard]] std::string find_role(const Diagram& diagram, Role role, const Registry& registry = Registry::instance());

}  // namespace feedline::inline graph
