// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/clock.h"

#include <time.h>

namespace feedline::inline base {

/// While one of these lives, Clock::system().now() stands still when the process does: while it is stopped (Ctrl-Z,
/// SIGSTOP) and, as ever, while the machine sleeps. So nothing that is measured by it counts that time.
///
/// A thread notes the time 50 times a second. Where the clock sees that note grow old, and SIGCONT has come, the
/// process was stopped in between: a machine that is merely busy sends no SIGCONT. Up to a tenth of a second of each
/// stop is counted as time that passed, so that the clock never goes back.
class SuspensionWatch {
 public:
  SuspensionWatch();
  ~SuspensionWatch();
  SuspensionWatch(const SuspensionWatch&) = delete;
  SuspensionWatch& operator=(const SuspensionWatch&) = delete;
};

/// For how long the process was stopped under a watch, or the machine asleep, since the first watch: it only grows.
[[nodiscard]] Nanos time_suspended();

/// Private to the system's clock.
[[nodiscard]] Nanos read_clock(clockid_t id);
/// Private to the system's clock: CLOCK_MONOTONIC less the time stopped.
[[nodiscard]] Nanos awake_now();

}  // namespace feedline::inline base
