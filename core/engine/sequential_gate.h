// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/heartbeat.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace feedline::inline engine {

/// Lets one worker at a time into a sequential node (SampleOp::sequential()), however many carry its
/// segment. A worker whose chunk was taken away from it (Heartbeat::abandoned()) holds nobody up.
class SequentialGate {
 public:
  /// A worker's stay; leaves with its end.
  class Stay {
   public:
    Stay() = default;
    Stay(SequentialGate& gate, const Heartbeat& heartbeat) : gate_(&gate), heartbeat_(&heartbeat) {}
    ~Stay() {
      if (gate_ != nullptr) gate_->leave(*heartbeat_);
    }
    Stay(Stay&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)), heartbeat_(other.heartbeat_) {}
    Stay& operator=(Stay&&) = delete;

   private:
    SequentialGate* gate_ = nullptr;
    const Heartbeat* heartbeat_ = nullptr;
  };

  /// Is somebody inside now? For whoever wants to know whether enter() will wait.
  [[nodiscard]] bool taken() const;
  /// Waits for its turn. False: the run ends, or the worker itself was abandoned meanwhile.
  [[nodiscard]] bool enter(const Heartbeat& heartbeat, const std::atomic<bool>& stop);

 private:
  void leave(const Heartbeat& heartbeat);
  [[nodiscard]] bool free() const { return inside_ == nullptr || inside_->abandoned(); }

  mutable std::mutex mutex_{};
  std::condition_variable changed_{};
  const Heartbeat* inside_ = nullptr;
};

}  // namespace feedline::inline engine
