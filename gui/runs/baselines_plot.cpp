// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/runs/baselines_plot.h"

#include "gui/base/point_names.h"
#include "gui/base/theme.h"
#include "gui/models/text.h"
#include "gui/runs/compare_plots.h"

#include <QSharedPointer>
#include <QVBoxLayout>
#include <qcustomplot.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace feedline::gui::inline runs {
namespace {

/// A clock says no less, and a logarithm knows no 0.
constexpr double kLeastShown = 1e-5;
/// Where those that learn have less of the axis than this because of one that guesses, it is left to them.
constexpr double kSqueezed = 0.4;
constexpr double kMargin = 0.12;
/// Its place above the edge, as a share of the axis.
constexpr double kAtEdge = 0.02;

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
  connect(plot_, &QCustomPlot::beforeReplot, this, [this] { place_point_names(*plot_, names_); });
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
  QVector<double> xs, ys, below, above, front_x, front_y;
  std::vector<QCPItemText*> others;
  std::optional<Guess> guess;
  double lowest = HUGE_VAL;
  double highest = -HUGE_VAL;
  // From the cheapest to the dearest: the plottable of error bars finds its points by their place.
  for (const BaselineOutcome& outcome : outcomes_of(baselines)) {
    if (!std::isfinite(outcome.fit_s.mean) || !std::isfinite(outcome.value.mean)) continue;
    const BaselineModel& model = baselines.models[outcome.model];
    const double x = std::max(outcome.fit_s.mean, kLeastShown);
    const double y = outcome.value.mean * scale;
    const double half = std::isfinite(outcome.value.half) ? outcome.value.half * scale : 0;
    xs << x;
    ys << y;
    // Of few folds an interval is wider than what there can be.
    below << (share ? std::min(half, std::max(y, 0.0)) : half);
    above << (share ? std::min(half, std::max(100 - y, 0.0)) : half);
    auto* name = new QCPItemText(plot_);
    name->position->setCoords(x, y);
    name->setText(to_qstring(model.title));
    name->setPadding(QMargins(Theme::kUnit / 2, Theme::kUnit / 2, Theme::kUnit / 2, Theme::kUnit / 2));
    // Those of the front and what is drawn are served first.
    (outcome.front || model.name == kAsDrawn ? names_ : others).push_back(name);
    if (outcome.front) {
      front_x << x;
      front_y << y;
    }
    if (model.name == "majority_class") {
      guess = Guess{
          name, y,
          tr("%1: %2, below").arg(name->text(), to_qstring(metric_text(outcome.value.mean, baselines.metric.unit)))};
    } else {
      lowest = std::min(lowest, y - below.back());
      highest = std::max(highest, y + above.back());
    }
  }
  names_.insert(names_.end(), others.begin(), others.end());
  points_->setData(xs, ys, true);
  bars_->setData(below, above);
  front_->setData(front_x, front_y, true);
  mark({});
  fit_axes();
  if (guess && lowest < highest) make_way(*guess, {lowest, highest});
  restyle();
}

/// Guessing may be so far below all that learn that these would lie on one line.
void BaselinesPlot::make_way(const Guess& guess, const QCPRange& learners) {
  QCPAxis* axis = plot_->yAxis;
  if (guess.value >= learners.lower || learners.size() >= kSqueezed * axis->range().size()) return;
  const double margin = learners.size() * kMargin;
  axis->setRange(learners.lower - margin, learners.upper + margin);
  guess.name->setText(guess.text);
  guess.name->position->setCoords(guess.name->position->key(), axis->range().lower + kAtEdge * axis->range().size());
}

/// With room for the names, which stand to the right of their points.
void BaselinesPlot::fit_axes() {
  if (points_->dataCount() == 0) return;
  bool found = false;
  const QCPRange times = points_->getKeyRange(found);
  const double decades = std::max(std::log10(times.upper / times.lower), 1.0);
  plot_->xAxis->setRange(times.lower / std::pow(10.0, decades * 0.06), times.upper * std::pow(10.0, decades * 0.3));
  plot_->yAxis->rescale();
  const double margin = std::max(plot_->yAxis->range().size() * kMargin, 1e-6);
  plot_->yAxis->setRange(plot_->yAxis->range().lower - margin, plot_->yAxis->range().upper + margin);
}

void BaselinesPlot::mark(const QString& title) {
  QVector<double> x, y;
  for (const QCPItemText* name : names_) {
    if (title.isEmpty() || (name->text() != title && !name->text().startsWith(title + QLatin1Char(':')))) continue;
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
