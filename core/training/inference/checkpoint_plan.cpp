// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/inference/checkpoint_plan.h"

#include "engine/fit.h"
#include "graph/flatten.h"
#include "training/inference/given_source.h"
#include "training/inference/session.h"
#include "training/resume.h"

#include <utility>
#include <vector>

namespace feedline::inline training {
Result<CheckpointPlan> plan_of(const TrainingState& state) {
  auto graph = graph_of(state);
  if (!graph) return fail(std::move(graph.error()));
  CheckpointPlan found{.drawn = *graph, .flat = flatten(*graph).document};
  auto open = open_for_any_records(std::move(*graph));
  if (open) open = without_balance(std::move(*open));
  if (!open) return fail(std::move(open.error()));

  // One record that is never read: a source without any would be refused.
  const auto records = std::make_shared<const std::vector<GivenRecord>>(1);
  PlanOptions options;
  options.open = [&](const NodeSpec& spec, const ParamMap& params) {
    return given_source(spec, params, state, records);
  };
  auto plan = make_plan(*open, options);
  if (!plan) return fail(std::move(plan.error()));
  auto bound = fit_plan(std::move(*plan), {.known = state.fitted, .learn = false});
  if (!bound) return fail(std::move(bound.error()));
  found.plan = std::move(*bound);
  return found;
}

}  // namespace feedline::inline training
