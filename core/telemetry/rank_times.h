// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "telemetry/snapshot.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline telemetry {

/// What one rank did between two snapshots of a run, validation left out: what is shown, written and judged of it.
struct RankTimes {
  int rank = 0;
  std::string host{};
  std::int64_t process = 0;
  std::uint64_t steps = 0;
  std::uint64_t samples = 0;
  double samples_per_s = 0;  ///< of its own samples
  ByPhase<double> step{};    ///< seconds a step
  double loader_cpu = 0;     ///< CPU seconds of its data side, a step
  std::uint64_t rss_bytes = 0;
  std::string slowest_stage{};
  double round_trip = 0;  ///< seconds; 0: not measured
  double silent = 0;      ///< seconds since it was heard

  /// Seconds a step for which the others may have to wait: all but its own waiting for them.
  [[nodiscard]] double own() const { return step.total() - step[Phase::Reduce]; }
  /// Of its time, 0..1.
  [[nodiscard]] double share(Phase phase) const { return step.total() > 0 ? step[phase] / step.total() : 0; }
};

/// By rank; empty where a process trains alone. One that made no step in between keeps zeros.
[[nodiscard]] std::vector<RankTimes> rank_times(const Snapshot& earlier, const Snapshot& now);

/// Which part of a rank holds the others up.
enum class RankPart { Loader, Step, Network };
/// For JSON and tables: loader, step, network.
[[nodiscard]] std::string_view name(RankPart part);

/// The rank for which the others wait.
struct Straggler {
  int rank = 0;
  RankPart part = RankPart::Step;
  double excess = 0;    ///< seconds a step that this part takes longer than the median of the others
  double share = 0;     ///< of a step of the others, that they wait for it, 0..1
  std::string stage{};  ///< of a slow loader: the node that takes most of its time; empty: not known
};

/// All ranks end a step together, so whoever works longest waits least: the one whose own time is longer than the
/// median of the others' by a tenth of the step or more, and of it the part that differs most. Where all work equally
/// long and still wait for each other, the one whose messages take over three times as long as the others', if it is
/// known. None with fewer than two ranks that made steps.
[[nodiscard]] std::optional<Straggler> find_straggler(std::span<const RankTimes> ranks);

/// Seconds a step that the exchange itself takes beside all computing: the waiting of the rank that waits least, since
/// nobody is late for it.
[[nodiscard]] double exchange_wait(std::span<const RankTimes> ranks);

}  // namespace feedline::inline telemetry
