// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training; free of LibTorch.

#include "base/clock.h"
#include "telemetry/trace.h"
#include "training/ranks/rank_agreement.h"

#include <array>
#include <cstdint>
#include <vector>

namespace feedline::inline training {

/// The other ranks in the timeline of rank 0, a lane each: "rank 2 on node07". With each word a rank tells how long it
/// was in each phase; what has come since the one before is drawn as a slice a phase, in the order of a step, so that
/// the last ends where the words were heard. How long slices are is measured, where they stand within a step is not.
class RankLanes {
 public:
  /// Of the first ranks only: a lane costs 128 KiB.
  static constexpr std::size_t kMostLanes = 32;

  /// `trace` must live as long.
  RankLanes(Trace& trace, const RankAgreement& ranks);
  /// The words that rank 0 has heard at `now`. Again with the same: nothing.
  void add(const std::vector<RankWord>& words, Nanos now);

 private:
  struct One {
    std::size_t rank = 0;
    TraceLane* lane = nullptr;
    StepTimes told{};
    Nanos end = 0;  ///< of its newest slice
  };
  std::vector<One> lanes_{};
  std::array<std::uint16_t, kStepPhaseCount> labels_{};  ///< by phase
  Nanos heard_ = 0;
};

}  // namespace feedline::inline training
