// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/loss_panel.h"

#include "app/theme.h"

#include <QVector>
#include <qcustomplot.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace feedline::gui {

namespace {

void set_points(QCPGraph* graph, const std::vector<Point>& points, double scale = 1) {
  QVector<double> keys;
  QVector<double> values;
  for (const Point& point : points) {
    if (!std::isfinite(point.y)) continue;
    keys << point.x;
    values << point.y * scale;
  }
  graph->setData(keys, values, true);
}

/// Highest value worth showing: spikes of the raw curve beyond three times the rest are cut off.
double top_of(const std::vector<Point>& raw, const std::vector<Point>& smooth,
              const std::vector<EpochResult>& results) {
  double top = 0;
  for (const Point& point : smooth) top = std::max(top, point.y);
  double raw_top = 0;
  for (const Point& point : raw) {
    if (std::isfinite(point.y)) raw_top = std::max(raw_top, point.y);
  }
  for (const EpochResult& result : results) {
    for (const double y : {result.train_loss, result.val_loss}) {
      if (std::isfinite(y)) top = std::max(top, y);
    }
  }
  return std::min(raw_top > 0 ? std::max(raw_top, top) : top, 3 * top);
}

}  // namespace

std::vector<Point> smoothed(const std::vector<Point>& points) {
  const double alpha = 1 / std::max(4.0, static_cast<double>(points.size()) / 50);
  std::vector<Point> out;
  out.reserve(points.size());
  double mean = 0;
  double weight = 0;
  for (const Point& point : points) {
    if (!std::isfinite(point.y)) continue;
    mean = (1 - alpha) * mean + alpha * point.y;
    weight = (1 - alpha) * weight + alpha;
    out.push_back({point.x, mean / weight});  // unbiased from the first point on
  }
  return out;
}

LossPanel::LossPanel(QWidget* parent)
    : PlotPanel(tr("Press Run to watch loss and accuracy, on training and on validation data."), parent) {
  plot()->plotLayout()->clear();
  loss_ = make_curves(0, tr("loss"));
  accuracy_ = make_curves(1, tr("accuracy (%)"));
  apply_theme();
  reset();
}

LossPanel::Curves LossPanel::make_curves(int column, const QString& label) {
  Curves curves;
  curves.rect = new QCPAxisRect(plot());
  plot()->plotLayout()->addElement(0, column, curves.rect);
  QCPAxis* x = curves.rect->axis(QCPAxis::atBottom);
  QCPAxis* y = curves.rect->axis(QCPAxis::atLeft);
  x->setLabel(tr("step"));
  y->setLabel(label);
  x->setNumberFormat(QStringLiteral("g"));
  x->setNumberPrecision(7);
  for (QCPAxis* axis : {x, y}) {
    axis->setLayer(QStringLiteral("axes"));
    axis->grid()->setLayer(QStringLiteral("grid"));
  }
  for (QCPGraph** graph : {&curves.raw, &curves.smooth, &curves.train, &curves.validation}) {
    *graph = plot()->addGraph(x, y);
    (*graph)->setAdaptiveSampling(true);
  }
  return curves;
}

void LossPanel::reset() {
  steps_loss_.clear();
  steps_accuracy_.emplace(std::size_t{1024});
  steps_ = total_steps_ = 0;
  epochs_ = 0;
  results_.clear();
  result_steps_.clear();
  for (const Curves* curves : {&loss_, &accuracy_}) {
    for (QCPGraph* graph : {curves->raw, curves->smooth, curves->train, curves->validation}) graph->data()->clear();
  }
  show_empty(true);
  touch();
}

void LossPanel::show_snapshot(const Snapshot& now, const Snapshot&) {
  const TrainerSample& trainer = now.trainer;
  total_steps_ = trainer.total_steps;
  epochs_ = trainer.epochs;
  if (trainer.steps == steps_ || now.loss_curve.empty()) return;
  steps_ = trainer.steps;
  steps_loss_ = now.loss_curve;
  if (std::isfinite(trainer.accuracy) && !trainer.validating) {
    steps_accuracy_->add(static_cast<double>(steps_), trainer.accuracy);
  }
  show_empty(false);
  touch();
}

