// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/plots/plot_panel.h"
#include "telemetry/series.h"

#include <memory>

namespace feedline::gui::inline plots {

/// Curves over the time of the run, in cells of one horizontal axis: as many cells as there is room for, the first ones
/// first. Curves keep a bounded number of points however long the run.
class TimePanel : public PlotPanel {
  Q_OBJECT

 public:
  ~TimePanel() override;
  void reset() override;
  [[nodiscard]] std::size_t cells() const { return cells_.size(); }
  /// Cells that there is room for.
  [[nodiscard]] std::size_t cells_shown() const { return shown_; }

 protected:
  using Words = std::function<QString(double)>;

  /// `wide`: a cell that is narrower stands below its fellows, not beside them.
  TimePanel(const QString& title, EmptyState::Words empty, int wide, QWidget* parent);

  /// The first one is the plot's own rect. `top`: the least upper end of its vertical axis.
  std::size_t add_cell(const QString& label, double top = 1);
  std::size_t add_curve(std::size_t cell, const QString& name, Words words);
  void clear_curves();
  /// NaN leaves a gap.
  void add_value(std::size_t curve, double seconds, double value);
  void set_elapsed(double seconds) { elapsed_ = seconds; }
  [[nodiscard]] QCPGraph* curve(std::size_t i) const { return curves_[i].graph; }
  [[nodiscard]] std::size_t curves() const { return curves_.size(); }
  [[nodiscard]] QCPAxis* value_axis(std::size_t cell) const;

  void refresh() override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  struct Cell {
    QCPAxisRect* rect = nullptr;
    double top = 1;
  };
  struct Curve {
    std::size_t cell = 0;
    QCPGraph* graph = nullptr;
    std::shared_ptr<Series> series{};
  };
  void lay_out();
  void count_ticks();

  int wide_;
  QCPMarginGroup* margins_;  ///< axes of cells below each other stand in line
  std::vector<Cell> cells_{};
  std::vector<Curve> curves_{};
  std::size_t shown_ = 0;
  std::size_t columns_ = 0;
  double elapsed_ = 0;
};

}  // namespace feedline::gui::inline plots
