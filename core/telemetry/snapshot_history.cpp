// SPDX-License-Identifier: GPL-3.0-or-later
#include "telemetry/snapshot_history.h"

#include <algorithm>

namespace feedline::inline telemetry {

namespace {
constexpr double kSpan = 1;  // seconds, where that much is kept
}

SnapshotHistory::SnapshotHistory(std::size_t most, double interval_s)
    : most_(std::max<std::size_t>(most, 4)), first_interval_(interval_s), interval_(interval_s) {}

void SnapshotHistory::clear() {
  kept_.clear();
  interval_ = first_interval_;
}

void SnapshotHistory::add(const Snapshot& now) {
  if (now.started == 0 || (!kept_.empty() && seconds(now.at - kept_.back().at) < interval_)) return;
  if (kept_.size() == most_) {
    std::size_t half = 0;
    for (std::size_t i = 0; i < kept_.size(); i += 2) {
      if (i != half) kept_[half] = std::move(kept_[i]);
      ++half;
    }
    kept_.resize(half);
    interval_ *= 2;
    if (seconds(now.at - kept_.back().at) < interval_) return;
  }
  kept_.push_back(counters_of(now));
}

std::optional<Moment> SnapshotHistory::at(double seconds) const {
  if (kept_.size() < 2 || seconds < kept_.front().elapsed() || seconds > kept_.back().elapsed()) return std::nullopt;
  const auto later = std::partition_point(kept_.begin() + 1, kept_.end() - 1,
                                          [seconds](const Snapshot& s) { return s.elapsed() < seconds; });
  auto earlier = later - 1;
  while (earlier != kept_.begin() && later->elapsed() - earlier->elapsed() < kSpan) --earlier;
  return Moment{*earlier, *later};
}

}  // namespace feedline::inline telemetry
