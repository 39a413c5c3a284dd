// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/clock.h"

#include <time.h>

namespace feedline {
namespace {

Nanos read(clockid_t id) {
  timespec t{};
  clock_gettime(id, &t);
  return static_cast<Nanos>(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
}

class SystemClock final : public Clock {
 public:
  Nanos now() const override { return read(CLOCK_MONOTONIC); }
  Nanos thread_cpu() const override { return read(CLOCK_THREAD_CPUTIME_ID); }
};

}  // namespace

const Clock& Clock::system() {
  static const SystemClock clock;
  return clock;
}

}  // namespace feedline
