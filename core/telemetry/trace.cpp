// SPDX-License-Identifier: GPL-3.0-or-later
// Compiled by -O3: runs over records.
#include "telemetry/trace.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

namespace feedline::inline telemetry {

TraceLane::TraceLane(std::string name, std::size_t capacity)
    : name_(std::move(name)),
      mask_(std::bit_ceil(std::max<std::size_t>(capacity, 2)) - 1),
      slots_(std::make_unique<Slot[]>(mask_ + 1)) {}

void TraceLane::add(const TraceSlice& slice) {
  const std::uint64_t at = next_.load(std::memory_order_relaxed);
  Slot& slot = slots_[at & mask_];
  begun_.store(at + 1, std::memory_order_relaxed);
  // A reader that sees one of the words below sees begun_ as well, and leaves the slot out (Boehm, "Can seqlocks get
  // along with programming language memory models?", MSPC 2012).
  slot.start.store(static_cast<std::uint64_t>(slice.start), std::memory_order_release);
  slot.duration.store(static_cast<std::uint64_t>(slice.duration), std::memory_order_release);
  slot.what.store(
      static_cast<std::uint64_t>(slice.kind) << 48U | static_cast<std::uint64_t>(slice.label) << 32U | slice.records,
      std::memory_order_release);
  slot.record.store(slice.record, std::memory_order_release);
  next_.store(at + 1, std::memory_order_release);
}

std::vector<TraceSlice> TraceLane::read() const {
  std::uint64_t next = 0;
  return read_from(next);
}

std::vector<TraceSlice> TraceLane::read_from(std::uint64_t& next) const {
  const std::uint64_t end = next_.load(std::memory_order_acquire);
  const std::uint64_t size = mask_ + 1;
  const std::uint64_t first = std::min(end, std::max(std::exchange(next, end), end > size ? end - size : 0));
  std::vector<TraceSlice> slices;
  slices.reserve(end - first);
  for (std::uint64_t i = first; i < end; ++i) {
    const Slot& slot = slots_[i & mask_];
    const std::uint64_t start = slot.start.load(std::memory_order_acquire);
    const std::uint64_t duration = slot.duration.load(std::memory_order_acquire);
    const std::uint64_t what = slot.what.load(std::memory_order_acquire);
    const std::uint64_t record = slot.record.load(std::memory_order_acquire);
    slices.push_back({.start = static_cast<Nanos>(start),
                      .duration = static_cast<Nanos>(duration),
                      .kind = static_cast<TraceKind>(what >> 48U & 0xFFU),
                      .label = static_cast<std::uint16_t>(what >> 32U & 0xFFFFU),
                      .records = static_cast<std::uint32_t>(what),
                      .record = record});
  }
  // Slots below `begun - size` are other slices by now.
  const std::uint64_t begun = begun_.load(std::memory_order_relaxed);
  const std::uint64_t whole = std::max(first, begun > size ? begun - size : 0);
  slices.erase(slices.begin(), slices.begin() + static_cast<std::ptrdiff_t>(std::min(whole, end) - first));
  return slices;
}

TraceLane& Trace::lane(std::string_view name, std::size_t capacity) {
  const std::lock_guard lock(mutex_);
  for (TraceLane& lane : lanes_)
    if (lane.name() == name) return lane;
  return lanes_.emplace_back(std::string(name), capacity > 0 ? std::min(capacity, capacity_) : capacity_);
}

std::uint16_t Trace::label(std::string_view name) {
  const std::lock_guard lock(mutex_);
  const auto known = std::find(labels_.begin(), labels_.end(), name);
  if (known == labels_.end() && labels_.size() < std::numeric_limits<std::uint16_t>::max()) {
    labels_.emplace_back(name);
    return static_cast<std::uint16_t>(labels_.size() - 1);
  }
  return static_cast<std::uint16_t>(std::min<std::ptrdiff_t>(known - labels_.begin(), std::ssize(labels_) - 1));
}

std::vector<const TraceLane*> Trace::lanes() const {
  const std::lock_guard lock(mutex_);
  std::vector<const TraceLane*> lanes;
  for (const TraceLane& lane : lanes_) lanes.push_back(&lane);
  return lanes;
}

std::vector<std::string> Trace::labels() const {
  const std::lock_guard lock(mutex_);
  return labels_;
}

Trace::View Trace::read() const {
  View view;
  view.labels = labels();
  for (const TraceLane* lane : lanes()) {
    std::vector<TraceSlice> slices = lane->read();
    const std::uint64_t added = lane->added();
    const std::uint64_t kept = slices.size();
    view.lanes.push_back({lane->name(), std::move(slices), added - std::min(added, kept)});
  }
  return view;
}

}  // namespace feedline::inline telemetry