double LossPanel::epoch_end_step(std::uint32_t epoch) const {
  // The fact and the newest numbers travel in different lanes, so the step comes from the plan where it is known.
  if (total_steps_ > 0 && epochs_ > 0) {
    return static_cast<double>(total_steps_) * epoch / static_cast<double>(epochs_);
  }
  return static_cast<double>(steps_);
}

void LossPanel::add_epoch(const EpochResult& result) {
  results_.push_back(result);
  result_steps_.push_back(epoch_end_step(result.epoch));
  show_empty(false);
  touch();
}

void LossPanel::refresh() {
  const std::vector<Point> smooth = smoothed(steps_loss_);
  set_points(loss_.raw, steps_loss_);
  set_points(loss_.smooth, smooth);
  set_points(accuracy_.raw, steps_accuracy_->points(), 100);
  std::vector<Point> points[4];
  double lowest = 1;
  for (std::size_t i = 0; i < results_.size(); ++i) {
    const double x = result_steps_[i];
    points[0].push_back({x, results_[i].train_loss});
    points[1].push_back({x, results_[i].val_loss});
    points[2].push_back({x, results_[i].train_accuracy});
    points[3].push_back({x, results_[i].val_accuracy});
  }
  set_points(loss_.train, points[0]);
  set_points(loss_.validation, points[1]);
  set_points(accuracy_.train, points[2], 100);
  set_points(accuracy_.validation, points[3], 100);

  const double last = result_steps_.empty() ? 0 : result_steps_.back();
  const double right = std::max({10.0, static_cast<double>(steps_), last}) * 1.02;
  const double top = top_of(steps_loss_, smooth, results_);
  loss_.rect->axis(QCPAxis::atBottom)->setRange(0, right);
  accuracy_.rect->axis(QCPAxis::atBottom)->setRange(0, right);
  loss_.rect->axis(QCPAxis::atLeft)->setRange(0, top > 0 ? top * 1.05 : 1);
  for (const Point& point : steps_accuracy_->points()) lowest = std::min(lowest, point.y);
  for (const EpochResult& result : results_) {
    for (const double y : {result.train_accuracy, result.val_accuracy}) {
      if (std::isfinite(y)) lowest = std::min(lowest, y);
    }
  }
  accuracy_.rect->axis(QCPAxis::atLeft)->setRange(std::floor(lowest * 10) * 10, 101);
  show_readings();
}

void LossPanel::show_readings() {
  const Theme::Colors& c = Theme::instance().colors();
  const auto words = [](double loss, double accuracy) {
    return std::isfinite(accuracy) ? tr("%1 · %2").arg(short_number(loss), percent(accuracy)) : short_number(loss);
  };
  std::vector<Readings::Item> items;
  if (!results_.empty()) {
    const EpochResult& r = results_.back();
    items.push_back(
        {Readings::Mark::Disc, c.train, tr("training, epoch %1").arg(r.epoch), words(r.train_loss, r.train_accuracy)});
    if (std::isfinite(r.val_loss)) {
      items.push_back({Readings::Mark::Diamond, c.validation, tr("validation"), words(r.val_loss, r.val_accuracy)});
    }
  }
  const std::vector<Point> smooth = smoothed(steps_loss_);
  if (!smooth.empty()) items.push_back({Readings::Mark::Line, c.train, tr("now"), short_number(smooth.back().y)});
  readings_->set_items(std::move(items));
}

void LossPanel::style_curves(const Curves& curves) const {
  const Theme::Colors& c = Theme::instance().colors();
  QColor faint = c.train;
  faint.setAlpha(120);
  curves.raw->setPen(QPen(faint, 1));
  curves.smooth->setPen(QPen(c.train, 2));
  curves.train->setPen(QPen(c.train, 1, Qt::DotLine));
  curves.train->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssCircle, QPen(c.panel, 1), c.train, 9));
  curves.validation->setPen(QPen(c.validation, 1.5));
  curves.validation->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssDiamond, QPen(c.panel, 1), c.validation, 11));
}

void LossPanel::restyle() {
  style_curves(loss_);
  style_curves(accuracy_);
}

}  // namespace feedline::gui
