// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training; free of LibTorch.

#include "base/clock.h"
#include "base/results.h"
#include "training/checkpoint_options.h"
#include "training/checkpoint_writer.h"
#include "training/run_progress.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace feedline::inline training {

/// When a run takes a checkpoint, and which is the best. For the run's thread.
class CheckpointKeeper {
 public:
  CheckpointKeeper(const CheckpointOptions& options, std::function<void(const Error&)> on_fault);

  /// Goes on from a checkpoint that was taken at this step of a run that was recorded so.
  void resume(std::uint64_t step, std::optional<double> best, const RecordedAs& recorded);
  /// A step has ended inside an epoch: is a checkpoint to be taken? One that falls due while the last is still being
  /// written is taken when that is done.
  [[nodiscard]] bool due(std::uint64_t step);
  /// An epoch has ended. `best`: it is the best so far, by a metric of its own.
  struct Due {
    bool numbered = false;
    bool best = false;
    [[nodiscard]] bool any() const { return numbered || best; }
  };
  [[nodiscard]] Due due(std::uint64_t step, const EpochResult& epoch);
  /// The run ends: false where the newest one was taken at this very step.
  [[nodiscard]] bool due_at_end(std::uint64_t step) const { return step != taken_at_step_ && step > 0; }

  /// Without an interval of the user's own, the best of very short epochs are not all written: the newest of them is
  /// held until the next one may be, a numbered one is, or the run ends.
  void write(std::shared_ptr<const TrainingState> state, const Due& as);
  /// Waits until all is on the disk.
  void finish();
  [[nodiscard]] std::optional<double> best_value() const { return best_; }
  /// As the run stands in the record; where it is not there (yet), as the checkpoint from which it goes on has it.
  [[nodiscard]] RecordedAs recorded() const;
  [[nodiscard]] std::string newest() const { return writer_.newest(); }
  [[nodiscard]] std::string best() const { return writer_.best(); }

 private:
  void write_held();
  [[nodiscard]] bool interval_over(std::uint64_t step) const;
  [[nodiscard]] bool is_best(const EpochResult& epoch);

  const CheckpointOptions options_;
  const bool by_default_;  ///< no interval of the user's own
  CheckpointWriter writer_;
  std::optional<double> best_{};
  std::optional<Nanos> best_at_{};
  std::shared_ptr<const TrainingState> held_best_{};
  RecordedAs recorded_before_{};
  std::uint64_t taken_at_step_ = 0;
  Nanos taken_at_;
  std::uint32_t epochs_since_ = 0;
};

/// The metric by which the best of these is chosen; null: nothing was measured. See CheckpointOptions::best_by.
[[nodiscard]] const MetricValue* judged_by(const Metrics& metrics, const std::string& best_by);

}  // namespace feedline::inline training
