// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/runs/baselines_plot.h"

#include "gui/base/theme.h"
#include "gui/models/text.h"
#include "gui/runs/compare_plots.h"

#include <QSharedPointer>
#include <QVBoxLayout>
#include <qcustomplot.h>

#include <algorithm>
#include <cmath>

namespace feedline::gui::inline runs {
namespace {

/// A clock says no less, and a logarithm knows no 0.
constexpr double kLeastShown = 1e-5;

}  // namespace

BaselinesPlot::BaselinesPlot(QWidget* parent) : QWidget(parent), plot_(new QCustomPlot(this)) {
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(plot_);
  plot_->setMinimumSize(320, 200);
  plot_->xAxis->setScaleType(QCPAxis::stLogarithmic);
  plot_->xAxis->setTicker(QSharedPointer<QCPAxisTickerLog>::create());
  plot_->xAxis->setLabel(tr("seconds to fit"));
  points_ = plot_->addGraph();
  points_->setLineStyle(QCPGraph::lsNone);
  front_ = plot_->addGraph();
  front_->setLineStyle(QCPGraph::lsStepLeft);
  marked_ = plot_->addGraph();
  marked_->setLineStyle(QCPGraph::lsNone);
  bars_ = new QCPErrorBars(plot_->xAxis, plot_->yAxis);
  bars_->setDataPlottable(points_);
  plot_->setInteractions(QCP::iRangeDrag | QCP::iRangeZoom);
  setAccessibleName(tr("Time to fit and accuracy of the models"));
  connect(&Theme::instance(), &Theme::changed, this, &BaselinesPlot::restyle);
  restyle();
}

void BaselinesPlot::show_baselines(const Baselines& baselines) {
  const bool share = baselines.metric.unit == kShareUnit;
  const double scale = share ? 100 : 1;
  const QString title = to_qstring(metric_title(baselines.metric));
  plot_->yAxis->setLabel(share ? tr("%1 (%)").arg(title) : title);
  for (QCPItemText* name : names_) plot_->removeItem(name);
  names_.clear();
  QVector<double> xs, ys, halves, front_x, front_y;
  // From the cheapest to the dearest: the plottable of error bars finds its points by their place.
  for (const BaselineOutcome& outcome : outcomes_of(baselines)) {
    if (!std::isfinite(outcome.fit_s.mean) || !std::isfinite(outcome.value.mean)) continue;
    const double x = std::max(outcome.fit_s.mean, kLeastShown);
    const double y = outcome.value.mean * scale;
    xs << x;
    ys << y;
    halves << (std::isfinite(outcome.value.half) ? outcome.value.half * scale : 0);
    if (outcome.front) {
      front_x << x;
      front_y << y;
    }
    auto* name = new QCPItemText(plot_);
    name->position->setCoords(x, y);
    name->setText(to_qstring(baselines.models[outcome.model].title));
    // Every other name below its point: models that are about as good as each other stand side by side.
    const bool below = xs.size() % 2 == 0;
    name->setPositionAlignment(Qt::AlignLeft | (below ? Qt::AlignTop : Qt::AlignBottom));
    name->setPadding(QMargins(Theme::kUnit / 2, below ? Theme::kUnit / 2 : 0, 0, below ? 0 : Theme::kUnit / 2));
    names_.push_back(name);
  }
  points_->setData(xs, ys, true);
  bars_->setData(halves);
  front_->setData(front_x, front_y, true);
  mark({});
  fit_axes();
  restyle();
}

/// With room for the names, which stand to the right of their points.
void BaselinesPlot::fit_axes() {
  if (points_->dataCount() == 0) return;
  bool found = false;
  const QCPRange times = points_->getKeyRange(found);
  const double decades = std::max(std::log10(times.upper / times.lower), 1.0);
  plot_->xAxis->setRange(times.lower / std::pow(10.0, decades * 0.06), times.upper * std::pow(10.0, decades * 0.3));
  plot_->yAxis->rescale();
  const double margin = std::max(plot_->yAxis->range().size() * 0.12, 1e-6);
  plot_->yAxis->setRange(plot_->yAxis->range().lower - margin, plot_->yAxis->range().upper + margin);
}

void BaselinesPlot::mark(const QString& title) {
  QVector<double> x, y;
  for (const QCPItemText* name : names_) {
    if (title.isEmpty() || name->text() != title) continue;
    x << name->position->key();
    y << name->position->value();
  }
  marked_->setData(x, y, true);
  plot_->replot(QCustomPlot::rpQueuedReplot);
}

void BaselinesPlot::restyle() {
  const Theme& theme = Theme::instance();
  const Theme::Colors& c = theme.colors();
  plot_->setBackground(QBrush(c.panel));
  QColor faint = c.border;
  faint.setAlpha(130);
  for (QCPAxis* axis : {plot_->xAxis, plot_->yAxis}) {
    for (const auto set : {&QCPAxis::setBasePen, &QCPAxis::setTickPen}) (axis->*set)(QPen(c.border));
    axis->setSubTickPen(Qt::NoPen);
    axis->setTickLabelColor(c.muted);
    axis->setLabelColor(c.muted);
    axis->setTickLabelFont(theme.small_font());
    axis->setLabelFont(theme.small_font());
    axis->setNumberFormat(QStringLiteral("g"));
    axis->grid()->setPen(QPen(faint));
    axis->grid()->setZeroLinePen(QPen(faint));
  }
  const QColor plain = ComparePlots::color(0);
  const QColor best = ComparePlots::color(1);
  points_->setPen(QPen(plain));
  points_->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssCircle, plain, 7));
  bars_->setPen(QPen(plain));
  front_->setPen(QPen(best, 1.6));
  front_->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssDisc, best, 7));
  marked_->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssCircle, QPen(c.text, 1.6), Qt::NoBrush, 15));
  for (QCPItemText* name : names_) {
    name->setFont(theme.small_font());
    name->setColor(c.muted);
  }
  plot_->replot(QCustomPlot::rpQueuedReplot);
}

}  // namespace feedline::gui::inline runs
