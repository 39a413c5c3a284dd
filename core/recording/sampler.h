// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to recording.

#include "telemetry/snapshot.h"

#include <string>
#include <vector>

namespace feedline::inline recording {

/// Turns successive snapshots into rows of a SeriesTable: what a run did between two of them.
class Sampler {
 public:
  /// Names of the columns, once they are known: when data have begun to flow.
  [[nodiscard]] const std::vector<std::string>& columns() const { return columns_; }
  /// The row since the last one; empty where there is none to be had, or where it would be shorter than `interval`.
  [[nodiscard]] std::vector<double> row(const Snapshot& now, Nanos interval);

 private:
  void begin(const Snapshot& now);
  [[nodiscard]] double rate(const Snapshot& now);

  std::vector<std::string> columns_{};
  Metrics metrics_{};        ///< that have a column
  Snapshot last_{};          ///< without its curve
  TrainerSample stepped_{};  ///< when a step was seen to have ended, and when that was
  Nanos stepped_at_ = 0;
  double rate_ = 0;
};

}  // namespace feedline::inline recording
