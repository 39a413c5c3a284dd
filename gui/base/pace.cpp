// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/base/pace.h"

#include <algorithm>
#include <cmath>

namespace feedline::gui::inline base {

namespace {
constexpr Nanos kLook = 2'000'000'000;
/// A run that nobody showed for so long is another one.
constexpr Nanos kPause = 2 * kLook;
/// Within this of its share nothing is changed.
constexpr double kNear = 0.08;
}  // namespace

Pace& Pace::instance() {
  static Pace pace;
  return pace;
}

void Pace::judge(double cpu_s, double wall_s) {
  if (wall_s <= 0) return;
  const double much = cpu_s / wall_s / kShare;
  if (std::abs(much - 1) <= kNear) return;
  // Half of the way: what it used may have been a menu or a window that opened.
  const double wanted = interval_ms_ * (1 + (much - 1) / 2);
  interval_ms_ = static_cast<int>(std::clamp(wanted, double{kShortestMs}, double{kLongestMs}));
}

void Pace::tick() {
  const Clock& clock = Clock::system();
  const Nanos now = clock.now();
  if (wall_ != 0 && now - wall_ < kLook) return;
  const Nanos cpu = clock.thread_cpu();
  if (wall_ != 0 && now - wall_ < kPause) judge(seconds(cpu - cpu_), seconds(now - wall_));
  wall_ = now;
  cpu_ = cpu;
}

}  // namespace feedline::gui::inline base
