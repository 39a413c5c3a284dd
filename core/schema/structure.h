// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>

namespace feedline::inline schema {

// Node types that give a graph its structure and are gone when it runs (see graph/flatten.h).

/// A node that holds a diagram of its own; its ports are the port nodes in there.
inline constexpr std::string_view kSubgraphType = "subgraph";
/// In a sub-graph: what enters it. The node's id is the name of the port.
inline constexpr std::string_view kSubgraphInputType = "subgraph_input";
/// In a sub-graph: what leaves it.
inline constexpr std::string_view kSubgraphOutputType = "subgraph_output";
/// The one port of either.
inline constexpr std::string_view kPortValue = "value";

}  // namespace feedline::inline schema
