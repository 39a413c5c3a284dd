// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/suspension.h"

#include <atomic>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <pthread.h>
#include <system_error>
#include <thread>

namespace feedline::inline base {
namespace {

constexpr Nanos kBeat = 20'000'000;
/// A note that is older than this makes the clock look whether the process was stopped.
constexpr Nanos kStale = 100'000'000;
constexpr Nanos kPatience = 2'000'000;

// What any thread reads with each look at the clock.
std::atomic<Nanos> stopped{0};  ///< so long in all
std::atomic<Nanos> beat{0};     ///< when the process was last seen to run; 0: nobody watches
std::atomic<bool> continued{false};
static_assert(std::atomic<bool>::is_always_lock_free);

extern "C" void feedline_on_continue(int) { continued.store(true, std::memory_order_relaxed); }

std::mutex settle_mutex;

/// SIGCONT may reach another thread a moment later than this one goes on.
bool was_continued() {
  const timespec pause{.tv_sec = 0, .tv_nsec = 50'000};
  for (Nanos waited = 0; waited < kPatience; waited += pause.tv_nsec) {
    if (continued.exchange(false)) return true;
    ::nanosleep(&pause, nullptr);
  }
  return false;
}

/// The note is old at time `t`: was the process stopped, or did the noting thread get no core?
void settle(Nanos t) {
  const std::lock_guard lock(settle_mutex);
  const Nanos last = beat.load();
  if (last == 0 || t - last <= kStale) return;
  if (was_continued()) stopped.fetch_add(t - last - kStale);
  beat.store(read_clock(CLOCK_MONOTONIC));
}

/// The thread that notes the time, for as long as anybody watches.
class Heart {
 public:
  static Heart& instance() {
    static Heart heart;
    return heart;
  }

  void add() {
    const std::lock_guard lock(mutex_);
    if (watchers_++ > 0) return;
    if (asleep_at_first_ < 0) asleep_at_first_ = asleep();
    struct sigaction action {};
    action.sa_handler = feedline_on_continue;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    ::sigaction(SIGCONT, &action, &old_);
    continued = false;
    beat = read_clock(CLOCK_MONOTONIC);
    try {
      thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
    } catch (const std::system_error&) {  // without it, stops count as time that passed
      beat = 0;
    }
  }

  void remove() {
    const std::lock_guard lock(mutex_);
    if (--watchers_ > 0) return;
    thread_ = {};
    beat = 0;
    ::sigaction(SIGCONT, &old_, nullptr);
  }

  [[nodiscard]] Nanos slept() {
    const std::lock_guard lock(mutex_);
    return asleep_at_first_ < 0 ? 0 : asleep() - asleep_at_first_;
  }

 private:
  /// What CLOCK_MONOTONIC leaves out: the machine's sleep since it was started.
  static Nanos asleep() { return read_clock(CLOCK_BOOTTIME) - read_clock(CLOCK_MONOTONIC); }

  void run(const std::stop_token& stop) {
    ::pthread_setname_np(::pthread_self(), "feedline-heart");
    std::mutex mutex;
    std::condition_variable_any wake;
    std::unique_lock lock(mutex);
    while (!wake.wait_for(lock, stop, std::chrono::nanoseconds(kBeat), [] { return false; }) &&
           !stop.stop_requested()) {
      const Nanos now = read_clock(CLOCK_MONOTONIC);
      settle(now);
      if (now - beat.load() > kStale) continue;
      continued = false;  // of a stop too short to tell, or of a process that ran
      beat = now;
    }
  }

  std::mutex mutex_{};
  int watchers_ = 0;
  Nanos asleep_at_first_ = -1;
  struct sigaction old_ {};
  std::jthread thread_{};
};

}  // namespace

Nanos read_clock(clockid_t id) {
  timespec t{};
  ::clock_gettime(id, &t);
  return static_cast<Nanos>(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
}

SuspensionWatch::SuspensionWatch() { Heart::instance().add(); }
SuspensionWatch::~SuspensionWatch() { Heart::instance().remove(); }

Nanos time_suspended() {
  const Nanos slept = Heart::instance().slept();
  constexpr Nanos kJitter = 10'000'000;  // the two clocks are not read at one moment
  return stopped.load() + (slept > kJitter ? slept : 0);
}

Nanos awake_now() {
  for (;;) {
    const Nanos before = stopped.load(std::memory_order_acquire);
    const Nanos t = read_clock(CLOCK_MONOTONIC);
    const Nanos last = beat.load(std::memory_order_acquire);
    if (last != 0 && t - last > kStale) [[unlikely]] {
      settle(t);
      continue;
    }
    // A stop between the two looks would give a time of one that is told with the other.
    if (stopped.load(std::memory_order_acquire) == before) return t - before;
  }
}

}  // namespace feedline::inline base
