// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/quarantine.h"

#include <algorithm>
#include <bit>
#include <new>

namespace feedline::inline engine {

Quarantine::Quarantine(std::uint64_t records)
    : most_(static_cast<std::size_t>(std::clamp<std::uint64_t>(records, 1, kMost))),
      mask_(std::bit_ceil(2 * most_) - 1) {}

Quarantine::Place& Quarantine::place(Place* places, std::uint64_t record) const noexcept {
  std::uint64_t at = record * 0x9E3779B97F4A7C15U;  // Fibonacci hashing
  at ^= at >> 32;
  for (;; ++at) {
    Place& found = places[at & mask_];
    const std::uint64_t there = found.record.load(std::memory_order_acquire);
    if (there == record || there == kFree) return found;
  }
}

void Quarantine::add(std::uint64_t record, std::uint32_t kind) noexcept {
  if (record == kFree || size() >= most_) return;
  if (!own_) {
    own_.reset(new (std::nothrow) Place[mask_ + 1]);
    if (!own_) return;
    places_.store(own_.get(), std::memory_order_release);
  }
  Place& free = place(own_.get(), record);
  if (free.record.load(std::memory_order_relaxed) == record) return;
  free.kind.store(kind, std::memory_order_relaxed);
  free.record.store(record, std::memory_order_release);
  size_.fetch_add(1, std::memory_order_relaxed);
}

std::optional<std::uint32_t> Quarantine::find(std::uint64_t record) const noexcept {
  Place* places = places_.load(std::memory_order_acquire);
  if (places == nullptr) return std::nullopt;
  const Place& found = place(places, record);
  if (found.record.load(std::memory_order_relaxed) != record) return std::nullopt;
  return found.kind.load(std::memory_order_relaxed);
}

}  // namespace feedline::inline engine
