// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnosis/facts.h"

#include "graph/path.h"

#include <algorithm>

namespace feedline::inline diagnosis {

std::size_t RunFacts::workers_limit() const {
  return most_workers > 0 ? most_workers : std::max<std::size_t>(16, 4 * cores);
}

double RunFacts::step_threads() const {
  if (!network) return 1;  // an estimator takes its rows in on one thread
  return static_cast<double>(std::max(execution.replicas, 1)) * static_cast<double>(std::max(execution.stages, 1)) *
         static_cast<double>(std::max(execution.intra_op_threads, 1));
}

double RunFacts::cores_of_rank(std::size_t local_ranks) const {
  if (execution.cores > 0) return execution.cores;
  return static_cast<double>(std::max<std::size_t>(cores, 1)) /
         static_cast<double>(std::max<std::size_t>(local_ranks, 1));
}

std::size_t RunFacts::micro_batches() const {
  return static_cast<std::size_t>(std::max<std::int64_t>(std::min(execution.micro_batches, batch), 1));
}

RunFacts facts_of(const Document& document, const Registry& registry) {
  RunFacts facts{graph_facts(document, registry)};
  const Node* trainer = document.find(drawn_path(facts.trainer_node));
  if (trainer == nullptr) return facts;
  const NodeSpec& spec = *registry.find(trainer->type);
  const TrainerSettings settings = spec.trainer(spec.complete(trainer->params));
  facts.execution = Execution::asked_for(settings, facts.passes);
  facts.asked_replicas = settings.replicas;
  facts.asked_intra_op = settings.intra_op_threads;
  facts.shards_optimizer = settings.shard_optimizer;
  facts.short_gradients = settings.gradients == "bfloat16";
  return facts;
}

}  // namespace feedline::inline diagnosis
