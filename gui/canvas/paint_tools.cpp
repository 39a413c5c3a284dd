// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/paint_tools.h"

#include "gui/base/theme.h"
#include "gui/canvas/scene_fonts.h"

#include <QFontMetricsF>
#include <QPainter>
#include <QString>

#include <algorithm>

namespace feedline::gui::inline canvas {

QColor faded(const QColor& color, double opacity) {
  QColor result = color;
  result.setAlphaF(static_cast<float>(opacity));
  return result;
}

QColor mixed(const QColor& a, const QColor& b, double share) {
  const auto blend = [share](float x, float y) { return static_cast<float>(x * (1 - share) + y * share); };
  return QColor::fromRgbF(blend(a.redF(), b.redF()), blend(a.greenF(), b.greenF()), blend(a.blueF(), b.blueF()));
}

QColor readable_on(const QColor& background) {
  const double light = 0.299 * background.redF() + 0.587 * background.greenF() + 0.114 * background.blueF();
  return light > 0.55 ? QColor(Qt::black) : QColor(Qt::white);
}

qreal text_zoom() { return 0.65 * Theme::instance().font_scale(); }
qreal half_zoom() { return 0.49 * Theme::instance().font_scale(); }

QFont scene_small_font() { return scene_fonts().small.font(); }
QFont scene_bold_font() { return scene_fonts().bold.font(); }

QFont half_small_font() { return scene_fonts().half_small.font(); }
QFont half_bold_font() { return scene_fonts().half_bold.font(); }

QStringList lines_of(const QString& name, const QFontMetricsF& metrics, qreal width) {
  if (metrics.horizontalAdvance(name) <= width) return {name};
  QStringList lines{QString()};
  QString part;
  const auto add = [&] {
    if (!lines.back().isEmpty() && metrics.horizontalAdvance(lines.back() + part) > width) lines << QString();
    for (const QChar& letter : std::as_const(part)) {
      if (!lines.back().isEmpty() && metrics.horizontalAdvance(lines.back() + letter) > width) lines << QString();
      lines.back() += letter;
    }
    part.clear();
  };
  for (const QChar& letter : name) {
    part += letter;
    if (letter == QLatin1Char('_') || letter == QLatin1Char('-') || letter == QLatin1Char(' ')) add();
  }
  add();
  return lines;
}

QFont screen_font(qreal pixels, qreal zoom, bool bold) {
  QFont font = bold ? scene_bold_font() : scene_small_font();
  // Whole units, so that zooming does not fill the font cache with sizes.
  font.setPixelSize(std::max(1, static_cast<int>(pixels * Theme::instance().font_scale() / zoom)));
  return font;
}

void draw_lines(QPainter& painter, QPointF at, const QStringList& lines) {
  const QFontMetricsF metrics(painter.font());
  at.ry() += metrics.ascent();
  for (const QString& line : lines) {
    painter.drawText(at, line);
    at.ry() += metrics.height();
  }
}

void draw_elided(QPainter& painter, const QRectF& rect, int flags, const QString& text, Qt::TextElideMode mode) {
  painter.drawText(rect, flags | Qt::TextSingleLine,
                   QFontMetricsF(painter.font()).elidedText(text, mode, rect.width()));
}

void paint_pill(QPainter& painter, QPointF centre, const QString& text, const QColor& color) {
  QFont font = scene_small_font();
  font.setWeight(QFont::DemiBold);
  const QFontMetricsF metrics(font);
  QRectF rect(0, 0, metrics.horizontalAdvance(text) + 2 * Theme::kUnit, metrics.height() + 0.25 * Theme::kUnit);
  rect.moveCenter(centre);
  painter.setPen(Qt::NoPen);
  painter.setBrush(color);
  painter.drawRoundedRect(rect, rect.height() / 2, rect.height() / 2);
  painter.setFont(font);
  painter.setPen(readable_on(color));
  painter.drawText(rect, Qt::AlignCenter, text);
}

}  // namespace feedline::gui::inline canvas
