// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tuning/study.h"

#include <QWidget>

#include <vector>

class QCPErrorBars;
class QCPGraph;
class QCPItemText;
class QCustomPlot;

namespace feedline::gui::inline runs {

/// Time and accuracy of a study's settings with their intervals over seeds. The Pareto front is a line through the
/// settings that none beats in both, which are named.
class StudyPlot : public QWidget {
  Q_OBJECT

 public:
  explicit StudyPlot(QWidget* parent = nullptr);
  void show_study(const Study& study);

  [[nodiscard]] QCustomPlot* plot() const { return plot_; }
  [[nodiscard]] QCPGraph* points() const { return points_; }  ///< all settings whose time and value are known
  [[nodiscard]] QCPGraph* front() const { return front_; }

 private:
  void restyle();

  QCustomPlot* plot_;
  QCPGraph *points_, *front_;
  QCPErrorBars* bars_;
  std::vector<QCPItemText*> names_{};
};

}  // namespace feedline::gui::inline runs
