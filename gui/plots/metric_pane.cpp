// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/plots/metric_pane.h"

#include "gui/base/theme.h"
#include "gui/models/text.h"
#include "gui/plots/plot_panel.h"

#include <QCoreApplication>
#include <QVector>
#include <qcustomplot.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace feedline::gui::inline plots {
namespace {

QString pane_text(const char* text) { return QCoreApplication::translate("MetricPane", text); }

}  // namespace

void set_points(QCPGraph* graph, const std::vector<Point>& points, double scale) {
  QVector<double> keys;
  QVector<double> values;
  for (const Point& point : points) {
    if (!std::isfinite(point.y)) continue;
    keys << point.x;
    values << point.y * scale;
  }
  graph->setData(keys, values, true);
}

void MetricPane::reset() {
  for (const auto& curves : curves_)
    for (QCPGraph* graph : {curves->running, curves->train, curves->validation}) plot_->removeGraph(graph);
  changed_ = changed_ || !curves_.empty();
  curves_.clear();
  unit_.clear();
}

const MetricPane::Curves* MetricPane::find(std::string_view name) const {
  for (const auto& curves : curves_)
    if (curves->name == name) return curves.get();
  return nullptr;
}

MetricPane::Curves* MetricPane::curves_of(const MetricValue& metric) {
  if (!std::isfinite(metric.value) || metric.name == kLossMetric) return nullptr;
  if (curves_.empty()) unit_ = metric.unit;
  if (metric.unit != unit_) return nullptr;
  for (const auto& curves : curves_)
    if (curves->name == metric.name) return curves.get();
  auto made = std::make_unique<Curves>();
  made->name = metric.name;
  for (QCPGraph** graph : {&made->running, &made->train, &made->validation}) {
    *graph = plot_->addGraph(rect_->axis(QCPAxis::atBottom), rect_->axis(QCPAxis::atLeft));
    (*graph)->setAdaptiveSampling(true);
  }
  curves_.push_back(std::move(made));
  changed_ = true;
  restyle();
  return curves_.back().get();
}

void MetricPane::add_step(double step, const Metrics& metrics) {
  for (const MetricValue& metric : metrics)
    if (Curves* curves = curves_of(metric)) curves->steps.add(step, metric.value);
}

void MetricPane::add_epoch(double step, const Metrics& metrics) {
  for (const MetricValue& metric : metrics)
    if (Curves* curves = curves_of(metric))
      (metric.split == kTrainSplit ? curves->train_points : curves->validation_points).push_back({step, metric.value});
}

std::vector<CursorCurve> MetricPane::readings() const {
  std::vector<CursorCurve> all;
  const auto words = [unit = unit_](double value) {
    return unit == kShareUnit ? percent(value / 100) : to_qstring(metric_text(value, unit));
  };
  for (const auto& curves : curves_) {
    const QString name = to_qstring(curves->name);
    all.push_back({curves->running, name, words});
    all.push_back({curves->train, pane_text("%1, training epoch").arg(name), words});
    all.push_back({curves->validation, pane_text("%1, validation").arg(name), words});
  }
  return all;
}

QString MetricPane::label() const {
  if (curves_.empty()) return pane_text("metrics");
  const QString name = curves_.size() == 1 ? to_qstring(curves_.front()->name) : pane_text("metrics");
  if (share()) return pane_text("%1 (%)").arg(name);
  return unit_.empty() || unit_ == kScoreUnit || unit_ == kLossUnit
             ? name
             : QStringLiteral("%1 (%2)").arg(name, to_qstring(unit_));
}

void MetricPane::refresh() {
  const double scale = share() ? 100 : 1;
  rect_->axis(QCPAxis::atLeft)->setLabel(label());
  for (const auto& curves : curves_) {
    set_points(curves->running, curves->steps.points(), scale);
    set_points(curves->train, curves->train_points, scale);
    set_points(curves->validation, curves->validation_points, scale);
  }
}

std::pair<double, double> MetricPane::range() const {
  double least = std::numeric_limits<double>::infinity();
  double most = -least;
  for (const auto& curves : curves_)
    for (const auto& points : {curves->steps.points(), curves->train_points, curves->validation_points})
      for (const Point& point : points) {
        least = std::min(least, point.y);
        most = std::max(most, point.y);
      }
  if (share() || curves_.empty() || !std::isfinite(least)) return {std::floor(std::min(least, 1.0) * 10) * 10, 101};
  const double margin = std::max((most - least) * 0.08, 1e-3);
  return {least - margin, most + margin};
}

void MetricPane::restyle() {
  const Theme::Colors& c = Theme::instance().colors();
  QColor faint = c.train;
  faint.setAlpha(120);
  for (std::size_t i = 0; i < curves_.size(); ++i) {
    const Curves& curves = *curves_[i];
    const Qt::PenStyle line = i == 0 ? Qt::SolidLine : i == 1 ? Qt::DashLine : Qt::DashDotLine;
    const double size = i == 0 ? 0 : -3;
    curves.running->setPen(QPen(faint, 1, line));
    curves.running->setAntialiased(false);
    curves.train->setPen(QPen(c.train, 1, i == 0 ? Qt::DotLine : line));
    curves.train->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssCircle, QPen(c.panel, 1), c.train, 9 + size));
    curves.validation->setPen(QPen(c.validation, 1.5, line));
    curves.validation->setScatterStyle(
        QCPScatterStyle(QCPScatterStyle::ssDiamond, QPen(c.panel, 1), c.validation, 11 + size));
  }
}

QCPGraph* MetricPane::points(std::string_view metric, std::string_view split) const {
  const Curves* curves = find(metric);
  if (curves == nullptr) return nullptr;
  return split == kTrainSplit ? curves->train : curves->validation;
}

QCPGraph* MetricPane::running(std::string_view metric) const {
  const Curves* curves = find(metric);
  return curves != nullptr ? curves->running : nullptr;
}

}  // namespace feedline::gui::inline plots
