// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/plots/loss_panel.h"

#include "gui/base/theme.h"
#include "gui/models/text.h"
#include "gui/plots/metric_pane.h"
#include "gui/plots/panel_menu.h"
#include "gui/plots/plot_navigator.h"
#include "gui/plots/run_panels.h"

#include <QActionGroup>
#include <QMenu>
#include <QVector>
#include <qcustomplot.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace feedline::gui::inline plots {

namespace {

constexpr int kRoomForRate = 760;  // pixels of width
constexpr std::size_t kSmoothPoints = 500;

double memory_of(LossPanel::Smoothing smoothing) {
  switch (smoothing) {
    case LossPanel::Smoothing::Light:
      return 1.0 / 200;
    case LossPanel::Smoothing::Strong:
      return 1.0 / 12;
    case LossPanel::Smoothing::Off:
    case LossPanel::Smoothing::Medium:
      break;
  }
  return 1.0 / 50;
}

/// A smooth curve looks the same with a quarter of its points, and thick lines are what takes long to draw.
std::vector<Point> thinned(const std::vector<Point>& points) {
  const std::size_t stride = points.size() / kSmoothPoints + 1;
  std::vector<Point> fewer;
  for (std::size_t i = 0; i < points.size(); i += stride) fewer.push_back(points[i]);
  if (!points.empty() && points.size() % stride != 1 % stride) fewer.push_back(points.back());
  return fewer;
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
    for (const double y : {result.loss(kTrainSplit), result.loss(kValSplit)}) {
      if (std::isfinite(y)) top = std::max(top, y);
    }
  }
  return std::min(raw_top > 0 ? std::max(raw_top, top) : top, 3 * top);
}

}  // namespace

