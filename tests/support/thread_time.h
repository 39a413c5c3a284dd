// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ctime>

namespace feedline::test {

/// Processor time of this thread in milliseconds: what its work costs, on a busy machine too.
[[nodiscard]] inline double thread_cpu_ms() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

}  // namespace feedline::test
