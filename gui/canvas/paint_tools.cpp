// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/paint_tools.h"

#include "gui/base/contrast.h"
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
  const bool black = contrast_ratio(background, Qt::black) > contrast_ratio(background, Qt::white);
  return black ? QColor(Qt::black) : QColor(Qt::white);
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

qreal widest_part(const QString& name, const QFontMetricsF& metrics) {
  qreal widest = 0;
  qsizetype begin = 0;
  for (qsizetype i = 0; i < name.size(); ++i) {
    const QChar letter = name[i];
    const bool ends = letter == QLatin1Char('_') || letter == QLatin1Char('-') || letter == QLatin1Char(' ');
    if (!ends && i + 1 < name.size()) continue;
    widest = std::max(widest, metrics.horizontalAdvance(name.mid(begin, i + 1 - begin)));
    begin = i + 1;
  }
  return widest;
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
  paint_pills(painter, centre, 0, {{text, color}});
}

void paint_pills(QPainter& painter, QPointF centre, qreal most, const std::vector<Pill>& pills, QFont font) {
  font.setWeight(QFont::DemiBold);
  const QFontMetricsF metrics(font);
  const qreal height = metrics.height() + 0.25 * Theme::kUnit;
  const qreal gap = 0.5 * Theme::kUnit;
  const auto width = [&](const Pill& pill) { return metrics.horizontalAdvance(pill.text) + 2 * Theme::kUnit; };
  painter.setFont(font);
  for (std::size_t first = 0; first < pills.size();) {
    qreal row = width(pills[first]);
    std::size_t end = first + 1;
    for (; end < pills.size() && row + gap + width(pills[end]) <= most; ++end) row += gap + width(pills[end]);
    QPointF at = centre - QPointF(row / 2, height / 2);
    for (; first < end; ++first) {
      const QRectF rect(at, QSizeF(width(pills[first]), height));
      painter.setPen(Qt::NoPen);
      painter.setBrush(pills[first].color);
      painter.drawRoundedRect(rect, height / 2, height / 2);
      painter.setPen(readable_on(pills[first].color));
      painter.drawText(rect, Qt::AlignCenter, pills[first].text);
      at.rx() += rect.width() + gap;
    }
    centre.ry() -= height + gap / 2;
  }
}

}  // namespace feedline::gui::inline canvas
