// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/virtual_speedup.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

namespace feedline::inline engine {
namespace {

/// To sleep costs some 60 us more than asked for: shorter debts are left to grow.
constexpr Nanos kWorthIt = 200'000;
/// So that the end of a run is not slept through.
constexpr Nanos kLongestNap = 20'000'000;

Nanos share_of(Nanos time, double share) { return static_cast<Nanos>(static_cast<double>(time) * share); }

}  // namespace

void VirtualSpeedup::choose(std::optional<Place> place, double factor) {
  const std::lock_guard lock(mutex_);
  closed_ = sum(clock_.now());
  working_ = working_from_ = 0;  // what is under way at another place, or for another factor, counts no more
  ++choice_;
  share_ = 1 - 1 / std::max(factor, 1.0);
  place_.store(place ? packed(*place) : kNobody, std::memory_order_relaxed);
}

Nanos VirtualSpeedup::sum(Nanos now) const { return closed_ + share_of(working_ * now - working_from_, share_); }

Nanos VirtualSpeedup::delay() const {
  const std::lock_guard lock(mutex_);
  return sum(clock_.now());
}

void VirtualSpeedup::Account::begin(Place place) {
  if (all_.place_.load(std::memory_order_relaxed) != packed(place)) return;
  const std::lock_guard lock(all_.mutex_);
  choice_ = all_.choice_;
  began_ = all_.clock_.now();
  ++all_.working_;
  all_.working_from_ += began_;
}

void VirtualSpeedup::Account::end() {
  if (choice_ == 0) return;
  const std::lock_guard lock(all_.mutex_);
  if (std::exchange(choice_, 0) != all_.choice_) return;
  const Nanos delay = share_of(all_.clock_.now() - began_, all_.share_);
  --all_.working_;
  all_.working_from_ -= began_;
  all_.closed_ += delay;
  settled_ += delay;
}

bool VirtualSpeedup::Account::catch_up(const std::atomic<bool>& stop) {
  if (!all_.active()) return false;
  bool stood = false;
  for (Nanos owed = all_.delay() - settled_; owed >= kWorthIt && !stop.load(std::memory_order_relaxed);
       owed = all_.delay() - settled_) {
    const Nanos from = all_.clock_.now();
    std::this_thread::sleep_for(std::chrono::nanoseconds(std::min(owed, kLongestNap)));
    settled_ += all_.clock_.now() - from;  // what was slept beyond is credit
    stood = true;
  }
  return stood;
}

void VirtualSpeedup::Account::forgive() {
  if (all_.active()) settled_ = std::max(settled_, all_.delay());
}

}  // namespace feedline::inline engine
