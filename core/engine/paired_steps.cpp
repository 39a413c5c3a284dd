// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/paired_steps.h"

#include "schema/sparse_rows.h"

#include <cstddef>
#include <optional>
#include <utility>

namespace feedline::inline engine {

std::optional<std::size_t> only_reader(const DataPlan& plan, SlotIndex slot) {
  for (const BatchField& field : plan.fields)
    if (field.slot == slot) return std::nullopt;
  std::optional<std::size_t> only;
  for (std::size_t i = 0; i < plan.steps.size(); ++i)
    for (const auto& input : plan.steps[i].inputs) {
      if (input != slot) continue;
      if (only) return std::nullopt;
      only = i;
    }
  return only;
}

std::vector<std::shared_ptr<const SampleOp>> paired_ops(const DataPlan& plan) {
  std::vector<std::shared_ptr<const SampleOp>> ops;
  for (const PlanStep& step : plan.steps) ops.push_back(step.op);
  for (std::size_t i = 0; i < plan.steps.size(); ++i) {
    const PlanStep& step = plan.steps[i];
    const auto* giver = dynamic_cast<const GivesSparseRows*>(step.op.get());
    if (giver == nullptr || step.cache || step.outputs.size() != 1) continue;
    const auto reader = only_reader(plan, step.outputs.front());
    if (!reader || plan.steps[*reader].cache || plan.steps[*reader].inputs.size() != 1) continue;
    const auto* taker = dynamic_cast<const TakesSparseRows*>(plan.steps[*reader].op.get());
    auto rows = taker != nullptr ? giver->sparse_rows() : std::nullopt;
    if (!rows) continue;
    ops[i] = giver->sparse_giver();
    ops[*reader] = taker->sparse_taker(std::move(*rows));
  }
  return ops;
}

}  // namespace feedline::inline engine
