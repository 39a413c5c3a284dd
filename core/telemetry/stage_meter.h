// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/clock.h"
#include "telemetry/durations.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

namespace feedline::inline telemetry {

/// What a worker is doing right now.
enum class WorkerState : std::uint8_t { Idle, Busy, Starved, Blocked };

/// Totals of one worker or stage since the start. Never reset: readers subtract two of them.
struct StageCounters {
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;  ///< bytes put out
  Nanos cpu = 0;            ///< thread CPU time while busy
  Nanos busy = 0;           ///< wall time while busy
  Nanos delayed = 0;        ///< the part of `busy` without a core, though there was something to compute
  Nanos starved = 0;        ///< wall time waiting for input
  Nanos blocked = 0;        ///< wall time waiting for room at the output

  StageCounters& operator+=(const StageCounters& other);
  [[nodiscard]] StageCounters operator-(const StageCounters& earlier) const;
};

/// The meter of one worker in one stage: cache lines of its own, of relaxed atomics with one writer. Reading never
/// stops the worker. An open wait counts at once, because the state and its start are published too.
class alignas(64) WorkerMeter {
 public:
  /// Adds finished work.
  void add_work(std::uint64_t records, std::uint64_t bytes, Nanos busy, Nanos cpu, Nanos delayed = 0);
  /// Opens a wait; close it with leave_wait().
  void enter_wait(WorkerState state, Nanos now);
  void leave_wait(Nanos now);
  /// Totals at `now`, an open wait included; never negative. Later reads give no less, but for one case: a worker that
  /// is preempted between the end of a wait and its leave_wait() is taken to wait until then.
  [[nodiscard]] StageCounters read(Nanos now) const;

  DurationMeter durations{};  ///< of single records

 private:
  /// A total that may be open: one word, so a reader can never catch it half updated. Closed: 2 * total.
  /// Open since t: 2 * (total - t) + 1, which at any later moment stands for total + (now - t).
  using OpenTotal = std::atomic<Nanos>;
  [[nodiscard]] Nanos waited(const OpenTotal& total, Nanos now) const;

  std::atomic<std::uint64_t> records_{0};
  std::atomic<std::uint64_t> bytes_{0};
  std::atomic<Nanos> cpu_{0};
  std::atomic<Nanos> busy_{0};
  std::atomic<Nanos> delayed_{0};
  OpenTotal starved_{0};
  OpenTotal blocked_{0};
  std::atomic<Nanos> since_{0};
  WorkerState state_ = WorkerState::Idle;  ///< the writer's own
};

/// The meter of one node: a WorkerMeter for each worker that carries it, or has carried it. Thread-safe.
class StageMeter {
 public:
  StageMeter(std::string node, std::string type, std::size_t workers);

  /// Made when first asked for; it stays where it is.
  [[nodiscard]] WorkerMeter& worker(std::size_t i);
  [[nodiscard]] std::size_t workers() const;
  [[nodiscard]] StageCounters read(Nanos now) const;
  [[nodiscard]] Durations durations() const;
  /// One a worker, in the order of their places.
  [[nodiscard]] std::vector<StageCounters> read_workers(Nanos now) const;
  [[nodiscard]] const std::string& node() const { return node_; }
  [[nodiscard]] const std::string& type() const { return type_; }

 private:
  std::string node_;
  std::string type_;
  mutable std::mutex mutex_{};  ///< of the list; workers and their readers never wait for each other
  std::deque<WorkerMeter> workers_;
};

}  // namespace feedline::inline telemetry
