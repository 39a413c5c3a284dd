// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training/bench.

#include "base/error.h"
#include "graph/document.h"
#include "plan/plan.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <stop_token>

namespace feedline::inline training::bench {

struct Rate {
  double samples_per_s = 0;
  double samples_per_cpu_s = 0;  ///< of all threads: hardly depends on what else the machine does
  double source_bytes = 0;       ///< read for one sample
  double metering_ratio = 0;     ///< of measure_metering(): with meters beside without, by CPU time
};

struct DataJob {
  std::shared_ptr<const Plan> plan{};
  std::size_t workers = 1;
  bool meters = true;
  std::uint32_t from_epoch = 1;  ///< epochs before it are not counted
  std::filesystem::path cache_folder{};
};

/// Drains batches for so many seconds, from the end of the first batch of `from_epoch` to the end of another one.
[[nodiscard]] Result<Rate> measure_data(DataJob job, double seconds, const std::stop_token& stop);

/// The same job with and without meters in turn, in slices so short that a busy moment of the machine hits both; the
/// median of their ratios. Both together take so many seconds.
[[nodiscard]] Result<Rate> measure_metering(DataJob job, double seconds, const std::stop_token& stop);

/// Trains for so many seconds, counted from the third step on: the first ones set up memory and kernels.
[[nodiscard]] Result<Rate> measure_training(const Document& document, double seconds,
                                            const std::filesystem::path& cache_folder, const std::stop_token& stop);

}  // namespace feedline::inline training::bench