std::vector<Point> smoothed(const std::vector<Point>& points, double memory) {
  const double alpha = 1 / std::max(4.0, static_cast<double>(points.size()) * memory);
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
    : PlotPanel(
          tr("Loss and metrics"),
          {.purpose = tr("loss and metrics, on training and on validation data"), .awaited = tr("the first step")},
          Across::Steps, parent) {
  plot()->plotLayout()->clear();
  loss_ = make_curves(0, tr("loss"));
  metric_rect_ = make_rect(1, tr("metrics"));
  metrics_ = std::make_unique<MetricPane>(plot(), metric_rect_);
  rate_ = make_curves(2, tr("learning rate"));
  plot()->plotLayout()->setColumnStretchFactor(2, 0.6);
  read_all();
  fill_menu();
  apply_theme();
  reset();
}

LossPanel::~LossPanel() {
  if (rate_.rect->layout() == nullptr) delete rate_.rect;  // the plot takes only what it lays out with it
}

void LossPanel::fill_menu() {
  QAction* log = menu()->add_action(tr("&Logarithmic loss axis"), {}, true);
  connect(log, &QAction::toggled, this, &LossPanel::set_logarithmic);
  QMenu* smoothing = menu()->add_menu(tr("&Smoothing of the loss"));
  auto* choices = new QActionGroup(this);
  const std::pair<Smoothing, QString> all[] = {{Smoothing::Off, tr("&None")},
                                               {Smoothing::Light, tr("&Light")},
                                               {Smoothing::Medium, tr("&Medium")},
                                               {Smoothing::Strong, tr("&Strong")}};
  for (const auto& [value, text] : all) {
    QAction* action = choices->addAction(text);
    action->setCheckable(true);
    action->setChecked(value == smoothing_);
    connect(action, &QAction::triggered, this, [this, value = value] { set_smoothing(value); });
    smoothing->addAction(action);
  }
}

/// Anew whenever a metric comes or goes.
void LossPanel::read_all() {
  const auto words = [](double value) { return short_number(value); };
  clear_readings();
  add_reading(loss_.rect, {loss_.raw, tr("loss"), words});
  add_reading(loss_.rect, {loss_.train, tr("loss, training epoch"), words});
  add_reading(loss_.rect, {loss_.validation, tr("loss, validation"), words});
  for (CursorCurve& curve : metrics_->readings()) add_reading(metric_rect_, std::move(curve));
  add_reading(rate_.rect, {rate_.raw, tr("learning rate"), words});
}

void LossPanel::set_logarithmic(bool on) {
  if (on == logarithmic_) return;
  logarithmic_ = on;
  QCPAxis* axis = loss_.rect->axis(QCPAxis::atLeft);
  axis->setScaleType(on ? QCPAxis::stLogarithmic : QCPAxis::stLinear);
  axis->setTicker(QSharedPointer<QCPAxisTicker>(on ? new QCPAxisTickerLog : new QCPAxisTicker));
  apply_theme();
  navigator()->reset();
}

void LossPanel::set_smoothing(Smoothing smoothing) {
  smoothing_ = smoothing;
  touch();
}

QCPAxisRect* LossPanel::make_rect(int column, const QString& label) {
  auto* rect = new QCPAxisRect(plot());
  plot()->plotLayout()->addElement(0, column, rect);
  QCPAxis* x = rect->axis(QCPAxis::atBottom);
  QCPAxis* y = rect->axis(QCPAxis::atLeft);
  x->setLabel(tr("step"));
  y->setLabel(label);
  x->setNumberFormat(QStringLiteral("g"));
  x->setNumberPrecision(7);
  for (QCPAxis* axis : {x, y}) {
    axis->setLayer(QStringLiteral("axes"));
    axis->grid()->setLayer(QStringLiteral("grid"));
  }
  add_pane(rect);
  return rect;
}

LossPanel::Curves LossPanel::make_curves(int column, const QString& label) {
  Curves curves{.rect = make_rect(column, label)};
  QCPAxis* x = curves.rect->axis(QCPAxis::atBottom);
  QCPAxis* y = curves.rect->axis(QCPAxis::atLeft);
  for (QCPGraph** graph : {&curves.raw, &curves.smooth, &curves.train, &curves.validation}) {
    *graph = plot()->addGraph(x, y);
    (*graph)->setAdaptiveSampling(true);
  }
  return curves;
}

void LossPanel::reset() {
  steps_loss_.clear();
  metrics_->reset();
  if (metrics_->take_changed()) read_all();
  steps_rate_.emplace(std::size_t{1024});
  learning_rate_ = loss_scale_ = std::numeric_limits<double>::quiet_NaN();
  steps_ = total_steps_ = 0;
  epochs_ = 0;
  results_.clear();
  result_steps_.clear();
  navigator()->reset();
  set_frozen(false);
  for (const Curves* curves : {&loss_, &rate_}) {
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
  if (!trainer.validating) metrics_->add_step(static_cast<double>(steps_), trainer.metrics);
  learning_rate_ = trainer.learning_rate;
  loss_scale_ = trainer.loss_scale;
  if (std::isfinite(learning_rate_)) steps_rate_->add(static_cast<double>(steps_), learning_rate_);
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
  result_steps_.push_back(result.step > 0 ? static_cast<double>(result.step) : epoch_end_step(result.epoch));
  metrics_->add_epoch(result_steps_.back(), result.metrics);
  show_empty(false);
  touch();
}

void LossPanel::refresh() {
  lay_out();
  loss_.smooth->setVisible(smoothing_ != Smoothing::Off);
  set_points(loss_.raw, steps_loss_);
  set_points(loss_.smooth, thinned(smoothed(steps_loss_, memory_of(smoothing_))));
  const std::vector<Point> rates = steps_rate_->points();
  set_points(rate_.raw, rates);
  if (metrics_->take_changed()) read_all();
  metrics_->refresh();
  std::vector<Point> points[2];
  for (std::size_t i = 0; i < results_.size(); ++i) {
    const double x = result_steps_[i];
    points[0].push_back({x, results_[i].loss(kTrainSplit)});
    points[1].push_back({x, results_[i].loss(kValSplit)});
  }
  set_points(loss_.train, points[0]);
  set_points(loss_.validation, points[1]);

  const double last = result_steps_.empty() ? 0 : result_steps_.back();
  const double right = std::max({10.0, static_cast<double>(steps_), last}) * 1.02;
  navigator()->propose_x(0, right);
  propose_loss();
  double top_rate = 0;
  for (const Point& point : rates) top_rate = std::max(top_rate, point.y);
  navigator()->propose_y(rate_.rect, 0, top_rate > 0 ? top_rate * 1.12 : 1);
  const auto [least, most] = metrics_->range();
  navigator()->propose_y(metric_rect_, least, most);
  show_readings();
}

void LossPanel::propose_loss() {
  const double top = top_of(steps_loss_, smoothed(steps_loss_, memory_of(smoothing_)), results_);
  if (!logarithmic_) return navigator()->propose_y(loss_.rect, 0, top > 0 ? top * 1.05 : 1);
  double least = std::numeric_limits<double>::infinity();
  const auto look = [&least](double y) {
    if (std::isfinite(y) && y > 0) least = std::min(least, y);
  };
  for (const Point& point : steps_loss_) look(point.y);
  for (const EpochResult& result : results_) {
    look(result.loss(kTrainSplit));
    look(result.loss(kValSplit));
  }
  if (!std::isfinite(least) || top <= 0) return navigator()->propose_y(loss_.rect, 0.1, 10);
  navigator()->propose_y(loss_.rect, least / 1.2, std::max(top, least) * 1.2);
}

/// The learning rate has a rect of its own only where the others keep enough of the width.
void LossPanel::lay_out() {
  const bool room = plot()->width() >= kRoomForRate;
  if (room == rate_.rect->visible()) return;
  rate_.rect->setVisible(room);
  QCPLayoutGrid* grid = plot()->plotLayout();
  if (room) {
    grid->addElement(0, 2, rate_.rect);
    grid->setColumnStretchFactor(2, 0.6);
  } else {
    grid->take(rate_.rect);
    grid->simplify();
  }
}

void LossPanel::resizeEvent(QResizeEvent* event) {
  PlotPanel::resizeEvent(event);
  touch();
}

void LossPanel::show_readings() {
  const Theme::Colors& c = Theme::instance().colors();
  /// The loss, then what else was measured; its name where it is not the first.
  const auto words = [](const EpochResult& result, std::string_view split) {
    QString text = short_number(result.loss(split));
    const MetricValue* first = headline(result.metrics, split);
    for (const MetricValue& metric : result.metrics) {
      if (metric.split != split || metric.name == kLossMetric) continue;
      const QString value = metric.unit == kShareUnit ? percent(metric.value) : to_qstring(metric_text(metric));
      text += &metric == first ? tr(" · %1").arg(value) : tr(" · %1 %2").arg(to_qstring(metric.name), value);
    }
    return text;
  };
  std::vector<Readings::Item> items;
  if (!results_.empty()) {
    const EpochResult& r = results_.back();
    items.push_back({Readings::Mark::Disc, c.train, tr("training, epoch %1").arg(r.epoch), words(r, kTrainSplit)});
    if (std::isfinite(r.loss(kValSplit))) {
      items.push_back({Readings::Mark::Diamond, c.validation, tr("validation"), words(r, kValSplit)});
    }
  }
  const std::vector<Point> smooth = smoothed(steps_loss_);
  if (!smooth.empty()) items.push_back({Readings::Mark::Line, c.train, tr("now"), short_number(smooth.back().y)});
  if (std::isfinite(learning_rate_))
    items.push_back({Readings::Mark::None, {}, tr("learning rate"), short_number(learning_rate_)});
  if (std::isfinite(loss_scale_))
    items.push_back({Readings::Mark::None, {}, tr("loss scale"), short_number(loss_scale_)});
  readings_->set_items(std::move(items));
}

void LossPanel::style_curves(const Curves& curves) const {
  const Theme::Colors& c = Theme::instance().colors();
  QColor faint = c.train;
  faint.setAlpha(120);
  curves.raw->setPen(QPen(faint, 1));
  curves.raw->setAntialiased(false);  // a thousand short lines in all directions look the same without
  curves.smooth->setPen(QPen(c.train, 2));
  curves.train->setPen(QPen(c.train, 1, Qt::DotLine));
  curves.train->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssCircle, QPen(c.panel, 1), c.train, 9));
  curves.validation->setPen(QPen(c.validation, 1.5));
  curves.validation->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssDiamond, QPen(c.panel, 1), c.validation, 11));
}

void LossPanel::restyle() {
  style_curves(loss_);
  metrics_->restyle();
  style_curves(rate_);
  rate_.raw->setPen(QPen(Theme::instance().colors().train, 2));
}

RunPanelSpec loss_panel() {
  return {.name = "loss",
          .title = QT_TRANSLATE_NOOP("RunPanels", "Loss and metrics"),
          .shows = QT_TRANSLATE_NOOP("RunPanels", "Loss, metrics and learning rate, over steps and epochs"),
          .help = "live-view.md",
          .group = PanelGroup::Learning,
          .make = make_run_panel<LossPanel>};
}

}  // namespace feedline::gui::inline plots
