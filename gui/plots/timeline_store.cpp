// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/plots/timeline_store.h"

#include <algorithm>
#include <map>
#include <utility>

namespace feedline::gui::inline plots {

namespace {

TimelineLane::Block summary_of(const TraceSlice* first, std::size_t count) {
  TimelineLane::Block block{first->start, first[count - 1].start + first[count - 1].duration, *first};
  if (first->kind == TraceKind::Level) {
    block.most = *std::max_element(first, first + count,
                                   [](const TraceSlice& a, const TraceSlice& b) { return a.records < b.records; });
    return block;
  }
  std::map<std::pair<TraceKind, std::uint16_t>, Nanos> times;
  Nanos most = -1;
  for (std::size_t i = 0; i < count; ++i) {
    const Nanos time = times[{first[i].kind, first[i].label}] += first[i].duration;
    if (time <= most) continue;
    most = time;
    block.most = first[i];
  }
  return block;
}

}  // namespace

void TimelineLane::add(const std::vector<TraceSlice>& slices) {
  slices_.insert(slices_.end(), slices.begin(), slices.end());
  if (slices_.size() > 2 * kept_) {  // seldom, and whole blocks
    const std::size_t blocks = (slices_.size() - kept_) / kBlock;
    slices_.erase(slices_.begin(), slices_.begin() + static_cast<std::ptrdiff_t>(blocks * kBlock));
    blocks_.erase(blocks_.begin(), blocks_.begin() + static_cast<std::ptrdiff_t>(std::min(blocks, blocks_.size())));
  }
  summarise();
}

void TimelineLane::summarise() {
  while ((blocks_.size() + 1) * kBlock <= slices_.size())
    blocks_.push_back(summary_of(slices_.data() + blocks_.size() * kBlock, kBlock));
}

std::pair<std::size_t, std::size_t> TimelineLane::between(Nanos from, Nanos to) const {
  const auto first = std::partition_point(slices_.begin(), slices_.end(),
                                          [from](const TraceSlice& s) { return s.start + s.duration < from; });
  const auto last = std::partition_point(first, slices_.end(), [to](const TraceSlice& s) { return s.start <= to; });
  return {static_cast<std::size_t>(first - slices_.begin()), static_cast<std::size_t>(last - slices_.begin())};
}

const TraceSlice* TimelineLane::at(Nanos moment) const {
  const auto after =
      std::partition_point(slices_.begin(), slices_.end(), [moment](const TraceSlice& s) { return s.start <= moment; });
  if (after == slices_.begin()) return nullptr;
  const TraceSlice& slice = *(after - 1);
  return queue() || moment < slice.start + slice.duration ? &slice : nullptr;
}

void TimelineStore::begin(std::shared_ptr<const Trace> trace) {
  trace_ = std::move(trace);
  next_.clear();
  lanes_.clear();
  labels_.clear();
}

bool TimelineStore::pull() {
  if (trace_ == nullptr) return false;
  const std::vector<const TraceLane*> sources = trace_->lanes();
  bool fresh = false;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    if (i == lanes_.size()) {
      lanes_.emplace_back(sources[i]->name(), Trace::kCapacity);
      next_.push_back(0);
    }
    const std::vector<TraceSlice> slices = sources[i]->read_from(next_[i]);
    if (slices.empty()) continue;
    lanes_[i].add(slices);
    fresh = true;
  }
  if (fresh) labels_ = trace_->labels();
  return fresh;
}

std::pair<Nanos, Nanos> TimelineStore::range() const {
  std::pair<Nanos, Nanos> all{0, 0};
  for (const TimelineLane& lane : lanes_) {
    if (lane.slices().empty()) continue;
    all.first = all.first == 0 ? lane.begin() : std::min(all.first, lane.begin());
    all.second = std::max(all.second, lane.end());
  }
  return all;
}

}  // namespace feedline::gui::inline plots
