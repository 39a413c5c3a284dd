// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan/execution.h"

#include <algorithm>

namespace feedline::inline plan {

Execution Execution::asked_for(const TrainerSettings& settings, std::optional<std::uint32_t> passes) {
  return {.seed = settings.seed,
          .epochs = passes.value_or(static_cast<std::uint32_t>(settings.epochs)),
          .workers = static_cast<std::size_t>(settings.workers),
          .prefetch = static_cast<std::size_t>(std::max<std::int64_t>(settings.prefetch, 0)),
          .staged = settings.staged,
          .replicas = static_cast<int>(settings.replicas),
          .stages = static_cast<int>(settings.stages.size()) + 1,
          .micro_batches = settings.stages.empty() ? 1 : settings.micro_batches,
          .intra_op_threads = static_cast<int>(settings.intra_op_threads),
          .precision = settings.precision == "auto" ? "float32" : settings.precision};
}

}  // namespace feedline::inline plan
