// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/flow.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace feedline::inline engine {
namespace {

/// Being woken costs some 10 us of a core: once in this time, it costs next to nothing.
constexpr double kWakeNanos = 1e6;

}  // namespace

Flow::Flow(BatchSampler sampler, const SegmentLayout& layout, std::shared_ptr<BufferPool> pool, Limits limits,
           const Clock& clock)
    : layout_(layout),
      clock_(clock),
      limits_(limits),
      pool_(std::move(pool)),
      workers_(layout.segments.size()),
      staffing_(layout.segments.size()),
      sampler_(sampler),
      sizer_(ChunkSizer::kMax),
      window_(limits.prefetch),
      passed_(layout.segments.size(), 0) {
  for (std::size_t s = 0; s < layout.segments.size(); ++s) staffing_[s].wanted = layout.segments[s].workers;
  for (std::size_t s = 0; s + 1 < layout.segments.size(); ++s) queues_.emplace_back(1, limits.queue_bytes);
  share_out();
}

/// Every worker finds work: room in the queues beside it, and a part of the prefetch window.
void Flow::share_out() {
  std::size_t most = 1;
  for (std::size_t s = 0; s < staffing_.size(); ++s) {
    most = std::max(most, staffing_[s].wanted);
    if (s < queues_.size()) queues_[s].widen(2 * std::max(staffing_[s].wanted, staffing_[s + 1].wanted) + 2);
  }
  sizer_.set_share(std::max<std::size_t>(limits_.batch * std::max<std::size_t>(limits_.prefetch, 1) / (2 * most), 1));
}

Chunk* Flow::take(const WorkerContext& context) {
  std::unique_lock lock(mutex_);
  Staffing& staffing = staffing_[context.segment];
  for (;;) {
    if (context.heartbeat->abandoned()) return nullptr;  // another one has its place
    const Turn now = turn(context.segment);
    if (now == Turn::Over || staffing.present > staffing.wanted) {
      --staffing.present;
      workers_[context.segment].notify_one();  // whatever this one was woken for
      return nullptr;
    }
    if (now == Turn::Take) break;
    wait(lock, context, now);
  }
  Chunk* chunk = nullptr;
  if (!staffing.anew.empty()) {
    chunk = staffing.anew.front();
    staffing.anew.pop_front();
  } else {
    chunk = context.segment == 0 ? new_chunk() : queues_[context.segment - 1].pop();
    if (context.segment > 0) write_level(context.segment - 1);
    chunk->entry_bytes = chunk->bytes;
    ++passed_[context.segment];
    if (context.segment > 0) workers_[context.segment - 1].notify_all();
    const bool drained = sampler_.done() && passed_[context.segment] == issued_;
    if (drained) workers_[context.segment].notify_all();
  }
  if (layout_.segments[context.segment].collates) {
    if (!chunk->batch->buffer) chunk->batch->buffer = pool_->acquire(context.heartbeat);
    chunk->buffer = chunk->batch->buffer;
  }
  context.heartbeat->in_hand = chunk->shared_from_this();
  return chunk;
}

Flow::Turn Flow::turn(std::size_t segment) const {
  if (ended_.load(std::memory_order_relaxed)) return Turn::Over;
  if (paused_) return Turn::Resting;
  if (!staffing_[segment].anew.empty()) return Turn::Take;  // it has its room already
  if (segment == 0) {
    if (sampler_.done()) return Turn::Over;
    if (window_.on_demand() && !window_.admits(sampler_.batch())) return Turn::Blocked;
    return room_behind(0, issued_) ? Turn::Take : Turn::Blocked;
  }
  const Chunk* head = queues_[segment - 1].head();
  if (head == nullptr) return sampler_.done() && passed_[segment] == issued_ ? Turn::Over : Turn::Starved;
  if (layout_.segments[segment].collates) return window_.admits(head->batch->number) ? Turn::Take : Turn::Blocked;
  return room_behind(segment, head->sequence) ? Turn::Take : Turn::Blocked;
}

bool Flow::room_behind(std::size_t segment, std::uint64_t sequence) const {
  return segment < queues_.size() ? queues_[segment].admits(sequence) : window_.admits(sampler_.batch());
}

Chunk* Flow::new_chunk() {
  if (idle_chunks_.empty()) {
    chunks_.push_back(std::make_shared<Chunk>());
    idle_chunks_.reserve(chunks_.size());
    idle_chunks_.push_back(chunks_.back().get());
  }
  Chunk* chunk = idle_chunks_.back();
  idle_chunks_.pop_back();
  const RowRange range = *sampler_.next(sizer_.records());
  chunk->sequence = issued_++;
  chunk->batch = window_.open(range);
  chunk->epoch = range.epoch;
  chunk->position = range.index * static_cast<std::uint64_t>(limits_.batch) + range.first + range.row;
  chunk->row = range.row;
  chunk->count = range.count;
  chunk->bytes = 0;
  chunk->work = 0;
  chunk->record_ids.assign(range.count, 0);
  chunk->bad.assign(range.count, 0);
  chunk->tried_again.clear();
  return chunk;
}

