// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "engine/batch_sampler.h"
#include "engine/batch_window.h"
#include "engine/buffer_pool.h"
#include "engine/chunk_queue.h"
#include "engine/heartbeat.h"
#include "engine/virtual_speedup.h"
#include "plan/segments.h"
#include "telemetry/stage_meter.h"
#include "telemetry/trace.h"

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace feedline::inline engine {

/// One worker's place: which segment, and where its waits are written down. A segment waits for input on
/// behalf of its first node, and for room at its output on behalf of its last one: a queue that is empty
/// tells on the node behind it, a queue (or a prefetch window) that is full on the node before it.
struct WorkerContext {
  std::size_t segment = 0;
  Heartbeat* heartbeat = nullptr;
  WorkerMeter* first = nullptr;  ///< null: nothing is measured
  WorkerMeter* last = nullptr;
  TraceLane* lane = nullptr;  ///< null: no timeline
  std::uint16_t first_label = 0;
  std::uint16_t last_label = 0;
  VirtualSpeedup::Account* account = nullptr;
};

/// What moves between the workers: row ranges, chunks and batches. All waiting happens here, on condition
/// variables under one lock that is held for the hand-over of a chunk only; no work is done under it.
///
/// A worker takes the oldest chunk before its segment, and only once there is room behind the segment, so the
/// oldest unfinished chunk can always go on and nothing deadlocks. The last segment's room is the prefetch
/// window.
class Flow {
 public:
  struct Limits {
    std::size_t queue_bytes = std::size_t{64} << 20;
    std::size_t batch = 1;  ///< records a batch
    std::size_t prefetch = 4;
  };

  Flow(BatchSampler sampler, const SegmentLayout& layout, std::shared_ptr<BufferPool> pool, Limits limits,
       const Clock& clock);

  /// How full each queue is, and at last how many batches are ready, is written down here from now on: one lane a
  /// segment. Before anybody works.
  void write_levels(std::vector<TraceLane*> lanes) { levels_ = std::move(lanes); }

  // For workers.

  /// The next chunk for a worker; waits for it. Null: the worker is to leave, because there is nothing more to do, the
  /// run has ended, fewer workers are wanted, or this one was abandoned.
  [[nodiscard]] Chunk* take(const WorkerContext& context);
  /// The worker is done with the chunk. Returns its batch if this was the last chunk of it: the caller then
  /// closes it up and calls finish(). An abandoned worker's chunk is dropped.
  [[nodiscard]] BatchWork* put(const WorkerContext& context, Chunk* chunk);
  void finish(BatchWork* batch);

  // For the worker pool and the watchdog.

  /// Sets how many workers a segment has. Returns how many must be started for it; they count as present from now on.
  [[nodiscard]] std::size_t set_workers(std::size_t segment, std::size_t workers);
  /// A worker could not be started after all.
  void missing(std::size_t segment);
  [[nodiscard]] std::size_t workers(std::size_t segment) const;
  /// The record that a worker has in hand, if it is still doing this.
  [[nodiscard]] std::optional<std::uint64_t> record_of(const Heartbeat& heartbeat, Heartbeat::Doing doing,
                                                       const SamplerPlan& sampler) const;
  enum class Verdict { Gone, Again, LeftOut };
  /// Takes the chunk away from a worker that is stuck in a record, for another worker to do it anew, in memory that the
  /// stuck one does not know: the record is left out for the reason `slow`, or tried once more if `again` and it was
  /// not yet. The caller starts a worker in the stuck one's place. Gone: the worker has moved on meanwhile. Throws
  /// std::bad_alloc.
  [[nodiscard]] Verdict abandon(std::size_t segment, Heartbeat& heartbeat, Heartbeat::Doing doing, std::uint64_t record,
                                Error slow, bool again);

  // For the consumer.

  /// The next batch in order, its buffer included; waits for it. Null: all epochs are done. Errors: see
  /// fail(), stop(). A consumer that must wait for batches of a few microseconds each is woken for several at once,
  /// half a window at most and a millisecond late at most: on two cores, being woken for each of them takes a tenth
  /// of what the workers have.
  [[nodiscard]] Result<std::unique_ptr<BatchWork>> next();
  void recycle(std::unique_ptr<BatchWork> batch);

  void pause(bool on);
  /// Ends everything: take() returns null, next() Cancelled.
  void stop();
  /// The same, but next() returns this error; the first one counts.
  void fail(Error error);
  [[nodiscard]] const std::atomic<bool>& stopping() const { return ended_; }
  /// What waits behind a segment.
  [[nodiscard]] QueueLevel level(std::size_t segment) const;

 private:
  enum class Turn { Take, Starved, Blocked, Resting, Over };
  [[nodiscard]] Turn turn(std::size_t segment) const;
  [[nodiscard]] bool room_behind(std::size_t segment, std::uint64_t sequence) const;
  [[nodiscard]] bool consumer_may_go_on() const;
  [[nodiscard]] std::size_t worth_waking() const;
  [[nodiscard]] Chunk* new_chunk();
  [[nodiscard]] std::shared_ptr<Chunk> replacement(std::size_t segment, const Chunk& chunk);
  void wait(std::unique_lock<std::mutex>& lock, const WorkerContext& context, Turn why);
  void write_level(std::size_t segment);
  void share_out();
  void end();

  /// Who works for a segment.
  struct Staffing {
    std::size_t wanted = 0;
    std::size_t present = 0;
    std::deque<Chunk*> anew{};  ///< chunks that were taken away from stuck workers
  };

  const SegmentLayout& layout_;
  const Clock& clock_;
  Limits limits_;
  std::shared_ptr<BufferPool> pool_;

  mutable std::mutex mutex_{};
  std::vector<std::condition_variable> workers_;  ///< one a segment
  std::vector<Staffing> staffing_;                ///< one a segment
  std::vector<TraceLane*> levels_{};              ///< one a segment, or none
  std::condition_variable consumer_{};
  std::size_t wake_for_ = 1;  ///< the consumer waits for so many finished batches
  BatchSampler sampler_;
  ChunkSizer sizer_;
  BatchWindow window_;
  std::deque<ChunkQueue> queues_{};    ///< queues_[s] stands behind segment s; the last segment has none
  std::vector<std::uint64_t> passed_;  ///< chunks that each segment has taken
  std::uint64_t issued_ = 0;
  std::vector<std::shared_ptr<Chunk>> chunks_{};
  std::vector<Chunk*> idle_chunks_{};
  bool paused_ = false;
  bool stopped_ = false;
  std::optional<Error> failure_{};
  std::atomic<bool> ended_{false};
};

}  // namespace feedline::inline engine
