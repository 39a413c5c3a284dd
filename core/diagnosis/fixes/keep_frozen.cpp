// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnosis/fix.h"
#include "schema/registry.h"

#include <algorithm>

namespace feedline::inline diagnosis {
namespace {

/// What is left of the forward pass when a frozen backbone is looked up: its head, a cautious guess.
constexpr double kForwardWithoutBackbone = 0.05;

/// Does any node draw that leads to a field which is no label?
bool draws_pictures(const RunFacts& facts) {
  return std::any_of(facts.nodes.begin(), facts.nodes.end(), [&](const DataNode& node) {
    return node.random && std::any_of(node.fields.begin(), node.fields.end(),
                                      [&](const std::string& field) { return !facts.is_label(field); });
  });
}

std::vector<Fix> keep_frozen(const FixContext& context) {
  const StepCost& step = context.diagnosis.profile.step;
  if (!context.facts.network || step.busy() <= 0 || draws_pictures(context.facts)) return {};
  std::vector<Fix> fixes;
  for (const Node& node : context.document.nodes()) {
    const NodeSpec* spec = context.registry.find(node.type);
    if (spec == nullptr || !spec->pretrained || node.muted) continue;
    const PretrainedSettings settings = spec->pretrained(spec->complete(node.params));
    if (settings.frozen != "all" || settings.cache != "off" || settings.unfreeze_every > 0) continue;
    const double forward = step[Phase::Forward] / step.busy();
    CostModel after = context.diagnosis.model;
    after.speed_up(after.trainer, 1 / (1 - forward * (1 - kForwardWithoutBackbone)));
    fixes.push_back({.id = "keep-frozen:" + node.id,
                     .title = "Keep what the frozen " + node.id + " gives of each record",
                     .why = "It is frozen and no random node stands in front of it, so it gives the same in every "
                            "epoch. From the second epoch on it is looked up; so much faster are the epochs after the "
                            "first.",
                     .edit = context.set(node.id, "cache", std::string("auto")),
                     .predicted_ratio = context.ratio(after)});
  }
  return fixes;
}

}  // namespace
}  // namespace feedline::inline diagnosis

FEEDLINE_FIX(keep_frozen)
