// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/turnstile.h"

#include <chrono>

namespace feedline {
namespace {

/// A stop and an abandoned worker ring no bell here, so whoever waits looks up now and then.
constexpr std::chrono::milliseconds kLookUp{20};

}  // namespace

bool Turnstile::taken() const {
  const std::lock_guard lock(mutex_);
  return !free();
}

bool Turnstile::enter(const Post& post, const std::atomic<bool>& stop) {
  std::unique_lock lock(mutex_);
  while (!free()) {
    changed_.wait_for(lock, kLookUp);
    if (stop.load(std::memory_order_relaxed) || post.abandoned()) return false;
  }
  inside_ = &post;
  return true;
}

void Turnstile::leave(const Post& post) {
  const std::lock_guard lock(mutex_);
  if (inside_ != &post) return;  // another one took its place
  inside_ = nullptr;
  changed_.notify_one();
}

}  // namespace feedline
