// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnosis/fix.h"
#include "plan/step_work.h"

#include <fmt/format.h>

#include <algorithm>

namespace feedline::inline diagnosis {
namespace {

/// Copies of the model, one per core, each learning from a part of the batch.
std::vector<Fix> replicas(const FixContext& context) {
  const RunFacts& facts = context.facts;
  const auto ranks = static_cast<std::int64_t>(context.diagnosis.profile.rank_count());
  const auto cores = static_cast<std::int64_t>(facts.cores_of_rank(context.diagnosis.profile.local_ranks()) + 1e-6);
  const std::int64_t useful = facts.worth_threads > 0 ? std::min(cores, facts.worth_threads) : cores;
  const auto records = static_cast<std::int64_t>(facts.records);
  const std::int64_t rows = records > 0 ? std::min(facts.batch, records) : facts.batch;
  const std::int64_t room = std::min(useful, rows / ranks / kRowsPerReplica);
  if (facts.execution.stages > 1) return {};  // they share the cores out already
  if (!facts.network || !facts.execution.on_cpu() || room <= facts.execution.replicas) return {};
  CostModel after = context.diagnosis.model;
  const double threads = static_cast<double>(room);
  const double now = std::min(facts.step_threads(), after.cores);
  if (threads <= now) return {};
  after.costs.step_alone *= now / threads;
  after.step_threads = threads;
  const bool automatic = room == useful;
  return {{.id = "replicas",
           .title = fmt::format("Train with {} replicas", room),
           .why = "The step leaves cores idle. Each replica trains on a part of the batch; batch norm then sees "
                  "smaller parts.",
           .edit = {Edit::List{context.set(facts.trainer_node, "replicas", automatic ? std::int64_t{0} : room),
                               context.set(facts.trainer_node, "intra_op_threads", std::int64_t{0})}},
           .predicted_ratio = context.ratio(after),
           .changes_results = true}};
}

}  // namespace
}  // namespace feedline::inline diagnosis

FEEDLINE_FIX(replicas)
