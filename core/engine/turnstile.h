// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/post.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace feedline {

/// Lets one worker at a time into a sequential node (SampleOp::sequential()), however many carry its
/// segment. A worker whose chunk was taken away from it (Post::abandoned()) holds nobody up.
class Turnstile {
 public:
  /// A worker's stay; leaves with its end.
  class Stay {
   public:
    Stay() = default;
    Stay(Turnstile& turnstile, const Post& post) : turnstile_(&turnstile), post_(&post) {}
    ~Stay() {
      if (turnstile_ != nullptr) turnstile_->leave(*post_);
    }
    Stay(Stay&& other) noexcept : turnstile_(std::exchange(other.turnstile_, nullptr)), post_(other.post_) {}
    Stay& operator=(Stay&&) = delete;

   private:
    Turnstile* turnstile_ = nullptr;
    const Post* post_ = nullptr;
  };

  /// Is somebody inside now? For whoever wants to know whether enter() will wait.
  [[nodiscard]] bool taken() const;
  /// Waits for its turn. False: the run ends, or the worker itself was abandoned meanwhile.
  [[nodiscard]] bool enter(const Post& post, const std::atomic<bool>& stop);

 private:
  void leave(const Post& post);
  [[nodiscard]] bool free() const { return inside_ == nullptr || inside_->abandoned(); }

  mutable std::mutex mutex_{};
  std::condition_variable changed_{};
  const Post* inside_ = nullptr;
};

}  // namespace feedline
