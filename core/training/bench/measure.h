// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training/bench.

#include "base/error.h"
#include "engine/plan.h"
#include "graph/document.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <stop_token>

namespace feedline::bench {

struct Rate {
  double samples_per_s = 0;
  double samples_per_cpu_s = 0;  ///< of all threads: hardly depends on what else the machine does
  double source_bytes = 0;       ///< read for one sample
};

struct DataJob {
  std::shared_ptr<const Plan> plan{};
  std::size_t workers = 1;
  bool meters = true;
  std::uint32_t from_epoch = 1;  ///< epochs before it are not counted
  std::filesystem::path cache_folder{};
};

/// Drains batches for so many seconds, from the end of the first batch of `from_epoch` to the end of another one.
[[nodiscard]] Result<Rate> measure_data(const DataJob& job, double seconds, const std::stop_token& stop);

/// Trains for so many seconds, counted from the third step on: the first ones set up memory and kernels.
[[nodiscard]] Result<Rate> measure_training(const Document& document, double seconds,
                                            const std::filesystem::path& cache_folder, const std::stop_token& stop);

}  // namespace feedline::bench
