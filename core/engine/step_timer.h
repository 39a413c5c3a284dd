// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/clock.h"
#include "telemetry/stage_meter.h"
#include "telemetry/trace.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace feedline::inline engine {

/// Where a worker writes its slices: its lane of the timeline, and the label of each node of its segment. No lane:
/// nowhere.
struct TimelineWriter {
  TraceLane* lane = nullptr;
  std::vector<std::uint16_t> labels{};
};

/// Splits one worker's time among the nodes of its segment, a tile of records at a time.
///
/// Wall time is read at every lap (about 30 ns). CPU time costs a system call (up to 600 ns), so it is read only once
/// in a millisecond, at first more often; until then it is owed. What laps in between share it by their wall time; if
/// less CPU than wall time was used (the thread waited for a disk, or had no core), the longest one is the one that
/// waited. How much of that was for want of a core the system tells. The little that a worker uses between stop() and
/// start() counts in.
class StepTimer {
 public:
  /// `nodes`: the worker's meter in each node of the segment, in order. None: only start() and stop() do something.
  StepTimer(const Clock& clock, std::vector<WorkerMeter*> nodes, TimelineWriter timeline = {});

  /// Work begins.
  void start();
  /// The time since start() or the last lap was spent on `node`, which finished `records`, the first of them `first`,
  /// and put out `bytes`. Returns that time.
  Nanos lap(std::size_t node, std::uint64_t records, std::uint64_t bytes, std::uint64_t first = 0);
  /// Records of `node` are about to be worked on; a lap() ends them. True: they take long enough for each to be timed
  /// by itself, by record(), which costs the reading of a clock; else they count with their mean.
  [[nodiscard]] bool begin(std::size_t node);
  /// This record is done.
  void record(std::size_t node, std::uint64_t record);
  /// The worker waits for its turn at `node` (a sequential one): that is time starved, no work. Follows a lap().
  void enter_wait(std::size_t node);
  void leave_wait(std::size_t node);
  /// What has passed since the last lap() is nobody's time.
  void skip();
  /// Publishes everything but CPU time that is still owed; work ends or a wait comes. Returns the wall time since
  /// start().
  Nanos stop();

 private:
  struct Lap {
    std::uint64_t records = 0;
    std::uint64_t bytes = 0;
    Nanos wall = 0;
    Nanos owed = 0;  ///< wall time that is published already, whose CPU time is not
  };
  void publish();
  void share_cpu();

  const Clock& clock_;
  std::vector<WorkerMeter*> nodes_;
  TimelineWriter timeline_;
  std::vector<Lap> open_;
  bool timed_ = false;  ///< those of this lap are
  Nanos record_from_ = 0;
  Nanos started_ = 0;
  Nanos last_ = 0;
  Nanos published_ = 0;
  Nanos settled_ = 0;               ///< when CPU time was read
  Nanos settled_cpu_ = -1;          ///< what it was; -1: never yet
  Nanos patience_ = 0;              ///< until it is read again
  Nanos settled_delay_ = 0;         ///< time without a core by then
  Nanos waited_from_ = -1;          ///< what it was when a wait began; -1: not known
  std::vector<Nanos> shares_;       ///< CPU time of each node
  std::vector<Nanos> delays_;       ///< time each was without a core
  std::vector<std::uint8_t> slow_;  ///< by node: its records are timed one by one
};

}  // namespace feedline::inline engine
