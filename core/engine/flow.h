// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "engine/batch_window.h"
#include "engine/buffer_pool.h"
#include "engine/chunk_queue.h"
#include "engine/dispenser.h"
#include "engine/segments.h"
#include "telemetry/stage_meter.h"

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace feedline {

/// One worker's place: which segment, and where its waits are written down. A segment waits for input on
/// behalf of its first node, and for room at its output on behalf of its last one: a queue that is empty
/// tells on the node behind it, a queue (or a prefetch window) that is full on the node before it.
struct Seat {
  std::size_t segment = 0;
  WorkerMeter* first = nullptr;
  WorkerMeter* last = nullptr;
};

/// What moves between the workers: tickets, chunks and batches. All waiting happens here, on condition
/// variables under one lock that is held for the hand-over of a chunk only; no work is done under it.
///
/// A worker takes the oldest chunk before its segment, and only once there is room behind the segment, so the
/// oldest unfinished chunk can always go on and nothing deadlocks. The last segment's room is the prefetch
/// window.
class Flow {
 public:
  struct Limits {
    std::size_t queue_chunks = 8;
    std::size_t queue_bytes = std::size_t{64} << 20;
    std::size_t chunk_share = ChunkSizer::kMax;  ///< see ChunkSizer
    std::size_t prefetch = 4;
  };

  Flow(Dispenser dispenser, const Cut& cut, std::shared_ptr<BufferPool> pool, Limits limits,
       const Clock& clock);

  /// The next chunk for a worker; waits for it. Null: there is nothing more to do, or the run has ended.
  [[nodiscard]] Chunk* take(const Seat& seat);
  /// The worker is done with the chunk. Returns its batch if this was the last chunk of it: the caller then
  /// closes it up and calls finish().
  [[nodiscard]] BatchWork* put(const Seat& seat, Chunk* chunk);
  void finish(BatchWork* batch);

  /// The next batch in order, its buffer included; waits for it. Null: all epochs are done. Errors: see
  /// fail(), stop().
  [[nodiscard]] Result<std::unique_ptr<BatchWork>> next();
  void recycle(std::unique_ptr<BatchWork> batch);

  void pause(bool on);
  /// Ends everything: take() returns null, next() Cancelled.
  void stop();
  /// The same, but next() returns this error; the first one counts.
  void fail(Error error);
  [[nodiscard]] const std::atomic<bool>& stopping() const { return ended_; }
  /// Fill of what stands behind a segment, 0..1.
  [[nodiscard]] double fill(std::size_t segment) const;

 private:
  enum class Turn { Take, Starved, Blocked, Resting, Over };
  [[nodiscard]] Turn turn(std::size_t segment) const;
  [[nodiscard]] bool room_behind(std::size_t segment, std::uint64_t sequence) const;
  [[nodiscard]] Chunk* new_chunk();
  void wait(std::unique_lock<std::mutex>& lock, const Seat& seat, Turn why);
  void end();

  const Cut& cut_;
  const Clock& clock_;
  std::shared_ptr<BufferPool> pool_;

  mutable std::mutex mutex_{};
  std::vector<std::condition_variable> workers_;  ///< one a segment
  std::condition_variable consumer_{};
  Dispenser dispenser_;
  ChunkSizer sizer_;
  BatchWindow window_;
  std::deque<ChunkQueue> queues_{};    ///< queues_[s] stands behind segment s; the last segment has none
  std::vector<std::uint64_t> passed_;  ///< chunks that each segment has taken
  std::uint64_t issued_ = 0;
  std::vector<std::unique_ptr<Chunk>> chunks_{};
  std::vector<Chunk*> idle_chunks_{};
  bool paused_ = false;
  bool stopped_ = false;
  std::optional<Error> failure_{};
  std::atomic<bool> ended_{false};
};

}  // namespace feedline