void Flow::wait(std::unique_lock<std::mutex>& lock, const WorkerContext& context, Turn why) {
  WorkerMeter* meter = why == Turn::Blocked ? context.last : context.first;
  const WorkerState state = why == Turn::Blocked   ? WorkerState::Blocked
                            : why == Turn::Starved ? WorkerState::Starved
                                                   : WorkerState::Idle;
  if (meter == nullptr) {
    workers_[context.segment].wait(lock);
    if (context.account != nullptr) context.account->forgive();
    return;
  }
  const Nanos start = clock_.now();
  meter->enter_wait(state, start);
  workers_[context.segment].wait(lock);
  const Nanos end = clock_.now();
  meter->leave_wait(end);
  if (context.account != nullptr) context.account->forgive();
  if (context.lane == nullptr || why == Turn::Resting) return;
  const bool blocked = why == Turn::Blocked;
  context.lane->add({.start = start,
                     .duration = end - start,
                     .kind = blocked ? TraceKind::Blocked : TraceKind::Starved,
                     .label = blocked ? context.last_label : context.first_label});
}

void Flow::write_level(std::size_t segment) {
  if (levels_.empty()) return;
  const std::size_t entries = segment < queues_.size() ? queues_[segment].size() : window_.ready_count();
  levels_[segment]->add(
      {.start = clock_.now(), .kind = TraceKind::Level, .records = static_cast<std::uint32_t>(entries)});
}

BatchWork* Flow::put(const WorkerContext& context, Chunk* chunk) {
  const std::lock_guard lock(mutex_);
  if (context.heartbeat->abandoned()) return nullptr;
  const std::shared_ptr<Chunk> held = std::move(context.heartbeat->in_hand);
  BatchWork* batch = chunk->batch;
  if (context.segment == 0)
    std::copy(chunk->record_ids.begin(), chunk->record_ids.end(),
              batch->record_ids.begin() + static_cast<std::ptrdiff_t>(chunk->row));
  for (RecordFault& fault : chunk->faults) {
    fault.row += chunk->row;
    batch->bad[fault.row] = 1;
    batch->faults.push_back(std::move(fault));
  }
  chunk->faults.clear();
  if (context.segment < queues_.size()) {
    queues_[context.segment].put(chunk);
    write_level(context.segment);
    workers_[context.segment + 1].notify_one();
    return nullptr;
  }
  sizer_.measured(chunk->count, chunk->work);
  batch->parts.push_back({chunk->row, chunk->count, std::move(chunk->buffer)});
  batch->open_rows -= chunk->count;
  chunk->inherited.reset();
  idle_chunks_.push_back(chunk);
  return batch->open_rows == 0 ? batch : nullptr;
}

void Flow::finish(BatchWork* batch) {
  const std::lock_guard lock(mutex_);
  window_.finish(batch);
  write_level(queues_.size());
  if (window_.ready_count() >= wake_for_) consumer_.notify_all();
}

bool Flow::consumer_may_go_on() const {
  return stopped_ || failure_ || window_.ready() != nullptr || (sampler_.done() && window_.empty());
}

/// How many finished batches a waiting consumer is woken for.
std::size_t Flow::worth_waking() const {
  const double each = sizer_.nanos_per_record() * static_cast<double>(limits_.batch) /
                      static_cast<double>(std::max<std::size_t>(staffing_.back().present, 1));
  const auto half = static_cast<double>(std::max<std::size_t>(limits_.prefetch / 2, 1));
  return each <= 0 ? 1 : static_cast<std::size_t>(std::clamp(kWakeNanos / each, 1.0, half));
}

Result<std::unique_ptr<BatchWork>> Flow::next() {
  std::unique_lock lock(mutex_);
  if (window_.on_demand()) {
    window_.ask();
    for (auto& segment : workers_) segment.notify_all();
  }
  if (!consumer_may_go_on()) {
    const auto go_on = [this] { return consumer_may_go_on() && (ended_ || window_.ready_count() >= wake_for_); };
    wake_for_ = worth_waking();
    if (wake_for_ > 1) consumer_.wait_for(lock, std::chrono::nanoseconds(static_cast<Nanos>(kWakeNanos)), go_on);
    wake_for_ = 1;
    consumer_.wait(lock, [this] { return consumer_may_go_on(); });
  }
  if (failure_) return tl::unexpected<Error>(*failure_);
  if (stopped_) return fail_cancelled();
  if (window_.ready() == nullptr) return nullptr;
  std::unique_ptr<BatchWork> batch = window_.take();
  write_level(queues_.size());
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

QueueLevel Flow::level(std::size_t segment) const {
  const std::lock_guard lock(mutex_);
  return segment < queues_.size() ? queues_[segment].level() : window_.level();
}

}  // namespace feedline::inline engine
