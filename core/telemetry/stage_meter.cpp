// SPDX-License-Identifier: GPL-3.0-or-later
// Compiled by -O3: runs over records.
#include "telemetry/stage_meter.h"

#include <algorithm>
#include <utility>

namespace feedline::inline telemetry {
namespace {

/// One writer: a plain read and write beat an atomic read-modify-write.
template <class T>
void add(std::atomic<T>& counter, T amount) {
  counter.store(counter.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
}

template <class T>
T minus(T later, T earlier) {
  return later > earlier ? later - earlier : T{0};
}

}  // namespace

StageCounters& StageCounters::operator+=(const StageCounters& other) {
  records += other.records;
  bytes += other.bytes;
  cpu += other.cpu;
  busy += other.busy;
  delayed += other.delayed;
  starved += other.starved;
  blocked += other.blocked;
  return *this;
}

StageCounters StageCounters::operator-(const StageCounters& earlier) const {
  return {.records = minus(records, earlier.records),
          .bytes = minus(bytes, earlier.bytes),
          .cpu = minus(cpu, earlier.cpu),
          .busy = minus(busy, earlier.busy),
          .delayed = minus(delayed, earlier.delayed),
          .starved = minus(starved, earlier.starved),
          .blocked = minus(blocked, earlier.blocked)};
}

void WorkerMeter::add_work(std::uint64_t records, std::uint64_t bytes, Nanos busy, Nanos cpu, Nanos delayed) {
  add(records_, records);
  add(bytes_, bytes);
  add(busy_, std::max<Nanos>(busy, 0));
  add(cpu_, std::max<Nanos>(cpu, 0));
  if (delayed > 0) add(delayed_, delayed);
}

void WorkerMeter::enter_wait(WorkerState state, Nanos now) {
  leave_wait(now);
  state_ = state;
  if (state != WorkerState::Starved && state != WorkerState::Blocked) return;
  since_.store(now, std::memory_order_release);
  OpenTotal& total = state == WorkerState::Starved ? starved_ : blocked_;
  total.store(total.load(std::memory_order_relaxed) - 2 * now + 1, std::memory_order_release);
}

void WorkerMeter::leave_wait(Nanos now) {
  const WorkerState state = std::exchange(state_, WorkerState::Idle);
  if (state != WorkerState::Starved && state != WorkerState::Blocked) return;
  OpenTotal& total = state == WorkerState::Starved ? starved_ : blocked_;
  const Nanos end = std::max(now, since_.load(std::memory_order_relaxed));
  total.store(total.load(std::memory_order_relaxed) + 2 * end - 1, std::memory_order_release);
}

// A wait may have been opened after `now` was taken; it then counts as nothing, not as less than nothing. The word is
// read again because `since_` may already belong to the next wait.
Nanos WorkerMeter::waited(const OpenTotal& total, Nanos now) const {
  Nanos word = total.load(std::memory_order_acquire);
  Nanos end = now;
  for (int attempt = 0; attempt < 64 && (word & 1) != 0; ++attempt) {
    end = std::max(now, since_.load(std::memory_order_acquire));
    const Nanos again = total.load(std::memory_order_acquire);
    if (again == word) break;
    word = again;
  }
  return std::max<Nanos>((word & 1) != 0 ? (word - 1) / 2 + end : word / 2, 0);
}

StageCounters WorkerMeter::read(Nanos now) const {
  return {.records = records_.load(std::memory_order_relaxed),
          .bytes = bytes_.load(std::memory_order_relaxed),
          .cpu = cpu_.load(std::memory_order_relaxed),
          .busy = busy_.load(std::memory_order_relaxed),
          .delayed = delayed_.load(std::memory_order_relaxed),
          .starved = waited(starved_, now),
          .blocked = waited(blocked_, now)};
}

StageMeter::StageMeter(std::string node, std::string type, std::size_t workers)
    : node_(std::move(node)), type_(std::move(type)), workers_(workers) {}

WorkerMeter& StageMeter::worker(std::size_t i) {
  const std::lock_guard lock(mutex_);
  while (workers_.size() <= i) workers_.emplace_back();
  return workers_[i];
}

std::size_t StageMeter::workers() const {
  const std::lock_guard lock(mutex_);
  return workers_.size();
}

StageCounters StageMeter::read(Nanos now) const {
  const std::lock_guard lock(mutex_);
  StageCounters sum;
  for (const WorkerMeter& worker : workers_) sum += worker.read(now);
  return sum;
}

Durations StageMeter::durations() const {
  const std::lock_guard lock(mutex_);
  Durations all;
  for (const WorkerMeter& worker : workers_) all += worker.durations.read();
  return all;
}

std::vector<StageCounters> StageMeter::read_workers(Nanos now) const {
  const std::lock_guard lock(mutex_);
  std::vector<StageCounters> each;
  each.reserve(workers_.size());
  for (const WorkerMeter& worker : workers_) each.push_back(worker.read(now));
  return each;
}

}  // namespace feedline::inline telemetry
