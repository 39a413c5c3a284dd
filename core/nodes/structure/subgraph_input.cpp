// SPDX-License-Identifier: GPL-3.0-or-later
#include "schema/node_builder.h"
#include "schema/structure.h"

namespace feedline::inline nodes {
namespace {

struct SubgraphInput {
  static constexpr bool kStructure = true;
  struct Params {};

  static NodeSpec spec() {
    return node<SubgraphInput>(std::string(kSubgraphInputType), 1, "Sub-graph input",
                               "A port by which values enter a sub-graph.")
        .help(
            "Stands in a sub-graph and gives what enters it by the port of this node's name: rename the node and the "
            "port follows, with its wire outside. What kind of value the port takes is decided by what you wire it to "
            "in here. The order of these nodes in the file is the order of the ports.")
        .open_out(std::string(kPortValue), "What enters the sub-graph by this port.")
        .example({});
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(SubgraphInput)
