// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/plots/plot_cursor.h"

#include <algorithm>
#include <vector>

namespace feedline::gui::inline plots {

namespace {

/// `to` of the point whose `from` is `at`, along the line from (0, 0) through all points.
double along(const std::vector<Point>& points, double at, double Point::*from, double Point::*to) {
  const auto next =
      std::lower_bound(points.begin(), points.end(), at, [&](const Point& p, double value) { return p.*from < value; });
  if (next == points.end()) return points.empty() ? 0 : points.back().*to;
  const Point before = next == points.begin() ? Point{} : *(next - 1);
  const double length = *next.*from - before.*from;
  return length <= 0 ? *next.*to : before.*to + (at - before.*from) / length * (*next.*to - before.*to);
}

}  // namespace

void PlotCursor::reset() {
  way_.emplace(std::size_t{1024});
  last_step_ = -1;
  point_at(std::nullopt);
}

void PlotCursor::track(const Snapshot& now) {
  const auto step = static_cast<double>(now.trainer.steps);
  if (now.started == 0 || step == last_step_) return;
  last_step_ = step;
  way_->add(now.elapsed(), step);
}

void PlotCursor::point_at(std::optional<double> seconds) {
  if (seconds == seconds_) return;
  seconds_ = seconds;
  Q_EMIT moved();
}

std::optional<double> PlotCursor::step() const { return seconds_ ? std::optional(step_at(*seconds_)) : std::nullopt; }

double PlotCursor::step_at(double seconds) const { return along(way_->points(), seconds, &Point::x, &Point::y); }
double PlotCursor::seconds_at(double step) const { return along(way_->points(), step, &Point::y, &Point::x); }

}  // namespace feedline::gui::inline plots
