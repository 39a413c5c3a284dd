// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnosis/fix.h"

namespace feedline::inline diagnosis {
namespace {

constexpr std::size_t kPrefetch = 4;

/// Prepares the next batches while the step runs.
std::vector<Fix> overlap(const FixContext& context) {
  if (context.facts.execution.prefetch > 0) return {};
  CostModel after = context.diagnosis.model;
  after.prefetch = kPrefetch;
  return {
      {.id = "overlap",
       .title = "Prepare batches while the step runs",
       .why = "prefetch is 0, so that the step waits while a batch is prepared, and the loader while the step runs.",
       .edit = context.set(context.facts.trainer_node, "prefetch", static_cast<std::int64_t>(kPrefetch)),
       .predicted_ratio = context.ratio(after)}};
}

/// The same, with as many workers as it then needs.
std::vector<Fix> overlap_with_workers(const FixContext& context) {
  if (context.facts.execution.prefetch > 0) return {};
  CostModel after = context.diagnosis.model;
  after.prefetch = kPrefetch;
  after.workers = after.workers_for(context.diagnosis.ceiling.samples_per_s);
  if (after.workers <= context.diagnosis.model.workers) return {};
  const std::string& trainer = context.facts.trainer_node;
  return {{.id = "overlap-workers",
           .title = "Prepare batches while the step runs, with " + std::to_string(after.workers) + " workers",
           .why = "Loading and step take turns, and few prepare.",
           .edit = {Edit::List{context.set(trainer, "prefetch", static_cast<std::int64_t>(kPrefetch)),
                               context.set(trainer, "workers", static_cast<std::int64_t>(after.workers))}},
           .predicted_ratio = context.ratio(after)}};
}

std::vector<Fix> overlapping(const FixContext& context) {
  std::vector<Fix> fixes = overlap(context);
  for (Fix& fix : overlap_with_workers(context)) fixes.push_back(std::move(fix));
  return fixes;
}

}  // namespace
}  // namespace feedline::inline diagnosis

FEEDLINE_FIX(overlapping)
