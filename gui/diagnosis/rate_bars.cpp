// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/diagnosis/rate_bars.h"

#include "gui/base/theme.h"
#include "gui/plots/plot_panel.h"

#include <QFontMetricsF>
#include <QPainter>

#include <algorithm>

namespace feedline::gui {
namespace {
constexpr double kBar = 10;
}

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

double RateBars::row_height() const {
  return QFontMetricsF(Theme::instance().small_font()).height() + kBar + Theme::kUnit;
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
  const double room = line.width() - metrics.horizontalAdvance(name) - metrics.horizontalAdvance(number) - 24;
  if (!limit.isEmpty() && room > 40) {
    painter.setPen(colors.muted);
    painter.drawText(line.adjusted(metrics.horizontalAdvance(name) + 8, 0, 0, 0), Qt::AlignLeft | Qt::AlignVCenter,
                     metrics.elidedText(limit, Qt::ElideRight, room));
  }
  const QRectF track(row.left(), line.bottom() + 2, row.width(), kBar);
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

}  // namespace feedline::gui
