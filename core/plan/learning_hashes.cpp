// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan/learning_hashes.h"

#include "graph/flatten.h"
#include "plan/fitting.h"
#include "state/fingerprint.h"

#include <algorithm>

namespace feedline::inline plan {

LearningHashes learning_hashes(const Document& document, const Registry& registry) {
  LearningHashes hashes;
  const Flat flat = flatten(document, registry);
  const auto learns = [&](const Node& node) {
    const NodeSpec* spec = registry.find(node.type);
    return spec != nullptr && spec->fitter;
  };
  const auto& nodes = flat.document.nodes();
  if (std::none_of(nodes.begin(), nodes.end(), learns)) return hashes;
  const Analysis analysis = analyse(flat.document, {}, registry);
  const Lowering lowering(flat.document, analysis, registry);
  LearningSettings learning;
  if (const Node* trainer = lowering.first(Role::Trainer))
    learning = lowering.spec(*trainer).trainer(lowering.spec(*trainer).complete(trainer->params));
  for (const std::size_t index : analysis.order) {
    if (!learns(nodes[index])) continue;
    Fingerprint hash;
    hash.add(upstream_hash(lowering, nodes[index])).add(to_text(Value(learning.validation_split)));
    hash.add(static_cast<std::uint64_t>(learning.seed)).add(learning.split_by).add(learning.split_column);
    for (const auto* values : {&learning.validation_values, &learning.training_values}) {
      hash.add(values->size());
      for (const std::string& value : *values) hash.add(value);
    }
    hash.add(static_cast<std::uint64_t>(learning.folds)).add(static_cast<std::uint64_t>(learning.fold));
    hashes.emplace(nodes[index].id, hash.hex());
  }
  return hashes;
}

LearntStates still_learnt(const LearntBefore& before, const LearningHashes& now) {
  LearntStates states = before.states;
  std::erase_if(states, [&](const auto& entry) {
    const auto then = before.hashes.find(entry.first);
    const auto found = now.find(entry.first);
    return then == before.hashes.end() || found == now.end() || then->second != found->second;
  });
  return states;
}

}  // namespace feedline::inline plan
