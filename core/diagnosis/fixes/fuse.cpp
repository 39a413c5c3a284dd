// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnosis/fix.h"
#include "plan/readers.h"

namespace feedline::inline diagnosis {
namespace {

/// One worker carries a record through all nodes; no queue stands between them.
std::vector<Fix> fuse(const FixContext& context) {
  const Value staged = context.setting(context.facts.trainer_node, "staged");
  if (!std::holds_alternative<bool>(staged) || !std::get<bool>(staged)) return {};
  CostModel after = context.diagnosis.model;
  for (NodeCost& node : after.costs.nodes) {
    const bool source = &node == &after.costs.nodes.front();
    node.segment = source ? 0 : 1;
    node.workers = source ? readers_for(after.workers) : after.workers;
  }
  // What the costs do not explain is the queues' own work.
  const double measured = context.diagnosis.measured();
  const double ratio = measured > 0 ? after.expected().samples_per_s / measured : 1;
  return {{.id = "fuse",
           .title = "Fuse the nodes: one worker takes a record through all of them",
           .why = "Every node has a queue of its own; handing records on costs time and cold caches.",
           .edit = context.set(context.facts.trainer_node, "staged", false),
           .predicted_ratio = ratio}};
}

}  // namespace
}  // namespace feedline::inline diagnosis

FEEDLINE_FIX(fuse)
