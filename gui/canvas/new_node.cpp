// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/new_node.h"

#include "graph/grouping.h"
#include "schema/structure.h"

namespace feedline::gui::inline canvas {

Node new_node(const NodeSpec& spec, const std::string& id, Position position) {
  if (spec.type == kSubgraphType) return new_subgraph(id, position);
  return {.id = id, .type = spec.type, .version = spec.version, .position = position};
}

std::string default_id(const NodeSpec& spec) {
  if (spec.type == kSubgraphType) return "block";
  if (spec.type == kSubgraphInputType) return "in";
  if (spec.type == kSubgraphOutputType) return "out";
  return spec.type;
}

}  // namespace feedline::gui::inline canvas
