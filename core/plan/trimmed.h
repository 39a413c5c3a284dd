// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "plan/plan.h"

#include <cstddef>
#include <set>
#include <vector>

namespace feedline::inline plan {

/// What is asked for of a data plan.
struct WantedValues {
  std::set<SlotIndex> slots{};    ///< values that somebody reads at the end
  std::set<std::size_t> steps{};  ///< steps that run whoever reads what they give
};

/// A data plan without what nothing that is wanted needs: neither its steps, nor outputs of its source that nobody
/// reads then. It has no fields yet.
struct TrimmedPlan {
  DataPlan data{};
  std::vector<std::size_t> steps{};  ///< of data.steps: their places in the whole plan
};
[[nodiscard]] TrimmedPlan trimmed_plan(const DataPlan& whole, const WantedValues& wanted);

}  // namespace feedline::inline plan
