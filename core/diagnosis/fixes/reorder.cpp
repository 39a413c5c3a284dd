// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnosis/fix.h"
#include "graph/rewire.h"

#include <algorithm>

namespace feedline::inline diagnosis {
namespace {

/// The only wire out of a node, if it leads to another node of the data side.
const Link* only_wire(const Document& document, const std::string& node) {
  const Link* only = nullptr;
  for (const Link& link : document.links()) {
    if (link.from.node != node) continue;
    if (only != nullptr) return nullptr;
    only = &link;
  }
  return only;
}

const Link* wire_into(const Document& document, const NodeSpec& spec, const std::string& node) {
  return spec.inputs.size() == 1 ? document.link_into({node, spec.inputs.front().name}) : nullptr;
}

/// a -> b becomes b -> a.
Edit swapped(const FixContext& context, const Link& into, const Link& between, const Link& out) {
  const Position a = context.document.find(between.from.node)->position;
  const Position b = context.document.find(between.to.node)->position;
  return {Edit::List{{RemoveLink{into.to}},
                     {RemoveLink{between.to}},
                     {RemoveLink{out.to}},
                     {AddLink{.link = {.from = into.from, .to = between.to}}},
                     {AddLink{.link = {.from = out.from, .to = into.to}}},
                     {AddLink{.link = {.from = between.from, .to = out.to}}},
                     {MoveNodes{{{between.from.node, b}, {between.to.node, a}}}}}};
}

/// A node that works on large values in front of one that makes them smaller: the other way round it works on less.
std::vector<Fix> reorder(const FixContext& context) {
  std::vector<Fix> fixes;
  for (const DataNode& node : context.facts.nodes) {
    const Node* drawn = context.document.find(node.id);
    const auto spec = drawn == nullptr ? std::nullopt : spec_of(*drawn, context.registry);
    if (node.role != Role::Sample || node.cache || !spec || spec->inputs.size() != 1) continue;
    if (spec->outputs.size() != 1 || spec->inputs.front().kind != spec->outputs.front().kind) continue;
    const Link* between = only_wire(context.document, node.id);
    const DataNode* next = between == nullptr ? nullptr : context.facts.find(between->to.node);
    if (next == nullptr || next->role != Role::Sample || next->cache) continue;
    const auto next_spec = spec_of(*context.document.find(next->id), context.registry);
    if (!next_spec || next_spec->inputs.size() != 1 || next_spec->outputs.size() != 1) continue;
    if (next_spec->inputs.front().kind != spec->outputs.front().kind) continue;
    const Link* into = wire_into(context.document, *spec, node.id);
    const Link* out = only_wire(context.document, next->id);
    const NodeCost* large = context.diagnosis.profile.find(node.id);
    const NodeCost* small = context.diagnosis.profile.find(next->id);
    if (into == nullptr || out == nullptr || large == nullptr || small == nullptr || large->bytes <= 0) continue;
    const double shrink = small->bytes / large->bytes;
    if (shrink > 0.7 || shrink <= 0) continue;
    CostModel after = context.diagnosis.model;
    after.speed_up(node.id, 1 / shrink);
    fixes.push_back({.id = "reorder:" + node.id,
                     .title = "Put " + next->id + " in front of " + node.id,
                     .why = next->id + " makes the values smaller, so that " + node.id +
                            " has less to do. The results differ where the two do not commute.",
                     .edit = swapped(context, *into, *between, *out),
                     .predicted_ratio = context.ratio(after),
                     .changes_results = true});
  }
  return fixes;
}

}  // namespace
}  // namespace feedline::inline diagnosis

FEEDLINE_FIX(reorder)
