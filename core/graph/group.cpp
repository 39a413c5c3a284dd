// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/grouping.h"
#include "graph/part.h"
#include "graph/rewire.h"
#include "graph/validate.h"
#include "schema/structure.h"

#include <algorithm>
#include <map>
#include <set>

namespace feedline::inline graph {
namespace {

constexpr double kPortGap = 260;  // from the nodes to the port nodes beside them
constexpr double kPortStep = 120;

Node port_node(std::string_view type, const std::string& id, Position position) {
  return {.id = id, .type = std::string(type), .version = 1, .position = position};
}

class Grouper {
 public:
  Grouper(const Diagram& diagram, const std::vector<std::string>& ids, const Registry& registry, const KeyScope& keys)
      : diagram_(diagram), registry_(registry), keys_(keys), inner_(part_of(diagram, ids)), ids_(ids) {
    for (const Node& node : inner_.nodes()) inside_.insert(node.id);
  }

  Result<Regrouped> run() {
    if (inner_.nodes().empty()) return fail("there are no nodes to group", "Select some first");
    measure();
    id_ = diagram_.free_id("block");
    for (const Link& link : diagram_.links()) {
      const bool from = inside_.contains(link.from.node);
      const bool to = inside_.contains(link.to.node);
      if (!from && to) enter(link);
      if (from && !to) leave(link);
    }
    for (const Node& node : diagram_.nodes())
      if (inside_.contains(node.id)) add_loose_ports(node);
    if (outputs_ == 0) add_ends();
    return finish();
  }

 private:
  void measure() {
    left_ = right_ = inner_.nodes().front().position.x;
    top_ = inner_.nodes().front().position.y;
    for (const Node& node : inner_.nodes()) {
      left_ = std::min(left_, node.position.x);
      right_ = std::max(right_, node.position.x);
      top_ = std::min(top_, node.position.y);
    }
  }

  void must(Diagram& diagram, const Edit& edit) { broken_ = broken_ || !diagram.apply(edit); }

  std::string add_input(const std::string& stem) {
    const std::string name = inner_.free_id(stem);
    const Position at{left_ - kPortGap, top_ + kPortStep * static_cast<double>(inputs_++)};
    must(inner_, {AddNode{.node = port_node(kSubgraphInputType, name, at)}});
    return name;
  }

  std::string add_output(const std::string& stem, const PortRef& from) {
    const std::string name = inner_.free_id(stem);
    const Position at{right_ + kPortGap, top_ + kPortStep * static_cast<double>(outputs_++)};
    must(inner_, {AddNode{.node = port_node(kSubgraphOutputType, name, at)}});
    must(inner_, {AddLink{.link = {.from = from, .to = {name, std::string(kPortValue)}}}});
    return name;
  }

  /// One input for each value from outside, whatever number of nodes read it.
  void enter(const Link& link) {
    auto known = entries_.find(link.from);
    if (known == entries_.end()) {
      known = entries_.emplace(link.from, add_input(link.to.port)).first;
      outer_.push_back({.from = link.from, .to = {id_, known->second}, .via = link.via});
    }
    must(inner_, {AddLink{.link = {.from = {known->second, std::string(kPortValue)}, .to = link.to}}});
  }

  void leave(const Link& link) {
    auto known = exits_.find(link.from);
    if (known == exits_.end()) known = exits_.emplace(link.from, add_output(link.from.port, link.from)).first;
    outer_.push_back({.from = {id_, known->second}, .to = link.to, .extra = link.extra, .via = link.via});
  }

  /// An input that needs a wire gets a port. An output that nobody reads gets none, unless the sub-graph would give
  /// nothing at all.
  void add_loose_ports(const Node& node) {
    const auto spec = spec_of(node, registry_);
    if (!spec) return;
    const auto wired = [&](const std::string& port) { return diagram_.link_into({node.id, port}) != nullptr; };
    for (const PortSpec& input : spec->inputs)
      if (lacks_wire(input, wired)) {
        const std::string name = add_input(input.name);
        must(inner_, {AddLink{.link = {.from = {name, std::string(kPortValue)}, .to = {node.id, input.name}}}});
      }
  }

