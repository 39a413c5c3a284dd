// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <csignal>
#include <sys/prctl.h>
#include <thread>

namespace feedline::test {

/// Waits until `there` says so. False: it has not within a minute or two, which no machine needs. Without an event
/// loop.
template <class There>
[[nodiscard]] bool wait_until(There there, std::chrono::seconds deadline = std::chrono::seconds(120)) {
  const auto end = std::chrono::steady_clock::now() + deadline;
  while (!there()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

/// For the child of a fork that waits for its end: it ends with the test, however that ends.
inline void die_with_parent() { ::prctl(PR_SET_PDEATHSIG, SIGKILL); }

}  // namespace feedline::test
