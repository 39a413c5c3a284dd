// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/stage_cuts.h"

#include "graph/validate.h"

#include <algorithm>
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

}  // namespace

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
