// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/stage_cuts.h"

#include "base/numbers.h"
#include "graph/validate.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <string_view>
#include <vector>

namespace feedline::inline graph {
namespace {

const Node* trainer_of(const Document& document, const Registry& registry) {
  for (const Node& node : document.nodes())
    if (const NodeSpec* spec = registry.find(node.type);
        spec != nullptr && spec->role == Role::Trainer && spec->trainer)
      return &node;
  return nullptr;
}

Edit cuts_edit(const std::string& trainer, const std::vector<std::string>& cuts) {
  return {SetParam{.node = trainer, .param = "stages", .value = ValueList(cuts.begin(), cuts.end())}};
}

/// Has it anything that learns or computes in a network? A sub-graph has, where its costs are known.
bool is_of_network(const Node& node, const Analysis& analysis, const Registry& registry) {
  if (node.inner) return analysis.costs.contains(node.id);
  const NodeSpec* spec = registry.find(node.type);
  return spec != nullptr && spec->role == Role::Layer;
}

}  // namespace

Result<Edit> toggle_stage_of(const Document& document, const std::vector<std::string>& nodes,
                             const Registry& registry) {
  const Analysis analysis = analyse(document, {}, registry);
  const std::set<std::string_view> given(nodes.begin(), nodes.end());
  std::vector<std::string_view> layers;
  for (const Node& node : document.nodes())
    if (given.contains(node.id) && is_of_network(node, analysis, registry)) layers.push_back(node.id);
  std::multimap<std::string_view, std::string_view> fed;
  for (const Link& link : document.links()) fed.emplace(link.from.node, link.to.node);
  std::set<std::string_view> behind;  // one of them, at any distance
  for (std::vector<std::string_view> open = layers; !open.empty();) {
    const auto [begin, end] = fed.equal_range(open.back());
    open.pop_back();
    for (auto wire = begin; wire != end; ++wire)
      if (behind.insert(wire->second).second) open.push_back(wire->second);
  }
  std::vector<std::string> first;
  for (const std::string_view layer : layers)
    if (!behind.contains(layer)) first.emplace_back(layer);
  if (first.size() == 1) return toggle_stage(document, first.front(), registry);
  if (first.empty())
    return fail("there is no layer of a network among these nodes",
                "Let a stage begin at a layer, or a frame of layers");
  return fail(fmt::format("values enter these nodes at several layers: {}", numbers::listed(first, 5)),
              "Let a stage begin at one of them, or group them into a sub-graph, which is one");
}

Result<Edit> toggle_stage(const Document& document, const std::string& node, const Registry& registry) {
  const Node* trainer = trainer_of(document, registry);
  const Node* found = document.find(node);
  if (trainer == nullptr || found == nullptr)
    return fail("only a network that a trainer trains can be cut into stages", "Add a trainer node");
  const std::string cut = found->inner ? node + "/*" : node;
  std::vector<std::string> cuts =
      registry.find(trainer->type)->trainer(registry.find(trainer->type)->complete(trainer->params)).stages;
  if (const auto known = std::find(cuts.begin(), cuts.end(), cut); known != cuts.end()) {
    cuts.erase(known);
    return cuts_edit(trainer->id, cuts);
  }
  // The node's stage now says how many cuts lie in front of it.
  const Analysis now = analyse(document, {}, registry);
  const auto stage = now.stages.find(node);
  const std::size_t place = stage == now.stages.end() ? 0 : stage->second.first;
  cuts.insert(cuts.begin() + static_cast<std::ptrdiff_t>(std::min(place, cuts.size())), cut);
  Edit edit = cuts_edit(trainer->id, cuts);
  Document changed = document;
  if (Result<Edit> applied = changed.apply(edit); !applied) return fail(std::move(applied.error()));
  const Analysis then = analyse(changed, {}, registry);
  for (const Problem& problem : then.problems)
    if (problem.severity == Problem::Severity::Error && problem.error.parameter == "stages")
      return fail(Error{problem.error}.at_node(node));
  if (then.stages.empty())
    return fail(Error{.reason = "nothing between a batch and the loss of a trainer can be cut into stages",
                      .remedy = "Wire the network to the trainer first",
                      .node = node});
  return edit;
}

}  // namespace feedline::inline graph
