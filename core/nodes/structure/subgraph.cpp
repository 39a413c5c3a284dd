// SPDX-License-Identifier: GPL-3.0-or-later
#include "schema/node_builder.h"
#include "schema/structure.h"

namespace feedline::inline nodes {
namespace {

struct Subgraph {
  static constexpr bool kStructure = true;
  struct Params {
    std::int64_t repeat = 1;
  };

  static NodeSpec spec() {
    return node<Subgraph>(std::string(kSubgraphType), 1, "Sub-graph", "Holds a graph of its own, as one node.")
        .help(
            "Double-click it, or press Ctrl+Enter, to see and change what is in it; the path above the canvas leads "
            "back. Its ports are the sub-graph input and output nodes in it. With `repeat` it is that many copies "
            "in series, each with its own weights: the first output of one feeds the first input of the next, the "
            "second "
            "the second, and inputs without such a partner get the same value in every copy. It adds no cost to a run."
            " Make one from selected nodes with Ctrl+G, and dissolve it with Ctrl+Shift+G.")
        .param("repeat", &Params::repeat, range(1, 1000).ui(1, 16), "How many copies of it follow each other.")
        .example({{"repeat", std::int64_t{2}}});
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(Subgraph)
