// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/pipeline.h"
#include "schema/behaviour.h"

namespace feedline {

/// What the trainer node asks of a pipeline: workers, prefetch, epochs, and what becomes of bad and slow records.
[[nodiscard]] PipelineOptions pipeline_options(const TrainerSettings& trainer);

}  // namespace feedline
