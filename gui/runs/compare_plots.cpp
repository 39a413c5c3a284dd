// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/runs/compare_plots.h"

#include "gui/base/theme.h"
#include "gui/models/text.h"

#include <QVBoxLayout>
#include <qcustomplot.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace feedline::gui::inline runs {
namespace {

void set_points(QCPGraph* graph, const std::vector<CurvePoint>& points) {
  QVector<double> keys;
  QVector<double> values;
  for (const CurvePoint& point : points) {
    if (!std::isfinite(point.x) || !std::isfinite(point.y)) continue;
    keys << point.x;
    values << point.y;
  }
  graph->setData(keys, values, true);
}

std::vector<CurvePoint> rate_of(const RunRecord& run) {
  std::vector<CurvePoint> points;
  const std::size_t time = run.series.find("time_s");
  const std::size_t rate = run.series.find("samples_per_s");
  if (std::max(time, rate) >= run.series.columns.size()) return points;
  for (std::size_t row = 0; row < run.series.rows(); ++row)
    points.push_back({run.series.at(row, time), run.series.at(row, rate)});
  return points;
}

std::vector<CurvePoint> scaled(std::vector<CurvePoint> points, double scale) {
  for (CurvePoint& point : points) point.y *= scale;
  return points;
}

QString metric_label(const MetricValue& kind) {
  const QString title = to_qstring(metric_title(kind));
  return kind.unit == kShareUnit ? ComparePlots::tr("%1 (%)").arg(title) : title;
}

QString along_label(Along along) {
  switch (along) {
    case Along::Epochs:
      return ComparePlots::tr("epochs");
    case Along::Time:
      return ComparePlots::tr("seconds");
    case Along::Steps:
      return ComparePlots::tr("steps");
    case Along::Samples:
      break;
  }
  return ComparePlots::tr("training samples");
}

Qt::PenStyle line_of(std::size_t run) {
  constexpr std::array styles = {Qt::SolidLine, Qt::DashLine, Qt::DotLine, Qt::DashDotLine, Qt::DashDotDotLine};
  return styles[run % styles.size()];
}

}  // namespace

ComparePlots::ComparePlots(QWidget* parent) : QWidget(parent), plot_(new QCustomPlot(this)) {
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(plot_);
  plot_->setMinimumSize(360, 160);
  plot_->plotLayout()->clear();
  loss_ = add_rect(0, tr("step"), tr("training loss"));
  rate_ = add_rect(1, tr("seconds"), tr("training samples/s"));
  metric_ = add_rect(2, tr("seconds"), tr("metric"));
  plot_->setInteractions(QCP::iRangeDrag | QCP::iRangeZoom);
  connect(&Theme::instance(), &Theme::changed, this, &ComparePlots::restyle);
  restyle();
}

QColor ComparePlots::color(std::size_t run) {
  // Okabe and Ito (2008): told apart by the colour-blind.
  static constexpr std::array light = {"#0072b2", "#d55e00", "#009e73", "#cc6f9f", "#b07d00"};
  static constexpr std::array dark = {"#56b4e9", "#ff8c3a", "#2fcf9f", "#e79cc4", "#e5b53b"};
  return QColor(QLatin1String((Theme::instance().dark() ? dark : light)[run % light.size()]));
}

QCPAxisRect* ComparePlots::add_rect(int column, const QString& x, const QString& y) {
  auto* rect = new QCPAxisRect(plot_);
  plot_->plotLayout()->addElement(0, column, rect);
  rect->axis(QCPAxis::atBottom)->setLabel(x);
  rect->axis(QCPAxis::atLeft)->setLabel(y);
  for (QCPAxis* axis : rect->axes()) {
    axis->setLayer(QStringLiteral("axes"));
    axis->grid()->setLayer(QStringLiteral("grid"));
    axis->setNumberFormat(QStringLiteral("g"));
  }
  return rect;
}

void ComparePlots::show_runs(const std::vector<RunRecord>& runs) {
  runs_ = runs;
  draw();
}

void ComparePlots::set_along(Along along) {
  if (along == along_) return;
  along_ = along;
  draw();
}

void ComparePlots::draw() {
  plot_->clearGraphs();
  curves_.clear();
  const MetricValue kind = telling_metric(runs_);
  metric_->axis(QCPAxis::atLeft)->setLabel(metric_label(kind));
  for (QCPAxisRect* rect : {loss_, metric_}) rect->axis(QCPAxis::atBottom)->setLabel(along_label(along_));
  QSharedPointer<QCPAxisTicker> ticker(new QCPAxisTicker);
  if (along_ == Along::Epochs) {
    const QSharedPointer<QCPAxisTickerFixed> whole(new QCPAxisTickerFixed);
    whole->setTickStep(1);
    whole->setScaleStrategy(QCPAxisTickerFixed::ssMultiples);
    ticker = whole;
  }
  metric_->axis(QCPAxis::atBottom)->setTicker(ticker);
  const auto graph = [this](QCPAxisRect* rect) {
    return plot_->addGraph(rect->axis(QCPAxis::atBottom), rect->axis(QCPAxis::atLeft));
  };
  for (const RunRecord& run : runs_) {
    const Curves curves{.loss = graph(loss_), .rate = graph(rate_), .metric = graph(metric_)};
    set_points(curves.loss, loss_curve(run, along_));
    set_points(curves.rate, rate_of(run));
    set_points(curves.metric, scaled(metric_curve(run, kind, along_), kind.unit == kShareUnit ? 100 : 1));
    curves.metric->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssDisc, 6));
    curves_.push_back(curves);
  }
  for (QCPAxisRect* rect : {loss_, rate_, metric_}) {
    for (QCPAxis* axis : rect->axes()) axis->rescale();
    QCPAxis* y = rect->axis(QCPAxis::atLeft);
    y->setRange(rect == rate_ ? 0 : y->range().lower - y->range().size() * 0.05,
                y->range().upper + std::max(y->range().size() * 0.05, 1e-9));
  }
  QCPAxis* x = metric_->axis(QCPAxis::atBottom);
  const double margin = along_ == Along::Epochs ? 0.2 : x->range().size() * 0.05;
  x->setRange(x->range().lower - margin, x->range().upper + margin);
  restyle();
}

void ComparePlots::restyle() {
  const Theme& theme = Theme::instance();
  const Theme::Colors& c = theme.colors();
  plot_->setBackground(QBrush(c.panel));
  QColor faint = c.border;
  faint.setAlpha(130);
  for (QCPAxisRect* rect : {loss_, rate_, metric_})
    for (QCPAxis* axis : rect->axes()) {
      for (const auto set : {&QCPAxis::setBasePen, &QCPAxis::setTickPen}) (axis->*set)(QPen(c.border));
      axis->setSubTickPen(Qt::NoPen);
      axis->setTickLabelColor(c.muted);
      axis->setLabelColor(c.muted);
      axis->setTickLabelFont(theme.small_font());
      axis->setLabelFont(theme.small_font());
      axis->grid()->setPen(QPen(faint));
      axis->grid()->setZeroLinePen(QPen(faint));
      axis->ticker()->setTickCount(5);
    }
  for (std::size_t i = 0; i < curves_.size(); ++i)
    for (QCPGraph* graph : {curves_[i].loss, curves_[i].rate, curves_[i].metric})
      graph->setPen(QPen(color(i), 1.8, line_of(i)));
  plot_->replot(QCustomPlot::rpQueuedReplot);
}

}  // namespace feedline::gui::inline runs
