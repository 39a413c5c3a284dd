// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/pipeline_settings.h"

namespace feedline::inline engine {

PipelineOptions pipeline_options(const Execution& execution, const FaultSettings& faults) {
  PipelineOptions options;
  options.workers = execution.workers;
  options.prefetch = execution.prefetch;
  options.staged = execution.staged;
  options.epochs = execution.epochs;
  options.max_bad_fraction = faults.max_bad_fraction;
  options.slow_seconds = faults.slow_seconds;
  options.slow_factor = faults.slow_factor;
  options.on_slow = faults.on_slow;
  return options;
}

}  // namespace feedline::inline engine
