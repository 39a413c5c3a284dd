// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training: what cache nodes with fill_first ask for.

#include "engine/pipeline.h"
#include "plan/plan.h"
#include "training/run_state.h"

#include <memory>
#include <string_view>

namespace feedline::inline training {

/// A plan whose training data are the part of `data` that fills its caches with fill_first: the source, the steps
/// upstream of them, batches without fields. Null: there are no such caches.
[[nodiscard]] std::shared_ptr<const Plan> fill_plan(const DataPlan& data);

/// Carries every record through the part once, with the run's own settings, into the run's caches; tells how far it is
/// as Preparing. Bad records are left out here and counted when training meets them. Errors: out of memory; Cancelled.
[[nodiscard]] Status fill_caches(const std::shared_ptr<const Plan>& part, const PipelineOptions& settings,
                                 RunState& state, std::string_view what);

}  // namespace feedline::inline training
