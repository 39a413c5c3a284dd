// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/pipeline_state.h"
#include "engine/worker_pool.h"

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

namespace feedline::inline engine {

/// How long a record has been seen in one place. A process that was suspended sees a long time pass at once: that is
/// no reason to give a record up, so several looks count, not the time alone.
class Observation {
 public:
  static constexpr int kLooks = 4;
  /// What is seen now. Returns for how long it has been seen, at least.
  Nanos look(Heartbeat::Doing doing, Nanos now);
  [[nodiscard]] bool enough() const { return looks_ >= kLooks; }
  /// True once for each thing that is seen.
  [[nodiscard]] bool first_report();

 private:
  Heartbeat::Doing doing_ = Heartbeat::kNothing;
  Nanos since_ = 0;
  int looks_ = 0;
  bool reported_ = false;
};

/// Looks a few times within slow_seconds at what every worker is doing, and deals with a record that is slow: one that
/// a node has worked on for longer than slow_seconds and longer than slow_factor medians of what it took lately over
/// one record (of up to 16 tiles a worker; as long as nothing is known, the seconds alone count).
///
/// on_slow:
/// - wait: names node and file, once a record (PipelineOptions::on_notice).
/// - skip: the record is left out as a bad record.
/// - retry: the same, but it is tried once more first.
/// - stop: the run fails, naming node and file.
///
/// It also passes on that a worker has been waiting for the machine for a second (Heartbeat::complain()).
///
/// skip and retry give the stuck thread up: another takes its place and does the rest of the chunk anew, in memory that
/// the stuck one does not know; when that one comes back after all, what it has done is dropped. Every other row has
/// the same bytes as ever. Whether a record was slow is not the same each time, so a run that left one out may differ
/// from the next.
class Watchdog {
 public:
  Watchdog(std::shared_ptr<PipelineState> state, WorkerPool& worker_pool);

 private:
  enum class Policy { Wait, Skip, Retry, Stop };
  [[nodiscard]] static Policy policy_of(const std::string& name);
  void watch(const std::stop_token& stop) noexcept;
  void look_at(const WorkerPool::Worker& worker, Observation& observation);
  void pass_on(const WorkerPool::Worker& worker);
  void deal_with(const WorkerPool::Worker& worker, Heartbeat::Doing doing, Nanos lasted, Nanos usual,
                 Observation& observation);
  [[nodiscard]] Nanos usual_time(std::size_t segment, std::size_t node) const;
  void notice(Error error) const;

  std::shared_ptr<PipelineState> state_;
  WorkerPool& worker_pool_;
  Policy policy_;
  Nanos patience_;
  std::map<const Heartbeat*, Observation> observations_{};
  std::optional<Nanos> told_{};  ///< when a worker's complaint was passed on
  std::mutex mutex_{};
  std::condition_variable_any wake_{};
  std::jthread thread_{};  // last: it uses the others
};

}  // namespace feedline::inline engine
