// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/interrupts.h"

#include "cli/exit_code.h"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace feedline::cli {
namespace {

// All that a signal handler may touch: lock-free atomics, write and _exit.
std::atomic<int> signals{0};
std::atomic<int> event{-1};
static_assert(std::atomic<int>::is_always_lock_free);

struct sigaction old_int {};
struct sigaction old_term {};

void notify() {
  const std::uint64_t one = 1;
  const int fd = event.load();
  if (fd >= 0) static_cast<void>(!::write(fd, &one, sizeof one));
}

extern "C" void feedline_on_signal(int) {
  const int saved = errno;
  if (signals.fetch_add(1) > 0) ::_exit(kInterrupted);
  notify();
  errno = saved;
}

}  // namespace

Interrupts::Interrupts() {
  signals = 0;
  event = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  struct sigaction action {};
  action.sa_handler = feedline_on_signal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  ::sigaction(SIGINT, &action, &old_int);
  ::sigaction(SIGTERM, &action, &old_term);
}

Interrupts::~Interrupts() {
  ::sigaction(SIGINT, &old_int, nullptr);
  ::sigaction(SIGTERM, &old_term, nullptr);
  const int fd = event.exchange(-1);
  if (fd >= 0) ::close(fd);
}

void Interrupts::wake() { notify(); }

void Interrupts::wait(std::chrono::milliseconds deadline) {
  pollfd waiting{.fd = event.load(), .events = POLLIN, .revents = 0};
  ::poll(&waiting, 1, static_cast<int>(deadline.count()));
  std::uint64_t drained = 0;
  static_cast<void>(!::read(waiting.fd, &drained, sizeof drained));
}

bool Interrupts::requested() const { return signals.load() > 0; }

}  // namespace feedline::cli
