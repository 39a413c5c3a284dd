// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/frozen.h"

#include "schema/optimizer.h"

#include <algorithm>

namespace feedline::inline graph {

std::vector<std::string> freeze_patterns(const Diagram& diagram, const Registry& registry) {
  std::vector<std::string> patterns;
  for (const Node& node : diagram.nodes()) {
    const NodeSpec* spec = registry.find(node.type);
    if (spec == nullptr || spec->role != Role::Trainer || !spec->trainer) continue;
    const TrainerSettings settings = spec->trainer(spec->complete(node.params));
    patterns.insert(patterns.end(), settings.freeze.begin(), settings.freeze.end());
  }
  return patterns;
}

Frozen frozen_share(const Node& node, const NodeSpec& spec, std::string_view path,
                    std::span<const std::string> patterns) {
  if (spec.role != Role::Layer || node.muted) return Frozen::Nothing;
  const auto matched = [path](const std::string& pattern) { return matches_layer(pattern, path); };
  if (std::any_of(patterns.begin(), patterns.end(), matched)) return Frozen::Wholly;
  if (!spec.pretrained) return Frozen::Nothing;
  const PretrainedSettings settings = spec.pretrained(spec.complete(node.params));
  if (settings.frozen == "all") return settings.unfreeze_every > 0 ? Frozen::Partly : Frozen::Wholly;
  return settings.frozen == "stages" || !settings.freeze_pattern.empty() ? Frozen::Partly : Frozen::Nothing;
}

}  // namespace feedline::inline graph