  void add_ends() {
    const auto& links = diagram_.links();
    for (const Node& node : diagram_.nodes()) {
      const auto feeds = [&](const Link& link) { return link.from.node == node.id; };
      if (!inside_.contains(node.id) || std::any_of(links.begin(), links.end(), feeds)) continue;
      if (const auto spec = spec_of(node, registry_))
        for (const PortSpec& output : spec->outputs) add_output(output.name, {node.id, output.name});
    }
  }

  Result<Regrouped> finish() {
    if (broken_) return fail("these nodes cannot be grouped");
    Node node{.id = id_, .type = std::string(kSubgraphType), .version = 1, .position = {(left_ + right_) / 2, top_}};
    node.inner = Boxed<Diagram>(static_cast<const Diagram&>(inner_));
    keep_keys(*node.inner, keys_, keys_.inside(node));

    Edit::List steps;
    const auto first = std::find_if(diagram_.nodes().begin(), diagram_.nodes().end(),
                                    [&](const Node& n) { return inside_.contains(n.id); });
    for (const std::string& id : ids_) steps.push_back({RemoveNode{id}});
    steps.push_back({AddNode{std::move(node), static_cast<std::size_t>(first - diagram_.nodes().begin())}});
    Diagram trial = diagram_;
    if (auto done = trial.apply(Edit{steps}); !done) return fail(std::move(done.error()));
    for (Link& link : outer_) {
      if (reaches_back(trial, link))
        return fail(Error{.reason = "a wire leaves these nodes and comes back by way of " +
                                    (link.from.node == id_ ? link.to.node : link.from.node) +
                                    ", so the sub-graph would feed itself",
                          .remedy = "Select what lies between as well",
                          .node = link.from.node == id_ ? link.to.node : link.from.node});
      Edit edit{AddLink{.link = std::move(link)}};
      if (auto done = trial.apply(edit); !done) return fail(std::move(done.error()));
      steps.push_back(std::move(edit));
    }
    return Regrouped{Edit{std::move(steps)}, {id_}};
  }

  static bool reaches_back(const Diagram& diagram, const Link& link) {
    std::set<std::string> seen;
    std::vector<std::string> open = {link.to.node};
    while (!open.empty()) {
      const std::string node = std::move(open.back());
      open.pop_back();
      if (node == link.from.node) return true;
      if (!seen.insert(node).second) continue;
      for (const Link& next : diagram.links())
        if (next.from.node == node) open.push_back(next.to.node);
    }
    return false;
  }

  const Diagram& diagram_;
  const Registry& registry_;
  const KeyScope& keys_;
  Document inner_;
  const std::vector<std::string>& ids_;
  std::set<std::string> inside_{};
  std::string id_{};
  std::map<PortRef, std::string> entries_{};
  std::map<PortRef, std::string> exits_{};
  std::vector<Link> outer_{};
  std::size_t inputs_ = 0;
  std::size_t outputs_ = 0;
  double left_ = 0, right_ = 0, top_ = 0;
  bool broken_ = false;
};

}  // namespace

Result<Regrouped> group(const Diagram& diagram, const std::vector<std::string>& ids, const Registry& registry,
                        const KeyScope& keys) {
  return Grouper(diagram, ids, registry, keys).run();
}

Node new_subgraph(const std::string& id, Position position, const Registry& registry) {
  const NodeSpec* spec = registry.find(kSubgraphType);
  Node node{.id = id,
            .type = std::string(kSubgraphType),
            .version = spec == nullptr ? 1 : spec->version,
            .position = position,
            .inner = Boxed<Diagram>(Diagram())};
  (void)node.inner->apply(Edit{Edit::List{{AddNode{.node = port_node(kSubgraphInputType, "x", {0, 0})}},
                                          {AddNode{.node = port_node(kSubgraphOutputType, "y", {2 * kPortGap, 0})}}}});
  return node;
}

}  // namespace feedline::inline graph
