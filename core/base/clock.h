// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>

namespace feedline::inline base {

/// Nanoseconds. All times inside the core are monotonic nanoseconds; seconds appear only where people or JSON read
/// them.
using Nanos = std::int64_t;

[[nodiscard]] constexpr double seconds(Nanos t) { return static_cast<double>(t) * 1e-9; }
[[nodiscard]] constexpr Nanos from_seconds(double s) { return static_cast<Nanos>(s * 1e9); }

/// Where the engine reads time; tests inject their own.
class Clock {
 public:
  virtual ~Clock() = default;
  /// Monotonic wall time.
  [[nodiscard]] virtual Nanos now() const = 0;
  /// CPU time of the calling thread.
  [[nodiscard]] virtual Nanos thread_cpu() const = 0;
  /// Time that the calling thread could have run but had no core (the second number of /proc/thread-self/schedstat),
  /// about a microsecond to ask; 0 where the system does not tell.
  [[nodiscard]] virtual Nanos thread_delayed() const { return 0; }

  /// The machine's own clock (CLOCK_MONOTONIC, CLOCK_THREAD_CPUTIME_ID).
  [[nodiscard]] static const Clock& system();
};

}  // namespace feedline::inline base
