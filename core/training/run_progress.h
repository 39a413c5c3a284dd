// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Free of LibTorch: what a run remembers besides what its model has learnt.

#include "telemetry/series.h"
#include "telemetry/snapshot.h"
#include "training/early_stop.h"
#include "training/run.h"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline training {

/// Kept in a checkpoint, so that a run that goes on has the results of the whole of it.
struct RunProgress {
  std::vector<EpochResult> epochs{};     ///< those that are over; the newest evaluation alone is kept
  std::optional<EpochResult> pending{};  ///< an epoch that has trained and is still to be validated
  TrainerSample meter{};                 ///< counts and times
  TrainerSample epoch_start{};           ///< the same when the running epoch began
  Series::State curve{};                 ///< of the training loss
  EarlyStop::State stop{};               ///< of early stopping
  std::optional<double> best{};          ///< value of the metric by which the best checkpoint was chosen
  std::uint64_t records = 0;             ///< an epoch's training records
  std::size_t replicas = 0;
  RecordedAs recorded{};
  double wall_s = 0;                  ///< since data began to flow, over all parts of the run
  double cpu_s = 0;                   ///< of all threads, likewise
  std::vector<StageSample> stages{};  ///< the data side's counters, likewise: node, type and total alone
};

[[nodiscard]] std::string to_text(const RunProgress& progress);
/// Error: damaged.
[[nodiscard]] Result<RunProgress> run_progress_of(std::string_view text);

}  // namespace feedline::inline training
