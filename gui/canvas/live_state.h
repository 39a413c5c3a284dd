// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "telemetry/snapshot.h"

#include <QString>

#include <map>
#include <string>

namespace feedline::gui::inline canvas {

/// What a node shows while a run is on: a rate, a word, and how its workers spent the last second.
struct LiveState {
  /// What its workers mostly do.
  enum class Mood { Idle, Busy, Starved, Blocked };
  QString rate{};        ///< "1,240/s"
  QString short_rate{};  ///< the same for little room; empty: there is no shorter form
  QString detail{};      ///< "82 % busy", "loss 0.512"
  QString brief{};       ///< beside the rate where there is no room for `detail`: "×3" workers of a staged run
  double busy = 0;       ///< parts of worker time, together at most 1
  double starved = 0;
  double blocked = 0;
  Mood mood = Mood::Idle;
  QString cost{};           ///< "1.2 ms · 34 % CPU": time of a worker a record, and of one core
  double per_second = 0;    ///< records or steps: for a sparkline; not compared
  bool measured = false;    ///< its records are timed: there is a distribution to show
  bool bottleneck = false;  ///< what the verdict names
  bool operator==(const LiveState& other) const;
};

/// The live state of every stage (by node id) between two snapshots. `trainer` is the trainer node's id, which shows
/// steps per second and loss; in a `staged` run every stage shows its workers. The trainer's bar
/// shows waiting for batches as starved and the rest of the step as busy. `bottleneck`: the node that the verdict
/// names, as the run knows it; empty: none is marked.
[[nodiscard]] std::map<std::string, LiveState, std::less<>> live_states(const Snapshot& earlier, const Snapshot& now,
                                                                        const std::string& trainer, bool staged = false,
                                                                        const std::string& bottleneck = {});

/// The state of the node at this path: its own, in a repeated sub-graph the first copy's; of a sub-graph, that of the
/// bottleneck or else the busiest node in it. Null if it has none.
[[nodiscard]] const LiveState* live_state_at(const std::map<std::string, LiveState, std::less<>>& states,
                                             const std::string& path);

}  // namespace feedline::gui::inline canvas
