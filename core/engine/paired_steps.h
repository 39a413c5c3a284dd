// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "plan/plan.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

namespace feedline::inline engine {

/// The step that alone reads this value; none: several do, or the batch does, or nobody.
[[nodiscard]] std::optional<std::size_t> only_reader(const DataPlan& plan, SlotIndex slot);

/// What a pipeline runs for each step of the plan: its op, or one that hands what it makes to its only reader in a form
/// that these two alone know (schema/sparse_rows.h). What reaches the batch is the same to the last bit. The plan must
/// outlive it.
[[nodiscard]] std::vector<std::shared_ptr<const SampleOp>> paired_ops(const DataPlan& plan);

}  // namespace feedline::inline engine
