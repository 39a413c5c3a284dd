// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/inference/checkpoint_plan.h"

#include "engine/fit.h"
#include "graph/flatten.h"
#include "graph/override.h"
#include "graph/subgraph.h"
#include "training/inference/given_source.h"
#include "training/inference/session.h"
#include "training/resume.h"

#include <string>
#include <utility>
#include <vector>

namespace feedline::inline training {
namespace {

/// Class weights that are found in the data cannot be found without them, and no prediction hangs on them.
Result<Document> without_balance(Document document) {
  std::vector<std::string> assignments;
  each_node(document, [&](const std::string& path, const Node& node) {
    const NodeSpec* spec = Registry::instance().find(node.type);
    if (spec != nullptr && spec->role == Role::Loss && spec->param("balanced") != nullptr)
      assignments.push_back(path + ".balanced=false");
  });
  for (const std::string& assignment : assignments) {
    auto edit = parse_override(document, assignment);
    if (!edit) return fail(std::move(edit.error()));
    if (auto done = document.apply(*edit); !done) return fail(std::move(done.error()));
  }
  return document;
}

}  // namespace

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
