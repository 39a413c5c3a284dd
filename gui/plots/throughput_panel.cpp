// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/throughput_panel.h"

#include "app/theme.h"

#include <QVector>
#include <qcustomplot.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace feedline::gui {

namespace {
constexpr double kWindow = 0.5;  // seconds
constexpr double kStall = 10;    // seconds without a step: shown as zero
}  // namespace

ThroughputPanel::ThroughputPanel(QWidget* parent)
    : PlotPanel(tr("Press Run to see how many samples a second the pipeline feeds the model."), parent) {
  graph_ = plot()->addGraph();
  graph_->setName(tr("Throughput"));
  plot()->xAxis->setLabel(tr("time since start (s)"));
  plot()->yAxis->setLabel(tr("samples/s"));
  plot()->yAxis->setNumberFormat(QStringLiteral("f"));
  plot()->yAxis->setNumberPrecision(0);
  plot()->yAxis->ticker()->setTickStepStrategy(QCPAxisTicker::tssReadability);
  apply_theme();
  reset();
}

void ThroughputPanel::reset() {
  rates_.emplace(std::size_t{2048});
  from_.reset();
  fresh_ = true;
  training_s_ = 0;
  training_samples_ = 0;
  rate_ = step_rate_ = elapsed_ = 0;
  graph_->data()->clear();
  show_empty(true);
  touch();
}

void ThroughputPanel::show_snapshot(const Snapshot& now, const Snapshot&) {
  const TrainerSample& trainer = now.trainer;
  elapsed_ = now.elapsed();
  if (now.started == 0) return;
  if (trainer.validating) {
    if (from_) rates_->add(elapsed_, std::numeric_limits<double>::quiet_NaN());
    from_.reset();
    fresh_ = true;
    return;
  }
  const Mark here{elapsed_, trainer.samples, trainer.steps};
  if (!from_) from_ = here;
  const double window = here.at - from_->at;
  const bool stepped = here.steps > from_->steps;
  if (window < kWindow || (!stepped && window < kStall)) return;
  rate_ = static_cast<double>(here.samples - from_->samples) / window;
  step_rate_ = static_cast<double>(here.steps - from_->steps) / window;
  training_s_ += window;
  training_samples_ += here.samples - from_->samples;
  // A rate holds for its whole window: an epoch of one window only is a line too, not a point that nobody sees.
  if (std::exchange(fresh_, false)) rates_->add(from_->at, rate_);
  rates_->add(elapsed_, rate_);
  from_ = here;
  show_empty(false);
  touch();
}

void ThroughputPanel::refresh() {
  QVector<double> keys;
  QVector<double> values;
  double top = 0;
  for (const Point& point : rates_->points()) {
    keys << point.x;
    values << point.y;
    if (std::isfinite(point.y)) top = std::max(top, point.y);
  }
  graph_->setData(keys, values, true);
  plot()->xAxis->setRange(0, std::max(5.0, elapsed_));
  plot()->yAxis->setRange(0, top > 0 ? top * 1.12 : 1);
  const QColor color = Theme::instance().colors().train;
  readings_->set_items({
      {Readings::Mark::Line, color, tr("now"), tr("%1 samples/s").arg(short_number(rate_))},
      {Readings::Mark::None, {}, {}, tr("%1 steps/s").arg(short_number(step_rate_))},
      {Readings::Mark::None,
       {},
       tr("mean"),
       tr("%1 samples/s")
           .arg(short_number(training_s_ > 0 ? static_cast<double>(training_samples_) / training_s_ : 0))},
  });
}

void ThroughputPanel::restyle() {
  QColor fill = Theme::instance().colors().train;
  graph_->setPen(QPen(fill, 2));
  fill.setAlpha(38);
  graph_->setBrush(fill);
}

}  // namespace feedline::gui
