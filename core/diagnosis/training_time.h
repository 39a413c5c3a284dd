// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "diagnosis/verdict.h"
#include "telemetry/snapshot.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace feedline::inline diagnosis {

/// Are the first steps over, which set up memory and kernels? `lasted`: since the first of them.
[[nodiscard]] bool warmed_up(std::uint64_t steps, Nanos lasted);

/// A run's counters as if it had done nothing but train: of each interval between two snapshots, the share in which the
/// trainer validated, fitted, rested or was suspended is taken off all that was counted meanwhile. So training time
/// adds up across validation, epochs and pauses, however short the epochs are.
class TrainingTime {
 public:
  /// Takes the next snapshot of the run, in order, as often as there is one; ignored before data flow. Returns what it
  /// says of training alone: `at` counts training time, and `trainer` knows no validation.
  const Snapshot& add(const Snapshot& now);
  void reset();

  /// The first steps, which set up memory and kernels, are over.
  [[nodiscard]] bool warm() const { return warm_.has_value(); }
  [[nodiscard]] const Snapshot& newest() const { return newest_; }
  /// The verdict on all that was trained after the warm-up; in a run too short for that, on all since `first`
  /// (RunResult::first). NotYet in a run of fewer than kStepsNeeded steps.
  [[nodiscard]] Diagnosis whole(const RunFacts& facts, const Snapshot& first) const;

 private:
  /// Sums of what is taken off; not whole numbers, so that many small shares leave no error.
  struct Away {
    double at = 0;
    double cpu = 0;
    double cores_busy = 0;
    double disk_bytes = 0;
    double record_errors = 0;
  };
  struct StageAway {
    double records = 0;
    double bytes = 0;
    double cpu = 0;
    double busy = 0;
    double delayed = 0;
    double starved = 0;
    double blocked = 0;
  };
  void take_off(const Snapshot& from, const Snapshot& to, double share);
  [[nodiscard]] Snapshot training_only(const Snapshot& now) const;

  std::optional<Snapshot> last_{};  ///< as it came
  Snapshot newest_{};
  std::optional<Snapshot> warm_{};
  Nanos first_step_ = 0;
  Away away_{};
  std::vector<StageAway> stages_away_{};
};

}  // namespace feedline::inline diagnosis
