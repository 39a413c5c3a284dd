// SPDX-License-Identifier: GPL-3.0-or-later
#include "telemetry/series.h"

namespace feedline::inline telemetry {
namespace {

Point mean(const Point& sum, std::size_t count) {
  return {sum.x / static_cast<double>(count), sum.y / static_cast<double>(count)};
}

}  // namespace

void Series::add(double x, double y) {
  const std::lock_guard lock(mutex_);
  sum_.x += x;
  sum_.y += y;
  if (++pending_ < stride_) return;
  points_.push_back(mean(sum_, pending_));
  sum_ = {};
  pending_ = 0;
  if (points_.size() < capacity_) return;

  const std::size_t pairs = points_.size() / 2;
  for (std::size_t i = 0; i < pairs; ++i)
    points_[i] = mean({points_[2 * i].x + points_[2 * i + 1].x, points_[2 * i].y + points_[2 * i + 1].y}, 2);
  if (points_.size() % 2 != 0) {  // an odd one out starts the next, longer bucket
    const Point last = points_.back();
    sum_ = {last.x * static_cast<double>(stride_), last.y * static_cast<double>(stride_)};
    pending_ = stride_;
  }
  points_.resize(pairs);
  stride_ *= 2;
}

std::vector<Point> Series::points() const {
  const std::lock_guard lock(mutex_);
  std::vector<Point> copy;
  copy.reserve(points_.size() + 1);
  copy = points_;
  if (pending_ > 0) copy.push_back(mean(sum_, pending_));
  return copy;
}

}  // namespace feedline::inline telemetry
