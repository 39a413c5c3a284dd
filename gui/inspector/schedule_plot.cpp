// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/inspector/schedule_plot.h"

#include "base/numbers.h"
#include "gui/base/theme.h"
#include "gui/models/text.h"

#include <QFontMetricsF>
#include <QHelpEvent>
#include <QPainter>
#include <QToolTip>

#include <algorithm>
#include <cmath>

namespace feedline::gui::inline inspector {
namespace {

constexpr int kHeight = 12 * Theme::kUnit;
constexpr std::size_t kPoints = 400;         ///< more than a wide inspector has pixels to tell apart
constexpr std::uint64_t kUsualSteps = 1000;  ///< of a run whose length nobody knows

QString rate_words(double rate) { return QString::number(rate, 'g', 3); }

}  // namespace

SchedulePlot::SchedulePlot(QWidget* parent) : QWidget(parent) {
  setObjectName(QStringLiteral("schedule_plot"));
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  connect(&Theme::instance(), &Theme::changed, this, [this] {
    updateGeometry();
    update();
  });
}

void SchedulePlot::show_schedule(const OptimizerSettings& settings, const RunLength& length) {
  settings_ = settings;
  length_ = length;
  total_ = length.steps() > 0 ? length.steps() : kUsualSteps;
  curve_ = rate_curve(static_cast<const ScheduleSettings&>(settings), total_, kPoints);
  top_ = 0;
  for (const RatePoint& point : curve_)
    if (std::isfinite(point.rate)) top_ = std::max(top_, point.rate);
  setAccessibleName(tr("Learning rate over the run, by the schedule %1").arg(spaced(settings.schedule)));
  setAccessibleDescription(curve_.empty() ? QString()
                                          : tr("From %1 to %2, at most %3; %4")
                                                .arg(rate_words(curve_.front().rate), rate_words(curve_.back().rate),
                                                     rate_words(top_), axis_text()));
  update();
}

void SchedulePlot::show_progress(std::optional<Progress> progress) {
  if (progress == progress_) return;
  progress_ = progress;
  update();
}

QString SchedulePlot::axis_text() const {
  if (length_.steps() > 0)
    return tr("step of %1 (%2)")
        .arg(to_qstring(numbers::count(length_.steps())),
             count_text(static_cast<qsizetype>(length_.epochs), tr("1 epoch"), tr("%1 epochs")));
  if (length_.epochs == 0 && needs_total(settings_)) return tr("no end is set: give the trainer a number of epochs");
  return tr("step, in a run of %1").arg(to_qstring(numbers::count(total_)));
}

double SchedulePlot::last_step() const { return std::max(static_cast<double>(total_) - 1, 1.0); }

QRectF SchedulePlot::field() const {
  const QFontMetricsF metrics(Theme::instance().small_font());
  const double line = metrics.height();
  return QRectF(rect()).adjusted(1, line + Theme::kUnit / 2.0, -1, -line - Theme::kUnit / 2.0);
}

QPointF SchedulePlot::place_of(double step, double rate) const {
  const QRectF in = field();
  const double share = top_ > 0 ? std::clamp(rate / top_, 0.0, 1.0) : 0;
  return {in.left() + in.width() * std::clamp(step / last_step(), 0.0, 1.0), in.bottom() - in.height() * share};
}

QString SchedulePlot::reading_at(QPointF point) const {
  const QRectF in = field();
  if (curve_.empty() || in.width() <= 0) return {};
  const double share = std::clamp((point.x() - in.left()) / in.width(), 0.0, 1.0);
  const auto step = static_cast<std::uint64_t>(std::llround(share * (static_cast<double>(total_) - 1)));
  return tr("step %1: learning rate %2")
      .arg(to_qstring(numbers::count(step)), rate_words(rate_at(settings_, step, total_)));
}

QSize SchedulePlot::sizeHint() const {
  return {30 * Theme::kUnit, kHeight + 2 * QFontMetrics(Theme::instance().small_font()).height()};
}
QSize SchedulePlot::minimumSizeHint() const { return {12 * Theme::kUnit, sizeHint().height()}; }

bool SchedulePlot::event(QEvent* event) {
  if (event->type() != QEvent::ToolTip) return QWidget::event(event);
  const auto* help = static_cast<QHelpEvent*>(event);
  QToolTip::showText(help->globalPos(), reading_at(help->pos()), this);
  return true;
}

void SchedulePlot::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const Theme& theme = Theme::instance();
  const Theme::Colors& colors = theme.colors();
  painter.setFont(theme.small_font());
  const QFontMetricsF metrics(theme.small_font());
  const QRectF in = field();
  const QRectF above(in.left(), 0, in.width(), metrics.height());
  const QRectF below(in.left(), in.bottom() + Theme::kUnit / 2.0, in.width(), metrics.height());
  const auto write = [&](const QRectF& line, const QColor& color, Qt::Alignment side, const QString& text) {
    painter.setPen(color);
    painter.drawText(line, side | Qt::AlignVCenter, metrics.elidedText(text, Qt::ElideRight, line.width()));
  };
  write(above, colors.muted, Qt::AlignLeft, tr("learning rate, at most %1").arg(rate_words(top_)));
  write(below, colors.muted, Qt::AlignLeft, axis_text());
  painter.setPen(QPen(colors.grid, 1));
  painter.drawLine(in.bottomLeft(), in.bottomRight());
  painter.drawLine(in.topLeft(), in.topRight());

  QPolygonF line;
  for (const RatePoint& point : curve_)
    if (std::isfinite(point.rate)) line << place_of(point.step, point.rate);
  painter.setPen(QPen(colors.accent, 2));
  painter.drawPolyline(line);
  if (!progress_) return;
  // What the run has may differ from what is drawn: the graph may have been changed since it began.
  const QPointF here = place_of(progress_->done * last_step(), progress_->rate);
  painter.setPen(QPen(colors.train, 1, Qt::DashLine));
  painter.drawLine(QPointF(here.x(), in.top()), QPointF(here.x(), in.bottom()));
  painter.setPen(QPen(colors.panel, 1));
  painter.setBrush(colors.train);
  painter.drawEllipse(here, Theme::kUnit / 2.0, Theme::kUnit / 2.0);
  write(above, colors.train, Qt::AlignRight, tr("now %1").arg(rate_words(progress_->rate)));
}

}  // namespace feedline::gui::inline inspector
