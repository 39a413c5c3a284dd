// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "telemetry/snapshot.h"

#include <QString>

#include <map>
#include <string>
#include <string_view>

namespace feedline::gui::inline canvas {

/// What flows through a wire while a run is on. In steps that the eye can follow, so that a wire is drawn anew only
/// when it looks different.
struct WireFlow {
  double share = 0;  ///< 0 to 1, in eighths: how wide it is, by the logarithm of records per second (1 to 100,000)
  int fill = -1;     ///< of the queue that stands in it, in percent and tens; -1: none does
  bool moves = false;
  QString word{};  ///< "full", "40 %", "empty"; nothing without a queue
  QString tip{};   ///< the same in a sentence, with the rate
  bool operator==(const WireFlow& other) const {
    return share == other.share && fill == other.fill && moves == other.moves;
  }
};

/// The flows between two snapshots. Nodes are named by their paths; of a sub-graph the last stage in it counts.
class FlowMaker {
 public:
  FlowMaker(const Snapshot& earlier, const Snapshot& now);
  [[nodiscard]] WireFlow flow(const std::string& from, const std::string& to) const;

 private:
  [[nodiscard]] int stage_of(const std::string& path) const;  ///< its index, or -1
  [[nodiscard]] double rate_of(std::size_t stage) const;

  const Snapshot& earlier_;
  const Snapshot& now_;
  double dt_;
  std::map<std::string_view, std::size_t> stages_{};
};

}  // namespace feedline::gui::inline canvas
