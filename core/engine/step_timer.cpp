// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/step_timer.h"

#include <algorithm>
#include <utility>

namespace feedline {
namespace {

constexpr Nanos kSettleEvery = 100'000;

}  // namespace

StepTimer::StepTimer(const Clock& clock, std::vector<WorkerMeter*> nodes)
    : clock_(clock), nodes_(std::move(nodes)), open_(nodes_.size()) {}

void StepTimer::start() {
  started_ = last_ = settled_ = clock_.now();
  if (!nodes_.empty()) settled_cpu_ = clock_.thread_cpu();
}

Nanos StepTimer::lap(std::size_t node, std::uint64_t records, std::uint64_t bytes) {
  if (nodes_.empty()) return 0;
  const Nanos now = clock_.now();
  Lap& open = open_[node];
  open.records += records;
  open.bytes += bytes;
  const Nanos wall = now - std::exchange(last_, now);
  open.wall += wall;
  if (now - settled_ >= kSettleEvery) settle();
  return wall;
}

Nanos StepTimer::stop() {
  if (nodes_.empty()) return clock_.now() - started_;
  settle();
  return last_ - started_;
}

void StepTimer::settle() {
  const Nanos cpu_now = clock_.thread_cpu();
  const Nanos cpu = std::max<Nanos>(cpu_now - settled_cpu_, 0);
  Nanos wall = 0;
  std::size_t longest = 0;
  for (std::size_t i = 0; i < open_.size(); ++i) {
    wall += open_[i].wall;
    if (open_[i].wall > open_[longest].wall) longest = i;
  }
  Nanos waited = std::max<Nanos>(wall - cpu, 0);
  const auto publish = [&](std::size_t i) {
    const Lap lap = std::exchange(open_[i], {});
    if (lap.records == 0 && lap.wall == 0) return;
    const Nanos idle = std::min(waited, lap.wall);
    waited -= idle;
    nodes_[i]->add_work(lap.records, lap.bytes, lap.wall, lap.wall - idle);
  };
  publish(longest);
  for (std::size_t i = 0; i < open_.size(); ++i) publish(i);
  settled_ = last_;
  settled_cpu_ = cpu_now;
}

}  // namespace feedline
