// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "runs/target.h"

#include <QColor>
#include <QString>
#include <QWidget>

#include <vector>

class QCPAxisRect;
class QCPGraph;
class QCustomPlot;

namespace feedline::gui::inline runs {

/// The curves of several runs over each other: training loss and what says most of how good they are (the first metric,
/// else the loss), both over time or over a count that depends on no machine, and samples per second over time. A run
/// has one colour and one kind of line in all of them.
class ComparePlots : public QWidget {
  Q_OBJECT

 public:
  explicit ComparePlots(QWidget* parent = nullptr);
  void show_runs(const std::vector<RunRecord>& runs);
  /// What loss and metric are drawn over.
  void set_along(Along along);
  [[nodiscard]] Along along() const { return along_; }

  [[nodiscard]] QCustomPlot* plot() const { return plot_; }
  /// Of the run at this place, in the order that was given.
  [[nodiscard]] QCPGraph* loss(std::size_t run) const { return curves_[run].loss; }
  [[nodiscard]] QCPGraph* rate(std::size_t run) const { return curves_[run].rate; }
  [[nodiscard]] QCPGraph* metric(std::size_t run) const { return curves_[run].metric; }
  [[nodiscard]] static QColor color(std::size_t run);

 private:
  struct Curves {
    QCPGraph* loss = nullptr;
    QCPGraph* rate = nullptr;
    QCPGraph* metric = nullptr;
  };
  QCPAxisRect* add_rect(int column, const QString& x, const QString& y);
  void restyle();
  void draw();

  QCustomPlot* plot_;
  QCPAxisRect *loss_, *rate_, *metric_;
  Along along_ = Along::Time;
  std::vector<RunRecord> runs_{};
  std::vector<Curves> curves_{};
};

}  // namespace feedline::gui::inline runs
