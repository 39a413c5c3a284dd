// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "plan/run_length.h"
#include "schema/optimizer.h"

#include <QPolygonF>
#include <QString>
#include <QWidget>

#include <optional>
#include <vector>

namespace feedline::gui::inline inspector {

/// The learning rate of an optimiser over the steps of a run, as its parameters stand, drawn before there is one; while
/// one goes on, where it is.
class SchedulePlot : public QWidget {
  Q_OBJECT

 public:
  /// How far a run is, as a share of all its steps, and the rate that it has there.
  struct Progress {
    double done = 0;
    double rate = 0;
    bool operator==(const Progress&) const = default;
  };

  explicit SchedulePlot(QWidget* parent = nullptr);

  /// The schedule of a run of this length. Where its steps are not known, those of a usual one stand in for them, and
  /// the axis says so.
  void show_schedule(const OptimizerSettings& settings, const RunLength& length);
  void show_progress(std::optional<Progress> progress);

  [[nodiscard]] const std::vector<RatePoint>& curve() const { return curve_; }
  [[nodiscard]] const std::optional<Progress>& progress() const { return progress_; }
  /// "step of 9,380 (5 epochs)", "share of the run"
  [[nodiscard]] QString axis_text() const;
  /// "step 1,200: 0.0006", of the step under a point of the widget.
  [[nodiscard]] QString reading_at(QPointF point) const;
  /// Where a step and a rate are drawn.
  [[nodiscard]] QPointF place_of(double step, double rate) const;

  [[nodiscard]] QSize sizeHint() const override;
  [[nodiscard]] QSize minimumSizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;
  bool event(QEvent* event) override;

 private:
  [[nodiscard]] QRectF field() const;  ///< in which the curve lies
  [[nodiscard]] double last_step() const;

  OptimizerSettings settings_{};
  RunLength length_{};
  std::uint64_t total_ = 0;  ///< steps that are drawn
  double top_ = 0;           ///< highest rate
  std::vector<RatePoint> curve_{};
  std::optional<Progress> progress_{};
};

}  // namespace feedline::gui::inline inspector
