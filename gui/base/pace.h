// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/clock.h"

namespace feedline::gui::inline base {

/// How often what shows a run may be drawn anew. Four times a second, as fast as numbers can be read, as long as the
/// window's thread takes no more than its share of a core; with many panels in view, or on a slow machine, less often,
/// so that watching a run does not slow it down. Used by the window's thread.
class Pace {
 public:
  static constexpr int kShortestMs = 250;
  static constexpr int kLongestMs = 750;
  static constexpr double kShare = 0.024;  ///< of one core, for this thread

  static Pace& instance();

  [[nodiscard]] int interval_ms() const { return interval_ms_; }
  [[nodiscard]] Nanos interval() const { return interval_ms_ * Nanos{1'000'000}; }
  /// A run is being shown: now and then looks at what this thread has used since it looked last.
  void tick();
  /// So much was used in so much time at the present interval.
  void judge(double cpu_s, double wall_s);

 private:
  int interval_ms_ = kShortestMs;
  Nanos wall_ = 0;  ///< when it looked last
  Nanos cpu_ = 0;
};

}  // namespace feedline::gui::inline base
