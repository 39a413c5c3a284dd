// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "diagnosis/scaling.h"

#include <QString>
#include <QWidget>

#include <vector>

class QCPGraph;
class QCPItemStraightLine;
class QCPItemText;
class QCustomPlot;
class QPoint;

namespace feedline::gui::inline base {
class Caption;
}

namespace feedline::gui::inline diagnosis {

/// What more processes would bring, from 1 to 1,024 of them: the rate when they share out the batch, and when each
/// keeps its rows; beside what as many times one process would reach. The number that was measured is a disc, the
/// number beyond which more of them stop paying a line.
class ScalingPlot : public QWidget {
  Q_OBJECT

 public:
  explicit ScalingPlot(QWidget* parent = nullptr);

  void show_scaling(const ScalingModel& model);
  /// Below the plot: what was measured, until when more pay, and on what network.
  [[nodiscard]] QString text() const;
  /// Of the curve at a place of the plot, the nearest number of processes: "8 ranks: 1,230 samples/s, ...".
  [[nodiscard]] QString point_text(const QPoint& place) const;

  [[nodiscard]] QCustomPlot* plot() const { return plot_; }
  [[nodiscard]] QCPGraph* shared() const { return shared_; }
  [[nodiscard]] QCPGraph* grown() const { return grown_; }
  [[nodiscard]] QCPGraph* measured() const { return measured_; }
  [[nodiscard]] QCPItemStraightLine* pays() const { return pays_; }

 protected:
  bool event(QEvent* event) override;

 private:
  void make_plot();
  void fit_axes(double least, double most);
  void restyle();

  QCustomPlot* plot_;
  Caption* text_;
  std::vector<ScalingPoint> points_{};  ///< of the batch that is shared out
  QCPGraph* ideal_ = nullptr;
  QCPGraph* grown_ = nullptr;
  QCPGraph* shared_ = nullptr;
  QCPGraph* measured_ = nullptr;
  QCPItemStraightLine* pays_ = nullptr;
  QCPItemText* pays_text_ = nullptr;
};

}  // namespace feedline::gui::inline diagnosis
