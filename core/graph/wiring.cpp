// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/wiring.h"

#include "graph/subgraph.h"
#include "schema/structure.h"

#include <algorithm>

namespace feedline::inline graph {

Wiring::Wiring(const Diagram& diagram, const Registry& registry) : diagram_(diagram) {
  const std::size_t count = nodes().size();
  indices_.reserve(count);
  specs_.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    indices_.emplace(nodes()[i].id, i);
    specs_.push_back(registry.find(nodes()[i].type));
  }
  into_.resize(count);
  out_of_.resize(count);
  for (std::size_t i = 0; i < links().size(); ++i) {
    from_.push_back(index(links()[i].from.node));
    to_.push_back(index(links()[i].to.node));
    into_[to_.back()].push_back(i);
    out_of_[from_.back()].push_back(i);
  }
  make_specs(registry);
}

void Wiring::make_specs(const Registry& registry) {
  for (std::size_t i = 0; i < nodes().size(); ++i)
    if (specs_[i] != nullptr && (nodes()[i].inner || specs_[i]->ports))
      specs_[i] = &made_.emplace_back(nodes()[i].inner ? subgraph_spec(nodes()[i], registry)
                                                       : specs_[i]->for_params(nodes()[i].params));
  for (std::size_t i = 0; i < nodes().size(); ++i) {
    if (nodes()[i].type != kSubgraphInputType || specs_[i] == nullptr) continue;
    for (const std::size_t wire : out_of_[i]) {
      const NodeSpec* reader = specs_[to_[wire]];
      const int port = reader == nullptr ? -1 : reader->input(links()[wire].to.port);
      if (port < 0 || reader->inputs[static_cast<std::size_t>(port)].kind == Kind::Any) continue;
      NodeSpec& spec = made_.emplace_back(*specs_[i]);
      spec.outputs.front().kind = reader->inputs[static_cast<std::size_t>(port)].kind;
      spec.outputs.front().open = false;
      specs_[i] = &spec;
      break;
    }
  }
}

std::size_t Wiring::index(std::string_view id) const {
  const auto found = indices_.find(id);
  return found == indices_.end() ? kNone : found->second;
}

std::pair<Kind, bool> Wiring::carried(const PortRef& output) const {
  constexpr std::pair kNothing(Kind::Any, false);
  PortRef at = output;
  for (std::size_t steps = 0; steps <= nodes().size(); ++steps) {  // bounded: there may be a cycle
    const std::size_t node = index(at.node);
    if (node == kNone || specs_[node] == nullptr) return kNothing;
    const NodeSpec& spec = *specs_[node];
    const int port = spec.output(at.port);
    if (port < 0) return kNothing;
    const PortSpec& from = spec.outputs[static_cast<std::size_t>(port)];
    if (from.kind != Kind::Any || from.open) return {from.kind, from.open};

    int input = spec.input(at.port);
    for (std::size_t i = 0; i < spec.inputs.size() && input < 0; ++i)
      if (spec.inputs[i].kind == Kind::Any) input = static_cast<int>(i);
    if (input < 0) return kNothing;
    const std::string& name = spec.inputs[static_cast<std::size_t>(input)].name;
    const auto& wires = into_[node];
    const auto wire =
        std::find_if(wires.begin(), wires.end(), [&](std::size_t w) { return links()[w].to.port == name; });
    if (wire == wires.end()) return kNothing;
    at = links()[*wire].from;
  }
  return kNothing;
}

Order order_nodes(const Wiring& wiring) {
  constexpr std::size_t kUnseen = Wiring::kNone;
  struct Visit {
    std::size_t node;
    std::size_t next_wire;
  };
  const std::size_t count = wiring.nodes().size();
  Order order;
  std::vector<std::size_t> number(count, kUnseen);
  std::vector<std::size_t> lowest(count, 0);
  std::vector<bool> open(count, false);
  std::vector<std::size_t> stack;
  std::vector<Visit> path;
  std::size_t next_number = 0;

  const auto enter = [&](std::size_t node) {
    number[node] = lowest[node] = next_number++;
    open[node] = true;
    stack.push_back(node);
    path.push_back({node, 0});
  };
  /// One cycle inside a component: go upstream within it until a node comes again, then turn round.
  const auto cycle_in = [&](std::size_t start, const std::vector<bool>& inside) {
    std::vector<std::size_t> walk;
    std::unordered_map<std::size_t, std::size_t> seen;
    for (std::size_t node = start; seen.emplace(node, walk.size()).second;) {
      walk.push_back(node);
      for (const std::size_t wire : wiring.wires_into(node))
        if (inside[wiring.from(wire)]) {
          node = wiring.from(wire);
          break;
        }
    }
    const std::size_t last = walk.back();
    for (const std::size_t wire : wiring.wires_into(last))
      if (inside[wiring.from(wire)]) {
        walk.erase(walk.begin(), walk.begin() + static_cast<std::ptrdiff_t>(seen[wiring.from(wire)]));
        break;
      }
    std::reverse(walk.begin(), walk.end());
    std::rotate(walk.begin(), std::min_element(walk.begin(), walk.end()), walk.end());
    return walk;
  };
  std::vector<bool> inside(count, false);
  const auto close = [&](std::size_t root) {
    const auto first = std::find(stack.rbegin(), stack.rend(), root).base() - 1;
    const std::vector<std::size_t> component(first, stack.end());
    stack.erase(first, stack.end());
    for (const std::size_t node : component) open[node] = false;
    const auto& wires = wiring.wires_into(root);
    const bool self = std::any_of(wires.begin(), wires.end(), [&](std::size_t w) { return wiring.from(w) == root; });
    if (component.size() == 1 && !self) {
      order.nodes.push_back(root);
      return;
    }
    for (const std::size_t node : component) inside[node] = true;
    order.cycles.push_back(cycle_in(root, inside));
    for (const std::size_t node : component) inside[node] = false;
  };

  for (std::size_t start = 0; start < count; ++start) {
    if (number[start] != kUnseen) continue;
    enter(start);
    while (!path.empty()) {
      const std::size_t node = path.back().node;
      const auto& wires = wiring.wires_into(node);
      if (path.back().next_wire < wires.size()) {
        const std::size_t up = wiring.from(wires[path.back().next_wire++]);
        if (number[up] == kUnseen)
          enter(up);
        else if (open[up])
          lowest[node] = std::min(lowest[node], number[up]);
        continue;
      }
      path.pop_back();
      if (!path.empty()) lowest[path.back().node] = std::min(lowest[path.back().node], lowest[node]);
      if (lowest[node] == number[node]) close(node);
    }
  }
  return order;
}

}  // namespace feedline::inline graph
