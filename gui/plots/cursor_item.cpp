// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/plots/cursor_item.h"

#include "gui/base/theme.h"

#include <QFontMetricsF>

#include <algorithm>
#include <cmath>

namespace feedline::gui::inline plots {

namespace {
constexpr double kNear = 40;  // pixels between a point and the line: farther off it says nothing about this moment
}

CursorItem::CursorItem(QCustomPlot* plot, QCPAxisRect* rect) : QCPAbstractItem(plot), rect_(rect) {
  setClipToAxisRect(true);
  setClipAxisRect(rect);
  setSelectable(false);
  setLayer(QStringLiteral("overlay"));
  setVisible(false);
}

void CursorItem::show_at(std::optional<double> key, const QString& title) {
  key_ = key;
  title_ = title;
  setVisible(key.has_value() && rect_->visible());
}

std::vector<CursorItem::Reading> CursorItem::readings() const {
  std::vector<Reading> found;
  if (!key_) return found;
  for (const CursorCurve& curve : curves_) {
    const auto data = curve.graph->data();
    if (!curve.graph->visible() || data->isEmpty()) continue;
    auto at = data->findBegin(*key_, true);
    if (const auto next = at + 1; next < data->constEnd() && next->key - *key_ < *key_ - at->key) at = next;
    if (!std::isfinite(at->value)) continue;
    const QPointF pixel = curve.graph->coordsToPixels(at->key, at->value);
    if (std::abs(pixel.x() - curve.graph->keyAxis()->coordToPixel(*key_)) > kNear) continue;
    found.push_back({&curve, pixel, at->value});
  }
  return found;
}

void CursorItem::draw(QCPPainter* painter) {
  if (!key_ || !rect_->visible()) return;
  const Theme::Colors& c = Theme::instance().colors();
  const QRectF area = rect_->rect();
  const double x = rect_->axis(QCPAxis::atBottom)->coordToPixel(*key_);
  if (x < area.left() || x > area.right()) return;
  painter->setPen(QPen(c.muted, 1));
  painter->drawLine(QLineF(x, area.top(), x, area.bottom()));
  const std::vector<Reading> all = readings();
  for (const Reading& reading : all) {
    painter->setPen(QPen(c.panel, 1.5));
    painter->setBrush(reading.curve->graph->pen().color());
    painter->drawEllipse(reading.at, 4, 4);
  }
  draw_box(painter, all, x);
}

void CursorItem::draw_box(QCPPainter* painter, const std::vector<Reading>& readings, double x) const {
  const Theme& theme = Theme::instance();
  const QFont font = theme.small_font();
  const QFontMetricsF metrics(font);
  const QRectF area = rect_->rect();
  QStringList lines{title_};
  for (const Reading& reading : readings)
    lines << reading.curve->name + QStringLiteral("  ") + reading.curve->words(reading.value);
  double width = 0;
  for (const QString& line : lines) width = std::max(width, metrics.horizontalAdvance(line));
  const double line = metrics.height();
  QRectF box(0, area.top() + 4, width + 26, line * static_cast<double>(lines.size()) + 8);
  box.moveLeft(x + 8 + box.width() < area.right() ? x + 8 : std::max(x - 8 - box.width(), area.left() + 2));
  QColor back = theme.colors().raised;
  back.setAlpha(235);
  painter->setPen(QPen(theme.colors().border, 1));
  painter->setBrush(back);
  painter->drawRoundedRect(box, 4, 4);
  painter->setFont(font);
  for (qsizetype i = 0; i < lines.size(); ++i) {
    const QRectF row(box.left() + 18, box.top() + 4 + static_cast<double>(i) * line, width + 4, line);
    painter->setPen(i == 0 ? theme.colors().muted : theme.colors().text);
    painter->drawText(i == 0 ? row.translated(-10, 0) : row, Qt::AlignLeft | Qt::AlignVCenter | Qt::TextDontClip,
                      lines[i]);
    if (i == 0) continue;
    painter->setPen(Qt::NoPen);
    painter->setBrush(readings[static_cast<std::size_t>(i) - 1].curve->graph->pen().color());
    painter->drawRoundedRect(QRectF(box.left() + 6, row.center().y() - 4, 8, 8), 2, 2);
  }
}

}  // namespace feedline::gui::inline plots
