// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training; free of LibTorch.

#include <atomic>
#include <chrono>
#include <cstddef>

namespace feedline::inline training {

/// Where threads meet once that come within microseconds of each other: a thread looks for a while before it sleeps,
/// because to be woken takes longer than what it waits for.
class ShortBarrier {
 public:
  explicit ShortBarrier(std::size_t members) : missing_(members) {}

  /// Returns when all members have come, and the last of them has done `between`, which must not throw; what it wrote
  /// can be read then.
  template <class Between>
  void meet(const Between& between) {
    if (missing_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      between();
      open_.store(true, std::memory_order_release);
      open_.notify_all();
      return;
    }
    const auto until = std::chrono::steady_clock::now() + kLooks;
    do {
      for (int i = 0; i < kLooksATime; ++i) {
        if (open_.load(std::memory_order_acquire)) return;
        breathe();
      }
    } while (std::chrono::steady_clock::now() < until);
    open_.wait(false, std::memory_order_acquire);
  }

 private:
  static constexpr std::chrono::microseconds kLooks{20};
  static constexpr int kLooksATime = 16;

  static void breathe() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    asm volatile("yield");
#endif
  }

  std::atomic<std::size_t> missing_;
  std::atomic<bool> open_{false};
};

}  // namespace feedline::inline training
