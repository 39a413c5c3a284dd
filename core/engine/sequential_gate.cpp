// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/sequential_gate.h"

#include <chrono>

namespace feedline::inline engine {
namespace {

/// A stop and an abandoned worker ring no bell here, so whoever waits looks up now and then.
constexpr std::chrono::milliseconds kLookUp{20};

}  // namespace

bool SequentialGate::taken() const {
  const std::lock_guard lock(mutex_);
  return !free();
}

bool SequentialGate::enter(const Heartbeat& heartbeat, const std::atomic<bool>& stop) {
  std::unique_lock lock(mutex_);
  while (!free()) {
    changed_.wait_for(lock, kLookUp);
    if (stop.load(std::memory_order_relaxed) || heartbeat.abandoned()) return false;
  }
  inside_ = &heartbeat;
  return true;
}

void SequentialGate::leave(const Heartbeat& heartbeat) {
  const std::lock_guard lock(mutex_);
  if (inside_ != &heartbeat) return;  // another one took its place
  inside_ = nullptr;
  changed_.notify_one();
}

}  // namespace feedline::inline engine
