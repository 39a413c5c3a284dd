// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/turns.h"

#include <cstdint>
#include <sys/syscall.h>
#include <unistd.h>

namespace feedline::inline base {
namespace {

/// The kernel's struct sched_attr, as it was at first; the C library of Debian 12 does not name it.
struct TurnsOfThread {
  std::uint32_t size = sizeof(TurnsOfThread);
  std::uint32_t policy = 0;
  std::uint64_t flags = 0;
  std::int32_t nice = 0;
  std::uint32_t priority = 0;
  std::uint64_t runtime = 0;  ///< of a turn, ns; 0: the kernel does not say
  std::uint64_t deadline = 0;
  std::uint64_t period = 0;
};

constexpr std::uint32_t kTurnsOther = 0;  ///< SCHED_OTHER
constexpr std::uint32_t kTurnsBatch = 3;  ///< SCHED_BATCH

}  // namespace

void ask_for_turns(double times) noexcept {
  TurnsOfThread turns;
  if (::syscall(SYS_sched_getattr, 0, &turns, sizeof turns, 0) != 0) return;
  if (turns.runtime == 0 || (turns.policy != kTurnsOther && turns.policy != kTurnsBatch)) return;
  turns.runtime = static_cast<std::uint64_t>(static_cast<double>(turns.runtime) * times);
  (void)::syscall(SYS_sched_setattr, 0, &turns, 0);
}

}  // namespace feedline::inline base
