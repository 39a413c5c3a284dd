// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/flow.h"

#include <algorithm>
#include <utility>

// How many workers there are while it runs, and chunks that are taken away from stuck ones.

namespace feedline::inline engine {

std::size_t Flow::set_workers(std::size_t segment, std::size_t workers) {
  const std::lock_guard lock(mutex_);
  Staffing& staffing = staffing_[segment];
  staffing.wanted = std::max<std::size_t>(workers, 1);
  share_out();
  for (auto& other : workers_) other.notify_all();
  if (ended_.load(std::memory_order_relaxed) || staffing.present >= staffing.wanted) return 0;
  return staffing.wanted - std::exchange(staffing.present, staffing.wanted);
}

void Flow::missing(std::size_t segment) {
  const std::lock_guard lock(mutex_);
  --staffing_[segment].present;
}

std::size_t Flow::workers(std::size_t segment) const {
  const std::lock_guard lock(mutex_);
  return staffing_[segment].wanted;
}

std::optional<std::uint64_t> Flow::record_of(const Heartbeat& heartbeat, Heartbeat::Doing doing,
                                             const SamplerPlan& sampler) const {
  const std::lock_guard lock(mutex_);
  if (!heartbeat.in_hand || heartbeat.abandoned() || heartbeat.doing() != doing) return std::nullopt;
  return sampler.record(heartbeat.in_hand->epoch, heartbeat.in_hand->position + Heartbeat::record_of(doing));
}

Flow::Verdict Flow::abandon(std::size_t segment, Heartbeat& heartbeat, Heartbeat::Doing doing, std::uint64_t record,
                            Error slow, bool again) {
  const std::lock_guard lock(mutex_);
  const std::shared_ptr<Chunk> stuck = heartbeat.in_hand;
  if (!stuck || heartbeat.abandoned() || heartbeat.doing() != doing || ended_.load(std::memory_order_relaxed))
    return Verdict::Gone;
  const auto owned = std::find(chunks_.begin(), chunks_.end(), stuck);
  if (owned == chunks_.end()) return Verdict::Gone;
  const std::size_t row = Heartbeat::record_of(doing);
  const bool tried = std::find(stuck->tried_again.begin(), stuck->tried_again.end(), row) != stuck->tried_again.end();
  const bool retry = again && !tried;

  std::shared_ptr<Chunk> fresh = replacement(segment, *stuck);
  BatchWork& batch = *fresh->batch;
  if (retry) {
    fresh->tried_again.push_back(row);
  } else {
    batch.faults.push_back({.row = fresh->row + row, .record = record, .error = std::move(slow)});
    batch.bad[fresh->row + row] = fresh->bad[row] = 1;
    batch.record_ids[fresh->row + row] = fresh->record_ids[row] = record;
  }
  if (layout_.segments[segment].collates) batch.buffer = pool_->acquire();
  staffing_[segment].anew.push_back(fresh.get());
  *owned = std::move(fresh);
  heartbeat.abandon();
  workers_[segment].notify_all();
  return retry ? Verdict::Again : Verdict::LeftOut;
}

/// The chunk as it entered the segment, in memory of its own; values of earlier segments are views of what the stuck
/// worker only reads.
std::shared_ptr<Chunk> Flow::replacement(std::size_t segment, const Chunk& chunk) {
  auto fresh = std::make_shared<Chunk>();
  fresh->sequence = chunk.sequence;
  fresh->batch = chunk.batch;
  fresh->epoch = chunk.epoch;
  fresh->position = chunk.position;
  fresh->row = chunk.row;
  fresh->count = chunk.count;
  fresh->bytes = fresh->entry_bytes = chunk.entry_bytes;
  fresh->tried_again = chunk.tried_again;
  const auto from = static_cast<std::ptrdiff_t>(chunk.row);
  const auto to = static_cast<std::ptrdiff_t>(chunk.row + chunk.count);
  fresh->record_ids.assign(chunk.batch->record_ids.begin() + from, chunk.batch->record_ids.begin() + to);
  fresh->bad.assign(chunk.batch->bad.begin() + from, chunk.batch->bad.begin() + to);
  if (segment == 0) return fresh;
  fresh->cached = chunk.cached;
  fresh->cells.resize(chunk.count * layout_.crossing);
  for (SlotIndex slot = 0; slot < layout_.homes.size(); ++slot) {
    if (!layout_.homes[slot].in_chunk || layout_.producer[slot] == SegmentLayout::kNone ||
        layout_.producer[slot] >= segment)
      continue;
    for (std::size_t r = 0; r < chunk.count; ++r) {
      const std::size_t cell = r * layout_.crossing + layout_.homes[slot].index;
      if (fresh->bad[r] == 0) fresh->cells[cell].view(chunk.cells[cell]);
    }
  }
  fresh->inherited = chunk.shared_from_this();
  return fresh;
}

}  // namespace feedline::inline engine
