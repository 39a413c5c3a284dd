// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan/trimmed.h"

#include <algorithm>

namespace feedline::inline plan {

TrimmedPlan trimmed_plan(const DataPlan& whole, const WantedValues& wanted) {
  std::vector<bool> is_read(whole.slots, false);
  for (const SlotIndex slot : wanted.slots) is_read[slot] = true;
  std::vector<std::optional<std::size_t>> place(whole.steps.size());
  for (std::size_t i = whole.steps.size(); i-- > 0;) {
    const PlanStep& step = whole.steps[i];
    if (!wanted.steps.contains(i) &&
        std::none_of(step.outputs.begin(), step.outputs.end(), [&](SlotIndex slot) { return is_read[slot]; }))
      continue;
    place[i] = 0;
    for (const auto& slot : step.inputs)
      if (slot) is_read[*slot] = true;
  }
  TrimmedPlan trimmed{.data = whole};
  DataPlan& data = trimmed.data;
  data.fields.clear();
  data.steps.clear();
  for (std::size_t i = 0; i < place.size(); ++i) {
    if (!place[i]) continue;
    place[i] = data.steps.size();
    data.steps.push_back(whole.steps[i]);
    trimmed.steps.push_back(i);
  }
  // Who alone reads a value that is needed is needed too, unless the value itself is shown, and then whole.
  for (PlanStep& step : data.steps) step.next = step.next ? place[*step.next] : std::nullopt;
  for (auto& port : data.source_outputs)
    if (port && !is_read[*port]) port.reset();
  return trimmed;
}

}  // namespace feedline::inline plan
