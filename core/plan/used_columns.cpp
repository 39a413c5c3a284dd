// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan/used_columns.h"

#include "schema/kind.h"
#include "schema/read_columns.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace feedline::inline plan {
namespace {

/// Which columns of the value in `slot` the steps look at; none: all of them, or nobody can tell.
std::optional<std::vector<bool>> used_columns(const DataPlan& data, SlotIndex slot, std::size_t columns) {
  for (const BatchField& field : data.fields)
    if (field.slot == slot) return std::nullopt;
  std::vector<bool> used(columns, false);
  for (const PlanStep& step : data.steps) {
    if (std::find(step.inputs.begin(), step.inputs.end(), slot) == step.inputs.end()) continue;
    const auto* looks = dynamic_cast<const LooksAtColumns*>(step.op.get());
    if (looks == nullptr || step.inputs.size() != 1) return std::nullopt;
    looks->mark_columns(used);
  }
  if (std::find(used.begin(), used.end(), false) == used.end()) return std::nullopt;
  return used;
}

}  // namespace

void read_used_columns(DataPlan& data) {
  const auto* source = dynamic_cast<const ReadsColumns*>(data.source.get());
  if (source == nullptr) return;
  const std::vector<TensorDesc>& outputs = data.source->outputs();
  for (std::size_t port = 0; port < outputs.size(); ++port) {
    if (outputs[port].kind != Kind::Row || !data.source_outputs[port]) continue;
    auto used = used_columns(data, *data.source_outputs[port], outputs[port].columns.size());
    if (!used) return;
    data.source = source->with_columns(*used);
    data.read_columns = std::move(*used);
    return;
  }
}

}  // namespace feedline::inline plan
