// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "telemetry/snapshot.h"

#include <cstddef>
#include <optional>
#include <vector>

namespace feedline::inline telemetry {

/// Two snapshots of one run, a little apart: what happened between them.
struct Moment {
  Snapshot earlier{};
  Snapshot now{};
};

/// Snapshots of a run of any length, so that a view can show it as it was at any time: two a second at first; when
/// full, every other one is dropped and twice as much time lies between them from then on. Without curves and process.
class SnapshotHistory {
 public:
  explicit SnapshotHistory(std::size_t most = 512, double interval_s = 0.5);

  void clear();
  void add(const Snapshot& now);
  /// Between the snapshots about so many seconds after data began to flow, about a second apart or as near as they were
  /// kept. None: nothing is known of that time.
  [[nodiscard]] std::optional<Moment> at(double seconds) const;
  [[nodiscard]] std::size_t size() const { return kept_.size(); }

 private:
  std::size_t most_;
  double first_interval_;
  double interval_;
  std::vector<Snapshot> kept_{};
};

}  // namespace feedline::inline telemetry
