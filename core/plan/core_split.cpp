// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan/core_split.h"

#include "plan/step_work.h"

#include <algorithm>

namespace feedline::inline plan {

CoreSplit split_cores(const LoadingSettings& loading, const ExecutionSettings& execution, std::size_t cores,
                      bool on_cpu, std::int64_t batch_size, std::size_t stages, std::int64_t worth) {
  const auto all = static_cast<std::int64_t>(std::max<std::size_t>(cores, 1));
  const std::int64_t rows = std::max<std::int64_t>(batch_size, 1);
  const std::int64_t useful = std::min(all, worth);
  CoreSplit split;
  split.workers = loading.workers > 0 ? static_cast<std::size_t>(loading.workers) : static_cast<std::size_t>(all);

  const auto parts = static_cast<std::int64_t>(std::max<std::size_t>(stages, 1));
  std::int64_t replicas = 1;
  if (on_cpu && parts == 1) {
    if (execution.replicas > 0) {
      replicas = std::min(execution.replicas, rows);
    } else {
      const std::int64_t room = useful / std::max<std::int64_t>(execution.intra_op_threads, 1);
      replicas = std::max<std::int64_t>(std::min(room, rows / kRowsPerReplica), 1);
    }
  }
  std::int64_t threads = execution.intra_op_threads;
  if (threads <= 0) threads = on_cpu ? std::max<std::int64_t>(useful / (replicas * parts), 1) : 1;
  split.replicas = static_cast<int>(replicas);
  split.intra_op_threads = static_cast<int>(threads);
  return split;
}

}  // namespace feedline::inline plan
