// SPDX-License-Identifier: GPL-3.0-or-later
#include "schema/node_builder.h"
#include "schema/structure.h"

namespace feedline::inline nodes {
namespace {

struct SubgraphOutput {
  static constexpr bool kStructure = true;
  struct Params {};

  static NodeSpec spec() {
    return node<SubgraphOutput>(std::string(kSubgraphOutputType), 1, "Sub-graph output",
                                "A port by which values leave a sub-graph.")
        .help(
            "Stands in a sub-graph and sends out what you wire to it, by the port of this node's name: rename the node "
            "and the port follows, with its wires outside. In a repeated sub-graph the first output feeds the first "
            "input of the next copy, and so on.")
        .open_in(std::string(kPortValue), "What leaves the sub-graph by this port.")
        .example({});
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(SubgraphOutput)
