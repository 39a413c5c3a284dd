// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/rewire.h"

#include "graph/mute.h"
#include "graph/subgraph.h"
#include "graph/validate.h"

#include <algorithm>
#include <set>

namespace feedline {
namespace {

/// The output outside of `removed` whose value would pass through to this one; none if it would not.
std::optional<PortRef> source_behind(const Diagram& diagram, PortRef output, const std::set<std::string>& removed,
                                     const Registry& registry) {
  for (std::size_t steps = 0; steps <= removed.size(); ++steps) {
    if (!removed.contains(output.node)) return output;
    const auto spec = spec_of(*diagram.find(output.node), registry);
    const auto input = spec ? passes_on(*spec, output.port) : std::nullopt;
    const Link* link = input ? diagram.link_into({output.node, *input}) : nullptr;
    if (link == nullptr) return std::nullopt;
    output = link->from;
  }
  return std::nullopt;
}

bool touches(const Link& link, const std::string& node) { return link.from.node == node || link.to.node == node; }

}  // namespace

std::optional<NodeSpec> spec_of(const Node& node, const Registry& registry) {
  if (node.inner) return subgraph_spec(node, registry);
  const NodeSpec* spec = registry.find(node.type);
  return spec == nullptr ? std::nullopt : std::optional(*spec);
}

Edit remove_and_heal(const Diagram& diagram, const std::vector<std::string>& ids, const Registry& registry) {
  const std::set<std::string_view> wanted(ids.begin(), ids.end());
  std::set<std::string> removed;
  for (const Node& node : diagram.nodes())
    if (wanted.contains(node.id)) removed.insert(node.id);
  Edit remove = remove_nodes(ids);
  Diagram trial = diagram;
  if (!trial.apply(remove)) return remove;
  auto& steps = std::get<Edit::List>(remove.change);
  for (const Link& link : diagram.links()) {
    if (!removed.contains(link.from.node) || removed.contains(link.to.node)) continue;
    const auto from = source_behind(diagram, link.from, removed, registry);
    if (!from || check_connect(trial, *from, link.to, false, registry)) continue;
    Edit healed{AddLink{.link = {.from = *from, .to = link.to, .via = link.via}}};
    if (trial.apply(healed)) steps.push_back(std::move(healed));
  }
  return remove;
}

std::optional<Edit> splice(const Diagram& diagram, const std::string& node, const Link& wire,
                           const Registry& registry) {
  const Node* inserted = diagram.find(node);
  if (inserted == nullptr || touches(wire, node)) return std::nullopt;
  const auto& links = diagram.links();
  if (std::any_of(links.begin(), links.end(), [&](const Link& link) { return touches(link, node); }))
    return std::nullopt;
  const auto spec = spec_of(*inserted, registry);
  Diagram trial = diagram;
  if (!spec || !trial.apply({RemoveLink{wire.to}})) return std::nullopt;

  Link first{.from = wire.from, .extra = wire.extra};
  Link second{.to = wire.to};
  for (const Position& point : wire.via) (point.x < inserted->position.x ? first : second).via.push_back(point);
  for (const PortSpec& input : spec->inputs) {
    first.to = {node, input.name};
    if (check_connect(trial, first.from, first.to, false, registry)) continue;
    Diagram half = trial;
    if (!half.apply({AddLink{.link = first}})) continue;
    for (const PortSpec& output : spec->outputs) {
      second.from = {node, output.name};
      if (check_connect(half, second.from, second.to, false, registry)) continue;
      return Edit{Edit::List{{RemoveLink{wire.to}}, {AddLink{.link = first}}, {AddLink{.link = second}}}};
    }
  }
  return std::nullopt;
}

Result<Edit> toggle_muted(const Diagram& diagram, const std::vector<std::string>& nodes, const Registry& registry) {
  bool all = true;
  for (const std::string& id : nodes) {
    const Node* node = diagram.find(id);
    all = all && node != nullptr && node->muted;
  }
  Edit::List steps;
  for (const std::string& id : nodes) {
    const Node* node = diagram.find(id);
    if (node == nullptr || node->muted != all) continue;
    const auto spec = spec_of(*node, registry);
    if (!all && !spec) return fail(Error{.reason = "it cannot be muted, because its type is unknown", .node = id});
    if (!all)
      if (Status ok = check_mute(*spec); !ok) return fail(std::move(ok.error()).at_node(id));
    steps.push_back({SetMuted{.node = id, .muted = !all}});
  }
  if (steps.size() == 1) return std::move(steps.front());
  return Edit{std::move(steps)};
}

}  // namespace feedline
