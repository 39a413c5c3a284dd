// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/flow.h"

#include <utility>

namespace feedline {

Flow::Flow(Dispenser dispenser, const Cut& cut, std::shared_ptr<BufferPool> pool, Limits limits,
           const Clock& clock)
    : cut_(cut),
      clock_(clock),
      pool_(std::move(pool)),
      workers_(cut.segments.size()),
      dispenser_(dispenser),
      sizer_(limits.chunk_share),
      window_(limits.prefetch),
      passed_(cut.segments.size(), 0) {
  for (std::size_t i = 0; i + 1 < cut.segments.size(); ++i)
    queues_.emplace_back(limits.queue_chunks, limits.queue_bytes);
}

Chunk* Flow::take(const Seat& seat) {
  std::unique_lock lock(mutex_);
  for (Turn now = turn(seat.segment); now != Turn::Take; now = turn(seat.segment)) {
    if (now == Turn::Over) return nullptr;
    wait(lock, seat, now);
  }
  Chunk* chunk = seat.segment == 0 ? new_chunk() : queues_[seat.segment - 1].pop();
  ++passed_[seat.segment];
  if (cut_.segments[seat.segment].collates && !chunk->batch->buffer) chunk->batch->buffer = pool_->acquire();
  if (seat.segment > 0) workers_[seat.segment - 1].notify_all();
  const bool drained = dispenser_.done() && passed_[seat.segment] == issued_;
  if (drained) workers_[seat.segment].notify_all();
  return chunk;
}

Flow::Turn Flow::turn(std::size_t segment) const {
  if (ended_.load(std::memory_order_relaxed)) return Turn::Over;
  if (paused_) return Turn::Resting;
  if (segment == 0) {
    if (dispenser_.done()) return Turn::Over;
    return room_behind(0, issued_) ? Turn::Take : Turn::Blocked;
  }
  const Chunk* head = queues_[segment - 1].head();
  if (head == nullptr) return dispenser_.done() && passed_[segment] == issued_ ? Turn::Over : Turn::Starved;
  if (cut_.segments[segment].collates)
    return window_.admits(head->batch->number) ? Turn::Take : Turn::Blocked;
  return room_behind(segment, head->sequence) ? Turn::Take : Turn::Blocked;
}

bool Flow::room_behind(std::size_t segment, std::uint64_t sequence) const {
  return segment < queues_.size() ? queues_[segment].admits(sequence) : window_.admits(dispenser_.batch());
}

Chunk* Flow::new_chunk() {
  if (idle_chunks_.empty()) {
    chunks_.push_back(std::make_unique<Chunk>());
    idle_chunks_.reserve(chunks_.size());
    idle_chunks_.push_back(chunks_.back().get());
  }
  Chunk* chunk = idle_chunks_.back();
  idle_chunks_.pop_back();
  const Ticket ticket = *dispenser_.next(sizer_.records());
  chunk->sequence = issued_++;
  chunk->batch = window_.open(ticket);
  chunk->row = ticket.row;
  chunk->count = ticket.count;
  chunk->bytes = 0;
  chunk->work = 0;
  return chunk;
}

void Flow::wait(std::unique_lock<std::mutex>& lock, const Seat& seat, Turn why) {
  WorkerMeter* meter = why == Turn::Blocked ? seat.last : seat.first;
  const WorkerState state = why == Turn::Blocked   ? WorkerState::Blocked
                            : why == Turn::Starved ? WorkerState::Starved
                                                   : WorkerState::Idle;
  meter->enter_wait(state, clock_.now());
  workers_[seat.segment].wait(lock);
  meter->leave_wait(clock_.now());
}

BatchWork* Flow::put(const Seat& seat, Chunk* chunk) {
  const std::lock_guard lock(mutex_);
  if (seat.segment < queues_.size()) {
    queues_[seat.segment].put(chunk);
    workers_[seat.segment + 1].notify_one();
    return nullptr;
  }
  sizer_.measured(chunk->count, chunk->work);
  BatchWork* batch = chunk->batch;
  batch->open_rows -= chunk->count;
  idle_chunks_.push_back(chunk);
  return batch->open_rows == 0 ? batch : nullptr;
}

void Flow::finish(BatchWork* batch) {
  const std::lock_guard lock(mutex_);
  batch->finished = true;
  if (window_.ready() == batch) consumer_.notify_all();
}

Result<std::unique_ptr<BatchWork>> Flow::next() {
  std::unique_lock lock(mutex_);
  consumer_.wait(lock, [this] {
    return stopped_ || failure_ || window_.ready() != nullptr || (dispenser_.done() && window_.empty());
  });
  if (failure_) return tl::unexpected<Error>(*failure_);
  if (stopped_) return tl::unexpected<Error>({.code = ErrorCode::Cancelled, .reason = "the run was stopped"});
  if (window_.ready() == nullptr) return nullptr;
  std::unique_ptr<BatchWork> batch = window_.take();
  workers_.back().notify_all();
  return batch;
}

void Flow::recycle(std::unique_ptr<BatchWork> batch) {
  const std::lock_guard lock(mutex_);
  window_.recycle(std::move(batch));
}

void Flow::pause(bool on) {
  const std::lock_guard lock(mutex_);
  paused_ = on;
  for (auto& segment : workers_) segment.notify_all();
}

void Flow::stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  end();
}

void Flow::fail(Error error) {
  const std::lock_guard lock(mutex_);
  if (!failure_) failure_ = std::move(error);
  end();
}

void Flow::end() {
  ended_.store(true, std::memory_order_relaxed);
  for (auto& segment : workers_) segment.notify_all();
  consumer_.notify_all();
}

double Flow::fill(std::size_t segment) const {
  const std::lock_guard lock(mutex_);
  return segment < queues_.size() ? queues_[segment].fill() : window_.fill();
}

}  // namespace feedline
