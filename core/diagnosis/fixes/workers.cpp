// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnosis/fix.h"

#include <fmt/format.h>

namespace feedline::inline diagnosis {
namespace {

/// As many workers as the best rate needs, no more: theta = X / R (Plumber).
std::vector<Fix> workers(const FixContext& context) {
  const CostModel& now = context.diagnosis.model;
  CostModel after = now;
  after.workers = now.workers_for(context.diagnosis.ceiling.samples_per_s);
  // On a core that it shares, a worker gets only a part of it; whoever computes needs no more workers than cores.
  if (after.workers <= now.workers) return {};
  return {
      {.id = "workers",
       .title = fmt::format("Use {} workers", after.workers),
       .why = fmt::format("{} prepare records now; the others would take what the cores, the disk and the step still "
                          "leave.",
                          now.workers),
       .edit = context.set(context.facts.trainer_node, "workers", static_cast<std::int64_t>(after.workers)),
       .predicted_ratio = context.ratio(after)}};
}

}  // namespace
}  // namespace feedline::inline diagnosis

FEEDLINE_FIX(workers)
