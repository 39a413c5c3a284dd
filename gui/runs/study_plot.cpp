// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/runs/study_plot.h"

#include "gui/base/point_names.h"
#include "gui/base/theme.h"
#include "gui/models/text.h"
#include "gui/runs/compare_plots.h"

#include <QVBoxLayout>
#include <qcustomplot.h>

#include <algorithm>
#include <cmath>

namespace feedline::gui::inline runs {
namespace {

/// A setting without the nodes of its parameters: "learning_rate=0.1, epochs=8". The table has them in full.
QString without_nodes(const std::string& name) {
  QStringList parts = to_qstring(name).split(QStringLiteral(", "));
  for (QString& part : parts) {
    const auto dot = part.left(part.indexOf(QLatin1Char('='))).lastIndexOf(QLatin1Char('.'));
    part = part.mid(dot + 1);
  }
  return parts.join(QStringLiteral(", "));
}

}  // namespace

StudyPlot::StudyPlot(QWidget* parent) : QWidget(parent), plot_(new QCustomPlot(this)) {
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(plot_);
  plot_->setMinimumSize(320, 200);
  points_ = plot_->addGraph();
  points_->setLineStyle(QCPGraph::lsNone);
  front_ = plot_->addGraph();
  front_->setLineStyle(QCPGraph::lsStepLeft);
  bars_ = new QCPErrorBars(plot_->xAxis, plot_->yAxis);
  bars_->setDataPlottable(points_);
  plot_->setInteractions(QCP::iRangeDrag | QCP::iRangeZoom);
  setAccessibleName(tr("Time and accuracy of the settings"));
  connect(plot_, &QCustomPlot::beforeReplot, this, [this] { place_point_names(*plot_, names_); });
  connect(&Theme::instance(), &Theme::changed, this, &StudyPlot::restyle);
  restyle();
}

void StudyPlot::show_study(const Study& study) {
  const double scale = study.metric.unit == kShareUnit ? 100 : 1;
  const QString title = to_qstring(metric_title(study.metric));
  plot_->xAxis->setLabel(study.target ? tr("seconds to the target") : tr("seconds trained"));
  plot_->yAxis->setLabel(study.metric.unit == kShareUnit ? tr("%1 (%)").arg(title) : title);
  for (QCPItemText* name : names_) plot_->removeItem(name);
  names_.clear();
  struct Shown {
    double x, y, below, above;  // how far the interval reaches
    bool front;
    QString name;
  };
  std::vector<Shown> all;
  for (const SettingOutcome& outcome : outcomes_of(study)) {
    const double x = study.target ? outcome.to_target.mean : outcome.seconds.mean;
    const double y = outcome.value.mean * scale;
    if (!std::isfinite(x) || !std::isfinite(y)) continue;
    const double half = std::isfinite(outcome.value.half) ? outcome.value.half * scale : 0;
    const bool share = study.metric.unit == kShareUnit;  // of few seeds an interval is wider than what there can be
    all.push_back({x, y, share ? std::min(half, std::max(y, 0.0)) : half,
                   share ? std::min(half, std::max(100 - y, 0.0)) : half, outcome.front,
                   without_nodes(study.settings[outcome.setting].name)});
  }
  // The plottable of error bars finds them by place, so points and bars are in one order.
  std::sort(all.begin(), all.end(), [](const Shown& a, const Shown& b) { return a.x < b.x; });
  QVector<double> xs, ys, below, above, front_x, front_y;
  for (const Shown& shown : all) {
    xs << shown.x;
    ys << shown.y;
    below << shown.below;
    above << shown.above;
    if (!shown.front) continue;
    front_x << shown.x;
    front_y << shown.y;
    auto* name = new QCPItemText(plot_);
    name->position->setCoords(shown.x, shown.y);
    name->setText(shown.name);
    name->setPadding(QMargins(Theme::kUnit / 2, Theme::kUnit / 2, Theme::kUnit / 2, Theme::kUnit / 2));
    names_.push_back(name);
  }
  points_->setData(xs, ys, true);
  bars_->setData(below, above);
  front_->setData(front_x, front_y, true);
  plot_->rescaleAxes();
  for (QCPAxis* axis : {plot_->xAxis, plot_->yAxis}) {
    const double margin = std::max(axis->range().size() * 0.1, 1e-6);
    axis->setRange(axis->range().lower - margin, axis->range().upper + margin);
  }
  restyle();
}

void StudyPlot::restyle() {
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
  for (QCPItemText* name : names_) {
    name->setFont(theme.small_font());
    name->setColor(c.muted);
  }
  plot_->replot(QCustomPlot::rpQueuedReplot);
}

}  // namespace feedline::gui::inline runs
