// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/numbers.h"
#include "diagnosis/fix.h"
#include "diagnosis/scaling.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace feedline::inline diagnosis {
namespace {

/// Each rank steps its part of the weights, and all gather them: as ScalingModel has it.
double ratio_of_parts(const FixContext& context) {
  if (context.diagnosis.profile.ranks.size() < 2 || !context.facts.network) return 1;
  CostModel after = context.diagnosis.model;
  const ScalingModel now = ScalingModel::of(context.facts, context.diagnosis.profile, after);
  const Network& wire = now.between(now.ranks);
  const double others = 1 - 1 / static_cast<double>(now.ranks);
  const double weights = 4.0 * static_cast<double>(context.facts.parameters);
  const double gathering = wire.latency + (wire.bytes_per_s > 0 ? others * weights / wire.bytes_per_s : 0);
  const double more = gathering - others * now.optimizer;
  after.costs.step_alone = std::max(after.costs.step_alone + more / after.costs.batch, 0.0);
  return context.ratio(after);
}

/// Where the prediction says that the run does not fit into what was free when it began.
std::vector<Fix> memory(const FixContext& context) {
  const RunFacts& facts = context.facts;
  if (facts.memory_there == 0 || facts.memory_needed <= facts.memory_there) return {};
  std::vector<Fix> fixes;
  for (const MemoryAdvice& advice : facts.memory_advice) {
    // Where layers are timed, model_stages() cuts by their times.
    if (advice.id == "stages" && !context.diagnosis.profile.layers.empty()) continue;
    Fix fix{.id = "memory:" + advice.id,
            .title = advice.title,
            .why = fmt::format("Training takes about {} and there were {}; this saves {}. {}",
                               numbers::bytes(facts.memory_needed), numbers::bytes(facts.memory_there),
                               numbers::bytes(advice.saves), advice.why),
            .changes_results = advice.changes_results,
            .needed = true};
    if (advice.kernels > 1) fix.predicted_ratio = context.ratio_of_faster_kernels(1 / advice.kernels);
    if (advice.id == "shard-optimizer") fix.predicted_ratio = ratio_of_parts(context);
    Edit::List edits;
    for (const MemoryAdvice::Change& change : advice.changes)
      edits.push_back(context.set(change.node, change.parameter, change.value));
    fix.edit = {std::move(edits)};
    if (!fix.title.empty() && fix.title[0] >= 'a' && fix.title[0] <= 'z') fix.title[0] -= 'a' - 'A';
    fixes.push_back(std::move(fix));
  }
  return fixes;
}

}  // namespace
}  // namespace feedline::inline diagnosis

FEEDLINE_FIX(memory)
