// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/pipeline.h"
#include "plan/execution.h"
#include "schema/behaviour.h"

namespace feedline::inline engine {

/// What a run asks of a pipeline: workers, prefetch, epochs, and what becomes of bad and slow records.
[[nodiscard]] PipelineOptions pipeline_options(const Execution& execution, const FaultSettings& faults);

}  // namespace feedline::inline engine
