// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/results.h"
#include "gui/plots/cursor_item.h"
#include "telemetry/series.h"

#include <QString>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

class QCPAxisRect;
class QCPGraph;
class QCustomPlot;

namespace feedline::gui::inline plots {

/// Gives a curve these points, times `scale`, in the order of x; what is no finite number is left out.
void set_points(QCPGraph* graph, const std::vector<Point>& points, double scale = 1);

/// The axes on which a run's metrics stand, over steps: those that are written in one unit, that of the first; the loss
/// is left out. Each has a running curve of training where it is measured there, and points an epoch, discs for
/// training and diamonds for validation; a second metric and those after it are told apart by their dashes.
class MetricPane {
 public:
  /// `rect` lies in the plot, which owns the curves.
  MetricPane(QCustomPlot* plot, QCPAxisRect* rect) : plot_(plot), rect_(rect) {}

  /// Forgets the run.
  void reset();
  /// What a snapshot and an epoch's result say, at this step.
  void add_step(double step, const Metrics& metrics);
  void add_epoch(double step, const Metrics& metrics);
  /// Has a curve come or gone since the last time? Its readings are then others.
  [[nodiscard]] bool take_changed() { return std::exchange(changed_, false); }
  [[nodiscard]] std::vector<CursorCurve> readings() const;
  /// Copies what was gathered into the plot.
  void refresh();
  /// Of the vertical axis.
  [[nodiscard]] std::pair<double, double> range() const;
  void restyle();

  /// Null where there is none such.
  [[nodiscard]] QCPGraph* points(std::string_view metric, std::string_view split) const;
  [[nodiscard]] QCPGraph* running(std::string_view metric) const;

 private:
  struct Curves {
    std::string name{};
    QCPGraph* running = nullptr;
    QCPGraph* train = nullptr;
    QCPGraph* validation = nullptr;
    Series steps{std::size_t{1024}};
    std::vector<Point> train_points{};
    std::vector<Point> validation_points{};
  };
  /// Made where there is none yet; null for what does not belong here.
  Curves* curves_of(const MetricValue& metric);
  [[nodiscard]] const Curves* find(std::string_view name) const;
  [[nodiscard]] bool share() const { return unit_ == kShareUnit; }
  [[nodiscard]] QString label() const;

  QCustomPlot* plot_;
  QCPAxisRect* rect_;
  std::string unit_{};
  std::vector<std::unique_ptr<Curves>> curves_{};
  bool changed_ = false;
};

}  // namespace feedline::gui::inline plots
