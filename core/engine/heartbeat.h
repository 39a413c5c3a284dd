// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "engine/chunk.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace feedline::inline engine {

/// Where a worker says what it is doing, for the watchdog. Saying so costs one relaxed store a record and reads no
/// clock: whoever looks twice and sees the same record in the same node knows how long it has taken at least.
class Heartbeat {
 public:
  /// One word: which chunk, which node of the segment, which record of the chunk.
  using Doing = std::uint64_t;
  static constexpr Doing kNothing = 0;
  [[nodiscard]] static std::size_t node_of(Doing doing) { return (doing >> 16 & 0xFFFF) - 1; }
  [[nodiscard]] static std::size_t record_of(Doing doing) { return doing & 0xFFFF; }

  /// `nodes`: of the worker's segment.
  explicit Heartbeat(std::size_t nodes) : recent_(nodes) {}

  // For the worker.
  void begin() { ++chunk_; }
  void work_on(std::size_t node, std::size_t record) {
    doing_.store(chunk_ << 32 | (node + 1) << 16 | record, std::memory_order_relaxed);
  }
  void rest() { doing_.store(kNothing, std::memory_order_relaxed); }
  /// `node` took so long over each record lately.
  void took(std::size_t node, Nanos each) {
    Recent& recent = recent_[node];
    recent.nanos[recent.next++ % kRecent].store(each, std::memory_order_relaxed);
  }

  /// The machine has been at fault for a second (base/machine_fault.h): to be told.
  void complain(Error error) {
    const std::lock_guard lock(mutex_);
    complaint_ = std::move(error);
  }

  // For anyone.
  [[nodiscard]] Doing doing() const { return doing_.load(std::memory_order_relaxed); }
  /// Appends the node's recent times.
  void recent(std::size_t node, std::vector<Nanos>& into) const {
    for (const auto& nanos : recent_[node].nanos)
      if (const Nanos each = nanos.load(std::memory_order_relaxed); each > 0) into.push_back(each);
  }
  /// What it complained about since this was asked last.
  [[nodiscard]] std::optional<Error> take_complaint() {
    const std::lock_guard lock(mutex_);
    return std::exchange(complaint_, std::nullopt);
  }
  /// Its chunk was taken away: the worker leaves as soon as it comes back from the node's code.
  [[nodiscard]] bool abandoned() const { return abandoned_.load(std::memory_order_relaxed); }
  void abandon() { abandoned_.store(true, std::memory_order_relaxed); }

  std::shared_ptr<Chunk> in_hand{};  ///< guarded by the Flow; keeps an abandoned chunk until the worker is gone

 private:
  static constexpr std::size_t kRecent = 16;
  struct Recent {
    std::array<std::atomic<Nanos>, kRecent> nanos{};
    std::size_t next = 0;
  };

  std::uint64_t chunk_ = 0;
  std::atomic<Doing> doing_{kNothing};
  std::atomic<bool> abandoned_{false};
  std::vector<Recent> recent_;
  std::mutex mutex_{};
  std::optional<Error> complaint_{};
};

}  // namespace feedline::inline engine
