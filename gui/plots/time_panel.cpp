// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/plots/time_panel.h"

#include "gui/plots/plot_navigator.h"

#include <QFontMetrics>
#include <QVector>

#include <algorithm>
#include <cmath>
#include <utility>

namespace feedline::gui::inline plots {

namespace {
constexpr std::size_t kPoints = 2048;
constexpr int kTall = 84;  // pixels of a cell that is worth drawing
}  // namespace

TimePanel::TimePanel(const QString& title, EmptyState::Words empty, int wide, QWidget* parent)
    : PlotPanel(title, std::move(empty), Across::Seconds, parent), wide_(wide), margins_(new QCPMarginGroup(plot())) {}

TimePanel::~TimePanel() {
  for (const Cell& cell : cells_)
    if (cell.rect->layout() == nullptr) delete cell.rect;  // the plot takes only what it lays out with it
}

std::size_t TimePanel::add_cell(const QString& label, double top) {
  QCPAxisRect* rect = cells_.empty() ? plot()->axisRect() : new QCPAxisRect(plot());
  QCPAxis* y = rect->axis(QCPAxis::atLeft);
  y->setLabel(label);
  y->setNumberFormat(QStringLiteral("gb"));
  y->ticker()->setTickStepStrategy(QCPAxisTicker::tssReadability);
  for (QCPAxis* axis : {rect->axis(QCPAxis::atBottom), y}) {
    axis->setLayer(QStringLiteral("axes"));
    axis->grid()->setLayer(QStringLiteral("grid"));
  }
  cells_.push_back({rect, top});
  add_pane(rect);
  if (cells_.size() > 1) rect->setVisible(false);  // until there is room for it
  return cells_.size() - 1;
}

QCPAxis* TimePanel::value_axis(std::size_t cell) const { return cells_[cell].rect->axis(QCPAxis::atLeft); }

std::size_t TimePanel::add_curve(std::size_t cell, const QString& name, Words words) {
  QCPAxisRect* rect = cells_[cell].rect;
  QCPGraph* graph = plot()->addGraph(rect->axis(QCPAxis::atBottom), rect->axis(QCPAxis::atLeft));
  graph->setName(name);
  graph->setAdaptiveSampling(true);
  graph->setAntialiasedFill(false);  // its edge lies under the line, and this takes a fraction of the time
  curves_.push_back({cell, graph, std::make_shared<Series>(kPoints)});
  add_reading(rect, {graph, name, std::move(words)});
  return curves_.size() - 1;
}

void TimePanel::clear_curves() {
  clear_readings();
  for (const Curve& curve : curves_) plot()->removeGraph(curve.graph);
  curves_.clear();
}

void TimePanel::add_value(std::size_t curve, double seconds, double value) {
  curves_[curve].series->add(seconds, value);
}

void TimePanel::reset() {
  elapsed_ = 0;
  for (Curve& curve : curves_) {
    curve.series = std::make_shared<Series>(kPoints);
    curve.graph->data()->clear();
  }
  navigator()->reset();
  set_frozen(false);
  show_empty(true);
  touch();
}

void TimePanel::lay_out() {
  const int width = std::max(plot()->width(), 1);
  const auto rows = static_cast<std::size_t>(std::max(1, plot()->height() / kTall));
  std::size_t columns = std::clamp<std::size_t>(static_cast<std::size_t>(width / wide_), 1, cells_.size());
  const std::size_t shown = std::min(cells_.size(), rows * columns);
  columns = std::min(columns, std::max<std::size_t>(shown, 1));
  const std::size_t lines = (shown + columns - 1) / columns;
  if (lines == 1) columns = shown;
  if (shown == shown_ && columns == columns_) return;
  shown_ = shown;
  columns_ = columns;
  QCPLayoutGrid* grid = plot()->plotLayout();
  for (const Cell& cell : cells_)
    if (cell.rect->layout() != nullptr) grid->take(cell.rect);
  grid->simplify();
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    QCPAxisRect* rect = cells_[i].rect;
    const bool visible = i < shown;
    rect->setVisible(visible);
    if (!visible) continue;
    grid->addElement(static_cast<int>(i / columns), static_cast<int>(i % columns), rect);
    const bool lowest = i + columns >= shown;
    rect->axis(QCPAxis::atBottom)->setLabel(lowest ? tr("time since start (s)") : QString());
    rect->axis(QCPAxis::atBottom)->setTickLabels(lowest);
    rect->setMarginGroup(QCP::msLeft, margins_);
    rect->setMinimumMargins({8, lowest ? 2 : 6, 8, 2});
  }
  grid->setRowSpacing(2);
}

/// As many as can be read: up to twice as many are drawn, and two lines apart they stand well.
void TimePanel::count_ticks() {
  const int rows = std::max(1, plot()->plotLayout()->rowCount());
  const int line = QFontMetrics(plot()->xAxis->tickLabelFont()).height();
  const int ticks = std::clamp((plot()->height() / rows - 2 * line) / (4 * line), 2, 5);
  for (const Cell& cell : cells_) cell.rect->axis(QCPAxis::atLeft)->ticker()->setTickCount(ticks);
}

void TimePanel::resizeEvent(QResizeEvent* event) {
  PlotPanel::resizeEvent(event);
  touch();
}

void TimePanel::refresh() {
  lay_out();
  count_ticks();
  std::vector<double> tops(cells_.size(), 0);
  for (const Curve& curve : curves_) {
    QVector<double> keys;
    QVector<double> values;
    for (const Point& point : curve.series->points()) {
      keys << point.x;
      values << point.y;
      if (std::isfinite(point.y)) tops[curve.cell] = std::max(tops[curve.cell], point.y);
    }
    curve.graph->setData(keys, values, true);
  }
  navigator()->propose_x(0, std::max(5.0, elapsed_));
  for (std::size_t i = 0; i < cells_.size(); ++i)
    navigator()->propose_y(cells_[i].rect, 0, std::max(cells_[i].top, tops[i] * 1.12));
}

}  // namespace feedline::gui::inline plots
