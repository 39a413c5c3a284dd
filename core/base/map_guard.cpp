// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/map_guard.h"

#include <array>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <mutex>
#include <sys/mman.h>
#include <unistd.h>

namespace feedline::inline base {
namespace {

/// Read by the signal handler: nothing but atomics.
struct Place {
  std::atomic<std::uintptr_t> begin{0};
  std::atomic<std::uintptr_t> end{0};  ///< 0: free
  std::atomic<bool> broken{false};
};

std::array<Place, MapGuard::kMost> places;
std::mutex places_mutex;
std::uintptr_t page_bytes = 4096;
struct sigaction before {};

/// Puts zeros in the place of the rest of the map. False: the address lies in no guarded map.
bool mend(std::uintptr_t address) {
  for (Place& place : places) {
    const std::uintptr_t end = place.end.load(std::memory_order_acquire);
    if (end == 0 || address >= end || address < place.begin.load(std::memory_order_relaxed)) continue;
    place.broken.store(true, std::memory_order_release);
    const std::uintptr_t from = address & ~(page_bytes - 1);
    void* const rest = reinterpret_cast<void*>(from);  // NOLINT: an address is all that a signal brings
    return ::mmap(rest, end - from, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED;
  }
  return false;
}

void on_bus_error(int signal, siginfo_t* info, void* context) {
  if (mend(reinterpret_cast<std::uintptr_t>(info->si_addr))) return;
  if ((before.sa_flags & SA_SIGINFO) != 0 && before.sa_sigaction != nullptr) {
    before.sa_sigaction(signal, info, context);
  } else if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN) {
    before.sa_handler(signal);
  } else {
    ::sigaction(SIGBUS, &before, nullptr);  // the fault comes again, and then does what it does
  }
}

void install() {
  page_bytes = static_cast<std::uintptr_t>(::sysconf(_SC_PAGESIZE));
  struct sigaction ours {};
  ours.sa_sigaction = on_bus_error;
  ours.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&ours.sa_mask);
  ::sigaction(SIGBUS, &ours, &before);
}

}  // namespace

MapGuard::MapGuard(const void* data, std::size_t size) {
  static std::once_flag once;
  std::call_once(once, install);
  const std::lock_guard lock(places_mutex);
  for (std::size_t i = 0; i < kMost; ++i) {
    if (places[i].end.load(std::memory_order_relaxed) != 0) continue;
    const auto begin = reinterpret_cast<std::uintptr_t>(data);
    places[i].broken.store(false, std::memory_order_relaxed);
    places[i].begin.store(begin, std::memory_order_relaxed);
    places[i].end.store(begin + size, std::memory_order_release);
    place_ = i;
    return;
  }
}

MapGuard::~MapGuard() {
  if (place_ == kMost) return;
  const std::lock_guard lock(places_mutex);
  places[place_].end.store(0, std::memory_order_release);
}

bool MapGuard::broken() const { return place_ != kMost && places[place_].broken.load(std::memory_order_relaxed); }

}  // namespace feedline::inline base
