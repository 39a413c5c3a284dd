// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnosis/facts.h"

#include "graph/path.h"

#include <algorithm>

namespace feedline {

std::size_t RunFacts::workers_limit() const {
  return most_workers > 0 ? most_workers : std::max<std::size_t>(16, 4 * cores);
}

double RunFacts::step_threads() const {
  return static_cast<double>(std::max(replicas, 1)) * static_cast<double>(std::max(intra_op_threads, 1));
}

RunFacts facts_of(const Document& document, const Registry& registry) {
  RunFacts facts{graph_facts(document, registry)};
  const Node* trainer = document.find(drawn_path(facts.trainer_node));
  if (trainer == nullptr) return facts;
  const NodeSpec& spec = *registry.find(trainer->type);
  const TrainerSettings settings = spec.trainer(spec.complete(trainer->params));
  facts.workers = static_cast<std::size_t>(settings.workers);
  facts.prefetch = static_cast<std::size_t>(std::max<std::int64_t>(settings.prefetch, 0));
  facts.staged = settings.staged;
  facts.epochs = static_cast<std::uint32_t>(settings.epochs);
  facts.replicas = static_cast<int>(settings.replicas);
  facts.intra_op_threads = static_cast<int>(settings.intra_op_threads);
  return facts;
}

}  // namespace feedline
