// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/readings.h"

#include "app/theme.h"

#include <QFontMetrics>
#include <QPainter>

#include <utility>

namespace feedline::gui {

namespace {

void paint_mark(QPainter& painter, Readings::Mark mark, const QColor& color, QPointF centre) {
  painter.setPen(Qt::NoPen);
  painter.setBrush(color);
  switch (mark) {
    case Readings::Mark::None:
      return;
    case Readings::Mark::Line:
      painter.drawRoundedRect(QRectF(centre.x() - 6, centre.y() - 1.5, 12, 3), 1.5, 1.5);
      return;
    case Readings::Mark::Square:
      painter.drawRoundedRect(QRectF(centre.x() - 5, centre.y() - 5, 10, 10), 2, 2);
      return;
    case Readings::Mark::Disc:
      painter.drawEllipse(centre, 4.5, 4.5);
      return;
    case Readings::Mark::Diamond:
      painter.drawPolygon(QPolygonF{
          {centre + QPointF(0, -5.5), centre + QPointF(5.5, 0), centre + QPointF(0, 5.5), centre + QPointF(-5.5, 0)}});
      return;
  }
}

}  // namespace

Readings::Readings(QWidget* parent) : QWidget(parent) {
  setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
  setAttribute(Qt::WA_OpaquePaintEvent);
  connect(&Theme::instance(), &Theme::changed, this, qOverload<>(&QWidget::update));
}

void Readings::set_items(std::vector<Item> items) {
  if (items == items_) return;
  items_ = std::move(items);
  QStringList words;
  for (const Item& item : items_) words << item.name + QLatin1Char(' ') + item.value;
  setAccessibleName(words.join(QStringLiteral(", ")));
  update();
}

QSize Readings::sizeHint() const { return {200, QFontMetrics(Theme::instance().bold_font()).height() + Theme::kUnit}; }
QSize Readings::minimumSizeHint() const { return {0, sizeHint().height()}; }

void Readings::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const Theme& theme = Theme::instance();
  painter.fillRect(rect(), theme.colors().panel);
  const QFont name_font = theme.small_font();
  const QFont value_font = theme.bold_font();
  const QFontMetrics name_metrics(name_font);
  const QFontMetrics value_metrics(value_font);
  const int baseline = (height() + value_metrics.ascent() - value_metrics.descent()) / 2;
  int x = Theme::kUnit;
  for (const Item& item : items_) {
    const int mark_width = item.mark == Mark::None ? 0 : 18;
    const int name_width = item.name.isEmpty() ? 0 : name_metrics.horizontalAdvance(item.name) + 6;
    const int width_needed = mark_width + name_width + value_metrics.horizontalAdvance(item.value);
    if (x + width_needed > width()) break;  // whole items only: half a number misleads
    paint_mark(painter, item.mark, item.color, {x + 6.0, height() / 2.0});
    painter.setFont(name_font);
    painter.setPen(theme.colors().muted);
    painter.drawText(x + mark_width, baseline, item.name);
    painter.setFont(value_font);
    painter.setPen(theme.colors().text);
    painter.drawText(x + mark_width + name_width, baseline, item.value);
    x += width_needed + 3 * Theme::kUnit;
  }
}

}  // namespace feedline::gui
