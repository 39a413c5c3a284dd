// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/pipeline_settings.h"

#include <algorithm>

namespace feedline {

PipelineOptions pipeline_options(const TrainerSettings& trainer) {
  PipelineOptions options;
  options.workers = static_cast<std::size_t>(trainer.workers);
  options.prefetch = static_cast<std::size_t>(std::max<std::int64_t>(trainer.prefetch, 0));
  options.staged = trainer.staged;
  options.epochs = static_cast<std::uint32_t>(trainer.epochs);
  options.max_bad_fraction = trainer.max_bad_fraction;
  options.slow_seconds = trainer.slow_seconds;
  options.slow_factor = trainer.slow_factor;
  options.on_slow = trainer.on_slow;
  return options;
}

}  // namespace feedline
