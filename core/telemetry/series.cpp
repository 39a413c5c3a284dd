// SPDX-License-Identifier: GPL-3.0-or-later
#include "telemetry/series.h"

#include <utility>

namespace feedline::inline telemetry {
namespace {

Point mean(const Point& sum, std::size_t count) {
  return {sum.x / static_cast<double>(count), sum.y / static_cast<double>(count)};
}

}  // namespace

void Series::add(double x, double y) {
  const std::lock_guard lock(mutex_);
  state_.sum.x += x;
  state_.sum.y += y;
  if (++state_.pending < state_.stride) return;
  state_.points.push_back(mean(state_.sum, state_.pending));
  state_.sum = {};
  state_.pending = 0;
  if (state_.points.size() < capacity_) return;

  const std::size_t pairs = state_.points.size() / 2;
  for (std::size_t i = 0; i < pairs; ++i)
    state_.points[i] = mean(
        {state_.points[2 * i].x + state_.points[2 * i + 1].x, state_.points[2 * i].y + state_.points[2 * i + 1].y}, 2);
  if (state_.points.size() % 2 != 0) {  // an odd one out starts the next, longer bucket
    const Point last = state_.points.back();
    state_.sum = {last.x * static_cast<double>(state_.stride), last.y * static_cast<double>(state_.stride)};
    state_.pending = state_.stride;
  }
  state_.points.resize(pairs);
  state_.stride *= 2;
}

Series::State Series::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

void Series::restore(State state) {
  const std::lock_guard lock(mutex_);
  state_ = std::move(state);
  if (state_.stride == 0) state_.stride = 1;
}

std::vector<Point> Series::points() const {
  const std::lock_guard lock(mutex_);
  std::vector<Point> copy;
  copy.reserve(state_.points.size() + 1);
  copy = state_.points;
  if (state_.pending > 0) copy.push_back(mean(state_.sum, state_.pending));
  return copy;
}

}  // namespace feedline::inline telemetry
