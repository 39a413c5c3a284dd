// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/heartbeat.h"
#include "engine/pipeline_state.h"

#include <cstddef>
#include <memory>
#include <vector>

namespace feedline::inline engine {

/// The worker threads of a pipeline. Threads cannot be killed: one that does not come back from a node's code is given
/// up, with its share of the PipelineState, and another takes its place.
class WorkerPool {
 public:
  /// How long the end of a pipeline waits for threads that are inside a node's code.
  static constexpr Nanos kFarewell = 2'000'000'000;
  /// So many threads may be stuck at the same time; the run fails when there would be more.
  static constexpr std::size_t kMostStuck = 64;

  /// Starts everybody. A thread that cannot be started fails the run.
  explicit WorkerPool(std::shared_ptr<PipelineState> state);
  /// Waits kFarewell for those who are busy, then leaves them to themselves. Stop the flow first.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// From any thread. Returns how many workers the segment has now.
  std::size_t set_workers(std::size_t segment, std::size_t workers);

  /// One more worker in the place of an abandoned one. False: too many are stuck.
  [[nodiscard]] bool replace(std::size_t segment);

  struct Worker {
    std::size_t segment = 0;
    std::shared_ptr<Heartbeat> heartbeat{};
  };
  /// Who is at work, stuck ones that were abandoned left out.
  [[nodiscard]] std::vector<Worker> workers() const;

 private:
  struct Member;
  struct Roster;
  [[nodiscard]] bool start(std::size_t segment);

  std::shared_ptr<PipelineState> state_;
  std::shared_ptr<Roster> roster_;
};

}  // namespace feedline::inline engine
