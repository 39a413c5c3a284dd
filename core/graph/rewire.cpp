// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/rewire.h"

#include "graph/mute.h"
#include "graph/subgraph.h"
#include "graph/validate.h"
#include "graph/wiring.h"

#include <algorithm>
#include <iterator>

namespace feedline::inline graph {
namespace {

/// The output outside of `removed` whose value would pass through to this one; none if it would not.
std::optional<PortRef> source_behind(const Wiring& wiring, PortRef output, const std::vector<bool>& removed) {
  for (std::size_t steps = 0; steps <= removed.size(); ++steps) {
    const std::size_t node = wiring.index(output.node);
    if (!removed[node]) return output;
    const NodeSpec* spec = wiring.spec(node);
    const auto input = spec == nullptr ? std::nullopt : passes_on(*spec, output.port);
    if (!input) return std::nullopt;
    const auto& wires = wiring.wires_into(node);
    const auto wire =
        std::find_if(wires.begin(), wires.end(), [&](std::size_t w) { return wiring.links()[w].to.port == *input; });
    if (wire == wires.end()) return std::nullopt;
    output = wiring.links()[*wire].from;
  }
  return std::nullopt;
}

bool touches(const Link& link, const std::string& node) { return link.from.node == node || link.to.node == node; }

}  // namespace

std::optional<NodeSpec> spec_of(const Node& node, const Registry& registry) {
  if (node.inner) return subgraph_spec(node, registry);
  const NodeSpec* spec = registry.find(node.type);
  return spec == nullptr ? std::nullopt : std::optional(spec->for_params(node.params));
}

Edit remove_and_heal(const Diagram& diagram, const std::vector<std::string>& ids, const Registry& registry) {
  const Wiring wiring(diagram, registry);
  std::vector<bool> removed(diagram.nodes().size(), false);
  for (const std::string& id : ids)
    if (const std::size_t node = wiring.index(id); node != Wiring::kNone) removed[node] = true;
  Edit remove = remove_nodes(ids);
  Diagram trial = diagram;
  if (!trial.apply(remove)) return remove;
  Edit::List healed;
  for (std::size_t i = 0; i < diagram.links().size(); ++i) {
    const Link& link = diagram.links()[i];
    if (!removed[wiring.from(i)] || removed[wiring.to(i)]) continue;
    const auto from = source_behind(wiring, link.from, removed);
    // The input is free once they are gone, and where a value came by before there is no new cycle.
    if (from && !check_ends(wiring, *from, link.to, registry))
      healed.push_back({AddLink{.link = {.from = *from, .to = link.to, .via = link.via}}});
  }
  if (!trial.apply(Edit{healed})) std::erase_if(healed, [&](const Edit& edit) { return !trial.apply(edit); });
  auto& steps = std::get<Edit::List>(remove.change);
  steps.insert(steps.end(), std::make_move_iterator(healed.begin()), std::make_move_iterator(healed.end()));
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

}  // namespace feedline::inline graph
