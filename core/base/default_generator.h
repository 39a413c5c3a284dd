// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <mutex>

namespace feedline::inline base {

/// Held by whoever has LibTorch draw from the generator that the whole process shares, and has set where it begins: two
/// that are at work at a time would mix their numbers.
[[nodiscard]] inline std::mutex& default_generator_lock() {
  static std::mutex lock;
  return lock;
}

}  // namespace feedline::inline base
