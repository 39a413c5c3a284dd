// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/diagnosis/rate_bars.h"

#include "gui/base/theme.h"
#include "gui/plots/plot_panel.h"

#include <QFontMetricsF>
#include <QPainter>
#include <QResizeEvent>

#include <algorithm>

namespace feedline::gui::inline diagnosis {
namespace {
constexpr double kBar = 10;
/// Narrower than this, limits take a line of their own. Of the width alone: words that change move nothing.
constexpr int kOneLine = 620;
}  // namespace

RateBars::RateBars(QWidget* parent) : QWidget(parent) {
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
  setToolTip(tr(
      "Training only: validation and pauses are left out. The ceilings are what the best number of workers and enough "
      "prefetch could reach on this machine, as the graph is and with a cache at its best place. Another batch size, "
      "precision or setting of a node can go beyond them."));
  connect(&Theme::instance(), &Theme::changed, this, qOverload<>(&QWidget::update));
}

void RateBars::show_rates(const Rates& rates) {
  const bool rows_change = rows(rates) != rows(rates_);
  rates_ = rates;
  if (rows_change) updateGeometry();
  update();
}

bool RateBars::two_lines() const { return width() < kOneLine; }

double RateBars::row_height() const {
  return (two_lines() ? 2 : 1) * QFontMetricsF(Theme::instance().small_font()).height() + kBar + Theme::kUnit;
}

double RateBars::room_for_limits() const {
  if (two_lines()) return width();
  const QFontMetricsF metrics(Theme::instance().small_font());
  return width() - metrics.horizontalAdvance(tr("ceiling without a cache")) -
         metrics.horizontalAdvance(tr("%1 samples/s").arg(short_number(999'999))) - 24;
}

void RateBars::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  if ((event->oldSize().width() < kOneLine) != (event->size().width() < kOneLine)) updateGeometry();
}

QSize RateBars::sizeHint() const { return {320, static_cast<int>(row_height() * rows(rates_))}; }
QSize RateBars::minimumSizeHint() const { return {160, sizeHint().height()}; }

void RateBars::paint_row(QPainter& painter, const QRectF& row, const QString& name, double rate, const QColor& color,
                         const QString& limit) const {
  const Theme::Colors& colors = Theme::instance().colors();
  const double most = std::max({rates_.measured, rates_.ceiling, rates_.cached, rates_.what_if, 1e-9});
  const QFontMetricsF metrics(painter.font());
  const QRectF line(row.left(), row.top(), row.width(), metrics.height());
  const QString number = tr("%1 samples/s").arg(short_number(rate));
  painter.setPen(colors.text);
  painter.drawText(line, Qt::AlignLeft | Qt::AlignVCenter, name);
  painter.drawText(line, Qt::AlignRight | Qt::AlignVCenter, number);
  painter.setPen(colors.muted);
  const QRectF words = two_lines()
                           ? line.translated(0, line.height())
                           : line.adjusted(metrics.horizontalAdvance(tr("ceiling without a cache")) + 8, 0, 0, 0);
  painter.drawText(words, Qt::AlignLeft | Qt::AlignVCenter,
                   metrics.elidedText(limit, Qt::ElideRight, room_for_limits()));
  const QRectF track(row.left(), (two_lines() ? words : line).bottom() + 2, row.width(), kBar);
  painter.setPen(Qt::NoPen);
  painter.setBrush(colors.raised);
  painter.drawRoundedRect(track, 3, 3);
  painter.setBrush(color);
  painter.drawRoundedRect(QRectF(track.left(), track.top(), std::max(track.width() * rate / most, 2.0), kBar), 3, 3);
}

void RateBars::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setFont(Theme::instance().small_font());
  const Theme::Colors& colors = Theme::instance().colors();
  QRectF row(0, 0, width(), row_height());
  paint_row(painter, row, tr("measured"), rates_.measured, colors.accent, rates_.measured_when);
  row.translate(0, row.height());
  paint_row(painter, row, tr("ceiling without a cache"), rates_.ceiling, colors.good, rates_.ceiling_limit);
  if (rates_.cached > 0) {
    row.translate(0, row.height());
    paint_row(painter, row, tr("ceiling with a cache"), rates_.cached, colors.good, rates_.cached_limit);
  }
  if (rates_.what_if <= 0) return;
  row.translate(0, row.height());
  paint_row(painter, row, tr("what if"), rates_.what_if, colors.validation, rates_.what_if_limit);
}

}  // namespace feedline::gui::inline diagnosis
