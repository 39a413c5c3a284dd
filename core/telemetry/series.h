// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <mutex>
#include <vector>

namespace feedline::inline telemetry {

struct Point {
  double x = 0;  ///< step number or seconds, as the series says
  double y = 0;
};

/// A curve of bounded size for a run of any length: when full, neighbouring pairs are merged to their mean and the
/// stride doubles, so the whole run stays in view at even resolution. One writer, any readers, a short lock.
class Series {
 public:
  explicit Series(std::size_t capacity = 2048) : capacity_(capacity < 4 ? 4 : capacity) {}

  void add(double x, double y);
  /// All of it, for restore() of another one of the same capacity.
  struct State {
    std::size_t stride = 1;   ///< raw points a stored point
    std::size_t pending = 0;  ///< raw points in the unfinished bucket
    Point sum{};              ///< of these
    std::vector<Point> points{};
  };
  [[nodiscard]] State state() const;
  void restore(State state);
  /// A copy, the unfinished last bucket included.
  [[nodiscard]] std::vector<Point> points() const;

 private:
  mutable std::mutex mutex_{};
  std::size_t capacity_;
  State state_{};
};

}  // namespace feedline::inline telemetry
