// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/step_timer.h"

#include <algorithm>
#include <utility>

namespace feedline::inline engine {
namespace {

constexpr Nanos kPublishEvery = 100'000;
constexpr Nanos kFirstPatience = 50'000;
constexpr Nanos kWorthAsking = 300'000;
constexpr Nanos kMostPatience = 1'000'000;
constexpr Nanos kWorthTiming = 20'000;  // a record that takes longer: a clock costs 0.2 % of it at most

}  // namespace

StepTimer::StepTimer(const Clock& clock, std::vector<WorkerMeter*> nodes, TimelineWriter timeline)
    : clock_(clock),
      nodes_(std::move(nodes)),
      timeline_(std::move(timeline)),
      open_(nodes_.size()),
      shares_(nodes_.size()),
      delays_(nodes_.size()),
      slow_(nodes_.size()) {}

void StepTimer::start() {
  started_ = last_ = published_ = clock_.now();
  if (waited_from_ >= 0) settled_delay_ += clock_.thread_delayed() - std::exchange(waited_from_, -1);
  if (nodes_.empty() || settled_cpu_ >= 0) return;
  settled_ = started_;
  settled_cpu_ = clock_.thread_cpu();
  settled_delay_ = clock_.thread_delayed();
}

Nanos StepTimer::lap(std::size_t node, std::uint64_t records, std::uint64_t bytes, std::uint64_t first) {
  if (nodes_.empty()) return 0;
  const Nanos now = clock_.now();
  Lap& open = open_[node];
  open.records += records;
  open.bytes += bytes;
  const Nanos wall = now - std::exchange(last_, now);
  open.wall += wall;
  const bool timed = std::exchange(timed_, false);
  if (records > 0) {
    const Nanos each = wall / static_cast<Nanos>(records);
    if (!timed) nodes_[node]->durations.add(each, records);
    slow_[node] = each >= kWorthTiming ? 1 : 0;
  }
  if (timeline_.lane != nullptr)
    timeline_.lane->add({.start = now - wall,
                         .duration = wall,
                         .kind = TraceKind::Work,
                         .label = timeline_.labels[node],
                         .records = static_cast<std::uint32_t>(records),
                         .record = first});
  if (now - published_ >= kPublishEvery) publish();
  return wall;
}

bool StepTimer::begin(std::size_t node) {
  record_from_ = last_;
  timed_ = !nodes_.empty() && slow_[node] != 0;
  return timed_;
}

void StepTimer::record(std::size_t node, std::uint64_t record) {
  const Nanos now = clock_.now();
  nodes_[node]->durations.add_record(now - std::exchange(record_from_, now), record);
}

void StepTimer::enter_wait(std::size_t node) {
  if (nodes_.empty()) return;
  nodes_[node]->enter_wait(WorkerState::Starved, last_);
  waited_from_ = clock_.thread_delayed();
}

void StepTimer::leave_wait(std::size_t node) {
  if (nodes_.empty()) return;
  const Nanos now = clock_.now();
  nodes_[node]->leave_wait(now);
  settled_delay_ += clock_.thread_delayed() - std::exchange(waited_from_, -1);
  started_ += now - std::exchange(last_, now);
}

void StepTimer::skip() {
  const Nanos now = clock_.now();
  started_ += now - std::exchange(last_, now);
}

Nanos StepTimer::stop() {
  if (nodes_.empty()) return clock_.now() - started_;
  publish();
  // Until it works again it may have no core because others have it: that is no delay of a node. Too short a chunk is
  // not worth the question.
  if (last_ - started_ > kWorthAsking) waited_from_ = clock_.thread_delayed();
  return last_ - started_;
}

void StepTimer::publish() {
  published_ = last_;
  const bool settle = last_ - settled_ >= patience_;
  if (settle) share_cpu();
  for (std::size_t i = 0; i < open_.size(); ++i) {
    const Lap lap = std::exchange(open_[i], {});
    if (!settle) open_[i].owed = lap.owed + lap.wall;
    if (lap.records == 0 && lap.wall == 0 && !settle) continue;
    nodes_[i]->add_work(lap.records, lap.bytes, lap.wall, settle ? shares_[i] : 0, settle ? delays_[i] : 0);
  }
}

/// How much CPU time each node has used since this was asked last, and how long each had no core.
void StepTimer::share_cpu() {
  const Nanos cpu_now = clock_.thread_cpu();
  const Nanos cpu = std::max<Nanos>(cpu_now - settled_cpu_, 0);
  const Nanos delay_now = clock_.thread_delayed();
  Nanos delayed = std::max<Nanos>(delay_now - settled_delay_, 0);
  Nanos wall = 0;
  std::size_t longest = 0;
  for (std::size_t i = 0; i < open_.size(); ++i) {
    shares_[i] = open_[i].wall + open_[i].owed;
    wall += shares_[i];
    if (shares_[i] > shares_[longest]) longest = i;
  }
  Nanos waited = std::max<Nanos>(wall - cpu, 0);
  const auto take = [&](std::size_t i) {
    const Nanos idle = std::min(waited, shares_[i]);
    waited -= idle;
    shares_[i] -= idle;
    delays_[i] = std::min(delayed, idle);
    delayed -= delays_[i];
  };
  take(longest);
  for (std::size_t i = 0; i < open_.size(); ++i)
    if (i != longest) take(i);
  settled_ = last_;
  settled_cpu_ = cpu_now;
  settled_delay_ = delay_now;
  patience_ = std::clamp(2 * patience_, kFirstPatience, kMostPatience);
}

}  // namespace feedline::inline engine
