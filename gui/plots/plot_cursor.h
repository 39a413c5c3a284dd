// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "telemetry/series.h"
#include "telemetry/snapshot.h"

#include <QObject>

#include <cstddef>
#include <optional>
#include <utility>

namespace feedline::gui::inline plots {

/// The one cursor of all plots: a moment of the run. It knows which step was taken when, so that plots over time and
/// plots over steps show the same moment.
class PlotCursor : public QObject {
  Q_OBJECT

 public:
  using QObject::QObject;

  /// A run begins: the cursor is nowhere.
  void reset();
  /// Remembers which step stands at which second.
  void track(const Snapshot& now);
  /// Seconds since the start of the run; none: nowhere.
  void point_at(std::optional<double> seconds);
  void point_at_step(double step) { point_at(seconds_at(step)); }
  [[nodiscard]] std::optional<double> seconds() const { return seconds_; }
  [[nodiscard]] std::optional<double> step() const;
  /// Steps taken by then, and the reverse; in between they are taken as evenly spread.
  [[nodiscard]] double step_at(double seconds) const;
  [[nodiscard]] double seconds_at(double step) const;

 Q_SIGNALS:
  void moved();

 private:
  std::optional<Series> way_{std::in_place, std::size_t{1024}};  ///< (seconds, step), both only grow
  double last_step_ = -1;
  std::optional<double> seconds_{};
};

}  // namespace feedline::gui::inline plots
