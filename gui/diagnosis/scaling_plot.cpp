// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/diagnosis/scaling_plot.h"

#include "gui/base/caption.h"
#include "gui/base/theme.h"
#include "gui/models/text.h"
#include "gui/plots/plot_panel.h"

#include <QHelpEvent>
#include <QSharedPointer>
#include <QToolTip>
#include <QVBoxLayout>
#include <qcustomplot.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <utility>

namespace feedline::gui::inline diagnosis {
namespace {

/// More labels than this say no more of a rate.
constexpr int kMostRateLabels = 7;

QString scaling_limit(LimitKind kind) {
  switch (kind) {
    case LimitKind::Exchange:
      return ScalingPlot::tr("the exchange of gradients takes more than the rest of the step");
    case LimitKind::Workers:
      return ScalingPlot::tr("set by the data side");
    case LimitKind::Cores:
      return ScalingPlot::tr("set by the cores");
    default:
      return ScalingPlot::tr("set by the step");
  }
}

QString ranks_text(std::size_t ranks) {
  return count_text(static_cast<qsizetype>(ranks), ScalingPlot::tr("1 rank"), ScalingPlot::tr("%1 ranks"));
}

/// What the curve rests on.
QStringList assumed_of(const ScalingModel& model) {
  QStringList words;
  const QString cores = count_text(static_cast<qsizetype>(std::llround(model.cores)), ScalingPlot::tr("1 core"),
                                   ScalingPlot::tr("%1 cores"));
  if (model.per_machine < 2)
    words << ScalingPlot::tr("Each has a machine of %1 to itself.").arg(cores);
  else
    words << ScalingPlot::tr("Up to %1 share a machine of %2; more ranks than cores take turns.")
                 .arg(ranks_text(model.per_machine), cores);
  if (!model.fixed_measured)
    words << ScalingPlot::tr(
        "What forward and backward take whatever their rows counts as nothing; feedline-cli whatif --ranks measures "
        "it.");
  if (model.per_machine > 1) {
    const QString wire = to_qstring(wire_words(model.loopback));
    words << (model.loopback.measured ? ScalingPlot::tr("Within a machine, measured: %1.").arg(wire)
                                      : ScalingPlot::tr("Within a machine, assumed: %1.").arg(wire));
  }
  const QString wire = to_qstring(wire_words(model.network));
  words << (model.network.measured
                ? ScalingPlot::tr("The network between machines, measured: %1.").arg(wire)
                : ScalingPlot::tr("The network between machines is assumed: %1. A run over several measures it.")
                      .arg(wire));
  return words;
}

void set_rates(QCPGraph* graph, const std::vector<ScalingPoint>& points) {
  QVector<double> keys;
  QVector<double> values;
  for (const ScalingPoint& point : points) {
    keys << static_cast<double>(point.ranks);
    values << point.samples_per_s;
  }
  graph->setData(keys, values, true);
}

/// 1, 2 and 5 of each power of ten; of a wide range the powers alone.
QSharedPointer<QCPAxisTicker> rate_ticks(double least, double most) {
  const auto ticks = QSharedPointer<QCPAxisTickerText>::create();
  const double decades = std::log10(most / least);
  const auto first = static_cast<int>(std::floor(std::log10(least)));
  const auto last = static_cast<int>(std::ceil(std::log10(most)));
  const int skip = std::max(1, static_cast<int>(std::ceil(decades / kMostRateLabels)));
  for (int power = first; power <= last; power += skip)
    for (const double digit : {1.0, 2.0, 5.0}) {
      const double value = digit * std::pow(10.0, power);
      if (digit == 1 || 3 * decades <= kMostRateLabels) ticks->addTick(value, short_number(value));
    }
  return ticks;
}

}  // namespace

ScalingPlot::ScalingPlot(QWidget* parent)
    : QWidget(parent), plot_(new QCustomPlot(this)), text_(new Caption(Caption::Tone::Muted, {}, this)) {
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(Theme::kUnit / 2);
  layout->addWidget(plot_, 1);
  layout->addWidget(text_);
  make_plot();
  connect(&Theme::instance(), &Theme::changed, this, &ScalingPlot::restyle);
  restyle();
}

void ScalingPlot::make_plot() {
  plot_->setMinimumSize(25 * Theme::kUnit, 22 * Theme::kUnit);
  plot_->setAccessibleName(tr("Samples a second over the number of processes"));
  // The wheel scrolls what is around it, and a tip is asked for here.
  plot_->setAttribute(Qt::WA_TransparentForMouseEvents);
  for (QCPAxis* axis : {plot_->xAxis, plot_->yAxis}) axis->setScaleType(QCPAxis::stLogarithmic);
  const auto ticks = QSharedPointer<QCPAxisTickerText>::create();
  for (std::size_t ranks = 1; ranks <= ScalingModel::kMostRanks; ranks *= 4)
    ticks->addTick(static_cast<double>(ranks), short_number(static_cast<double>(ranks)));
  plot_->xAxis->setTicker(ticks);
  plot_->xAxis->setRange(0.85, 1.2 * static_cast<double>(ScalingModel::kMostRanks));
  plot_->xAxis->setLabel(tr("processes"));
  plot_->yAxis->setLabel(tr("samples/s"));
  ideal_ = plot_->addGraph();
  ideal_->setName(tr("as many times one"));
  grown_ = plot_->addGraph();
  grown_->setName(tr("each keeps its rows"));
  shared_ = plot_->addGraph();
  shared_->setName(tr("the batch shared out"));
  measured_ = plot_->addGraph();
  measured_->setName(tr("measured"));
  measured_->setLineStyle(QCPGraph::lsNone);
  pays_ = new QCPItemStraightLine(plot_);
  pays_text_ = new QCPItemText(plot_);
  pays_text_->position->setTypeX(QCPItemPosition::ptPlotCoords);
  pays_text_->position->setTypeY(QCPItemPosition::ptAxisRectRatio);
  plot_->legend->setVisible(true);
  plot_->axisRect()->insetLayout()->setInsetAlignment(0, Qt::AlignTop | Qt::AlignLeft);
}

void ScalingPlot::fit_axes(double least, double most) {
  if (!(least > 0) || !std::isfinite(most)) return;
  // Room for the legend above the curves.
  const double high = most * std::pow(most / least, 0.35) * 1.3;
  plot_->yAxis->setRange(least / 1.3, high);
  plot_->yAxis->setTicker(rate_ticks(least / 1.3, high));
}

void ScalingPlot::show_scaling(const ScalingModel& model) {
  points_ = model.curve();
  ScalingModel growing = model;
  growing.batch_grows = true;
  const std::vector<ScalingPoint> grown = growing.curve();
  set_rates(shared_, points_);
  set_rates(grown_, grown);
  const double one = points_.front().samples_per_s;
  const auto all = static_cast<double>(ScalingModel::kMostRanks);
  ideal_->setData({1, all}, {one, one * all}, true);
  const ScalingPoint here = model.at(model.ranks);
  measured_->setData({static_cast<double>(here.ranks)}, {here.samples_per_s}, true);
  double least = here.samples_per_s;
  double most = least;
  for (const std::vector<ScalingPoint>* curve : {&std::as_const(points_), &grown})
    for (const ScalingPoint& point : *curve) {
      least = std::min(least, point.samples_per_s);
      most = std::max(most, point.samples_per_s);
    }
  fit_axes(least, most);

  const std::size_t until = model.pays_until();
  const bool ends = until < ScalingModel::kMostRanks;
  const auto at = static_cast<double>(until);
  for (QCPAbstractItem* item : std::initializer_list<QCPAbstractItem*>{pays_, pays_text_}) item->setVisible(ends);
  pays_->point1->setCoords(at, 1);
  pays_->point2->setCoords(at, 2);
  const bool right = until <= 32;
  pays_text_->setText(tr("pays until %1").arg(short_number(at)));
  pays_text_->setPositionAlignment((right ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignBottom);
  pays_text_->position->setCoords(at, 0.98);

  const bool machines = model.per_machine > 1 && until >= model.per_machine;
  QStringList words;
  words << tr("Measured with %1: %2 samples/s.").arg(ranks_text(model.ranks), short_number(here.samples_per_s));
  if (!ends)
    words << tr("With the batch of %1 shared out, all of them pay.").arg(short_number(model.batch));
  else
    words << (machines ? tr("With the batch of %1 shared out, one machine of %2 ranks more than %3 brings less than "
                            "half of what one alone reaches.")
                             .arg(short_number(model.batch))
                             .arg(model.per_machine)
                             .arg(ranks_text(until))
                       : tr("With the batch of %1 shared out, one more than %2 brings less than half of what one "
                            "alone reaches.")
                             .arg(short_number(model.batch), ranks_text(until)));
  words << assumed_of(model);
  text_->setText(words.join(QLatin1Char(' ')));
  plot_->replot(QCustomPlot::rpQueuedReplot);
}

QString ScalingPlot::text() const { return text_->text(); }

QString ScalingPlot::point_text(const QPoint& place) const {
  if (points_.empty() || !plot_->axisRect()->rect().contains(place)) return {};
  const double ranks = std::max(plot_->xAxis->pixelToCoord(place.x()), 1e-3);
  const auto far = [ranks](const ScalingPoint& point) {
    return std::abs(std::log(ranks / static_cast<double>(point.ranks)));
  };
  const ScalingPoint& point = *std::min_element(
      points_.begin(), points_.end(), [&](const ScalingPoint& a, const ScalingPoint& b) { return far(a) < far(b); });
  return tr("%1: %2 samples/s, %3 of as many times one; %4 of a step waits for the exchange. %5")
      .arg(ranks_text(point.ranks), short_number(point.samples_per_s), percent(point.efficiency),
           percent(point.exchange_share), scaling_limit(point.limit));
}

bool ScalingPlot::event(QEvent* event) {
  if (event->type() != QEvent::ToolTip) return QWidget::event(event);
  const auto* help = static_cast<const QHelpEvent*>(event);
  const QString tip = point_text(plot_->mapFrom(this, help->pos()));
  if (tip.isEmpty()) {
    QToolTip::hideText();
  } else {
    QToolTip::showText(help->globalPos(), tip, this);
  }
  return true;
}

void ScalingPlot::restyle() {
  const Theme& theme = Theme::instance();
  const Theme::Colors& c = theme.colors();
  plot_->setBackground(QBrush(c.panel));
  ideal_->setPen(QPen(c.muted, 1, Qt::DotLine));
  grown_->setPen(QPen(c.validation, 1.5, Qt::DashLine));
  shared_->setPen(QPen(c.train, 2));
  shared_->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssDisc, c.train, 5));
  measured_->setPen(QPen(c.text));
  measured_->setScatterStyle(QCPScatterStyle(QCPScatterStyle::ssCircle, QPen(c.text, 1.6), c.accent, 11));
  pays_->setPen(QPen(c.good, 1.5));
  pays_text_->setColor(c.good);
  pays_text_->setFont(theme.small_font());
  pays_text_->setPadding(QMargins(Theme::kUnit / 2, 0, Theme::kUnit / 2, 0));
  for (QCPAxis* axis : {plot_->xAxis, plot_->yAxis}) {
    axis->setBasePen(QPen(c.border));
    axis->setTickPen(QPen(c.border));
    axis->setSubTickPen(Qt::NoPen);
    axis->setTickLabelColor(c.muted);
    axis->setLabelColor(c.muted);
    axis->setTickLabelFont(theme.small_font());
    axis->setLabelFont(theme.small_font());
    axis->grid()->setPen(QPen(c.grid));
  }
  QColor ground = c.panel;
  ground.setAlpha(200);
  plot_->legend->setBrush(ground);
  plot_->legend->setBorderPen(Qt::NoPen);
  plot_->legend->setTextColor(c.muted);
  plot_->legend->setFont(theme.small_font());
  plot_->legend->setRowSpacing(0);
  plot_->replot(QCustomPlot::rpQueuedReplot);
}

}  // namespace feedline::gui::inline diagnosis
