// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/subgraph.h"

#include "graph/path.h"
#include "graph/wiring.h"
#include "schema/structure.h"

namespace feedline::inline graph {
namespace {

std::vector<std::string> names_of(const Diagram& inner, std::string_view type) {
  std::vector<std::string> names;
  for (const Node& node : inner.nodes())
    if (node.type == type) names.push_back(node.id);
  return names;
}

void visit_in(const Diagram& diagram, const std::string& scope,
              const std::function<void(const std::string&, const Node&)>& visit) {
  for (const Node& node : diagram.nodes()) {
    const std::string path = join_path(scope, node.id);
    visit(path, node);
    if (node.inner) visit_in(*node.inner, path, visit);
  }
}

}  // namespace

NodeSpec subgraph_spec(const Node& subgraph, const Registry& registry) {
  const NodeSpec* known = registry.find(subgraph.type);
  NodeSpec spec = known == nullptr ? NodeSpec{.type = subgraph.type, .role = Role::Structure} : *known;
  const Wiring inside(*subgraph.inner, registry);
  for (std::size_t i = 0; i < inside.nodes().size(); ++i) {
    const Node& node = inside.nodes()[i];
    PortSpec port{.name = node.id, .doc = node.comment};
    if (node.type == kSubgraphInputType) {
      if (const NodeSpec* entry = inside.spec(i); entry != nullptr && !entry->outputs.empty())
        port.kind = entry->outputs.front().kind;
    } else if (node.type == kSubgraphOutputType) {
      if (!inside.wires_into(i).empty()) port.kind = inside.kind_of(inside.links()[inside.wires_into(i).front()].from);
    } else {
      continue;
    }
    port.open = port.kind == Kind::Any;
    (node.type == kSubgraphInputType ? spec.inputs : spec.outputs).push_back(std::move(port));
  }
  return spec;
}

std::vector<std::string> subgraph_inputs(const Diagram& inner) { return names_of(inner, kSubgraphInputType); }

std::vector<std::string> subgraph_outputs(const Diagram& inner) { return names_of(inner, kSubgraphOutputType); }

std::size_t repeat_of(const Node& subgraph) {
  const auto found = subgraph.params.find("repeat");
  const auto* count = found == subgraph.params.end() ? nullptr : std::get_if<std::int64_t>(&found->second);
  return count == nullptr || *count < 1 || *count > 1000 ? 1 : static_cast<std::size_t>(*count);
}

void each_node(const Diagram& diagram, const std::function<void(const std::string&, const Node&)>& visit) {
  visit_in(diagram, {}, visit);
}

std::string find_role(const Diagram& diagram, Role role, const Registry& registry) {
  std::string found;
  each_node(diagram, [&](const std::string& path, const Node& node) {
    const NodeSpec* spec = registry.find(node.type);
    if (found.empty() && spec != nullptr && spec->role == role && !node.muted) found = path;
  });
  return found;
}

}  // namespace feedline::inline graph
