// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "tuning/baselines.h"

#include <QString>
#include <QWidget>

#include <vector>

class QCPErrorBars;
class QCPGraph;
class QCPItemText;
class QCPRange;
class QCustomPlot;

namespace feedline::gui::inline runs {

/// Time to fit, on a logarithmic axis, and metric of models that are held against each other, with their intervals over
/// folds. Each is named where there is room; the Pareto front is a line through those that none beats in both. The most
/// frequent class stands at the lower edge where those that learn would otherwise lie on one line. One can be marked.
class BaselinesPlot : public QWidget {
  Q_OBJECT

 public:
  explicit BaselinesPlot(QWidget* parent = nullptr);
  void show_baselines(const Baselines& baselines);
  /// By the model's title; empty: none.
  void mark(const QString& title);

  [[nodiscard]] QCustomPlot* plot() const { return plot_; }
  [[nodiscard]] QCPGraph* points() const { return points_; }  ///< all models whose time and value are known
  [[nodiscard]] QCPGraph* front() const { return front_; }
  [[nodiscard]] QCPErrorBars* bars() const { return bars_; }
  [[nodiscard]] const std::vector<QCPItemText*>& names() const { return names_; }

 private:
  /// What comes of no learning at all.
  struct Guess {
    QCPItemText* name = nullptr;
    double value = 0;
    QString text{};  ///< of one that lies below the axis
  };

  void fit_axes();
  void make_way(const Guess& guess, const QCPRange& learners);
  void restyle();

  QCustomPlot* plot_;
  QCPGraph *points_, *front_, *marked_;
  QCPErrorBars* bars_;
  std::vector<QCPItemText*> names_{};
};

}  // namespace feedline::gui::inline runs
