// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "runs/run_record.h"

#include <QColor>
#include <QString>
#include <QWidget>

#include <vector>

class QCPAxisRect;
class QCPGraph;
class QCustomPlot;

namespace feedline::gui::inline runs {

/// The curves of several runs over each other: training loss over steps, samples per second over time, what says most
/// of how good they are (the first metric, else the loss) over epochs. A run has one colour and one kind of line in all
/// of them.
class ComparePlots : public QWidget {
  Q_OBJECT

 public:
  explicit ComparePlots(QWidget* parent = nullptr);
  void show_runs(const std::vector<RunRecord>& runs);

  [[nodiscard]] QCustomPlot* plot() const { return plot_; }
  /// Of the run at this place, in the order that was given.
  [[nodiscard]] QCPGraph* loss(std::size_t run) const { return curves_[run].loss; }
  [[nodiscard]] QCPGraph* rate(std::size_t run) const { return curves_[run].rate; }
  [[nodiscard]] QCPGraph* by_epoch(std::size_t run) const { return curves_[run].by_epoch; }
  [[nodiscard]] static QColor color(std::size_t run);

 private:
  struct Curves {
    QCPGraph* loss = nullptr;
    QCPGraph* rate = nullptr;
    QCPGraph* by_epoch = nullptr;
  };
  QCPAxisRect* add_rect(int column, const QString& x, const QString& y);
  void restyle();

  QCustomPlot* plot_;
  QCPAxisRect *loss_, *rate_, *by_epoch_;
  std::vector<Curves> curves_{};
};

}  // namespace feedline::gui::inline runs
