// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "schema/behaviour.h"

#include <cstddef>
#include <cstdint>
#include <limits>

namespace feedline::inline plan {

/// What a run does with the cores.
struct CoreSplit {
  std::size_t workers = 1;   ///< loader threads
  int replicas = 1;          ///< copies of the model, each with a thread of its own
  int intra_op_threads = 1;  ///< threads within one operation of one replica or stage

  [[nodiscard]] bool operator==(const CoreSplit&) const = default;
};

/// Splits the cores between loader workers, replicas and the threads within a replica's operations.
///
/// What the settings name is taken as it is; the rest follows. On the CPU replicas come first: one per core, each on
/// one thread, because threads that share an operation meet at its end and spin there, while replicas meet once a step;
/// fewer where a batch has too few rows, and their cores then go to intra-op threads. No more threads of both kinds
/// than a step is worth (plan/step_work.h): those of a small network would only wait for each other. Loader workers are
/// as many as cores: they work only while the prefetch window has room, so they take what the step leaves. A GPU has
/// one replica, whatever the settings say, since its work is one queue.
///
/// A network that is cut into stages has one replica, and each stage as many threads as if it were one.
///
/// `batch_size` is the largest number of rows of a training batch; no more replicas than rows. `worth`: threads.
[[nodiscard]] CoreSplit split_cores(const LoadingSettings& loading, const ExecutionSettings& execution,
                                    std::size_t cores, bool on_cpu, std::int64_t batch_size, std::size_t stages = 1,
                                    std::int64_t worth = std::numeric_limits<std::int64_t>::max());

}  // namespace feedline::inline plan
