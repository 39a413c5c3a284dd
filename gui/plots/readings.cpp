// SPDX-License-Identifier: GPL-3.0-or-later
#include "plots/readings.h"

#include "app/theme.h"

#include <QFontMetrics>
#include <QPainter>

#include <algorithm>
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
  connect(&Theme::instance(), &Theme::changed, this, [this] {
    refit();
    update();
  });
}

void Readings::set_items(std::vector<Item> items) {
  if (items == items_) return;
  items_ = std::move(items);
  QStringList words;
  for (const Item& item : items_) words << item.name + QLatin1Char(' ') + item.value;
  setAccessibleName(words.join(QStringLiteral(", ")));
  refit();
  update();
}

int Readings::width_of(const Item& item) const {
  const QFontMetrics name_metrics(Theme::instance().small_font());
  const QFontMetrics value_metrics(Theme::instance().bold_font());
  const int mark = item.mark == Mark::None ? 0 : 18;
  const int name = item.name.isEmpty() ? 0 : name_metrics.horizontalAdvance(item.name) + 6;
  return mark + name + value_metrics.horizontalAdvance(item.value);
}

int Readings::line_height() { return QFontMetrics(Theme::instance().bold_font()).height() + Theme::kUnit; }

std::vector<QPoint> Readings::places(int width) const {
  std::vector<QPoint> at;
  int x = Theme::kUnit;
  int line = 0;
  for (const Item& item : items_) {
    const int wide = width_of(item);
    if (x + wide > width && x > Theme::kUnit) {
      x = Theme::kUnit;
      ++line;
    }
    at.emplace_back(x, line * line_height());
    if (wide > 0) x += wide + 3 * Theme::kUnit;
  }
  return at;
}

int Readings::heightForWidth(int width) const {
  const std::vector<QPoint> at = places(width);
  return (at.empty() ? 0 : at.back().y()) + line_height();
}

/// The line breaks have changed: asks for the height that the words need.
void Readings::refit() {
  const int wanted = heightForWidth(width());
  if (wanted != minimumHeight() || wanted != maximumHeight()) setFixedHeight(wanted);
}

void Readings::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  refit();
}

QSize Readings::sizeHint() const { return {200, heightForWidth(std::max(width(), 200))}; }
QSize Readings::minimumSizeHint() const { return {0, line_height()}; }

void Readings::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  const Theme& theme = Theme::instance();
  painter.fillRect(rect(), theme.colors().panel);
  const QFont name_font = theme.small_font();
  const QFont value_font = theme.bold_font();
  const QFontMetrics name_metrics(name_font);
  const QFontMetrics value_metrics(value_font);
  const int line = line_height();
  const int baseline = (line + value_metrics.ascent() - value_metrics.descent()) / 2;
  const std::vector<QPoint> at = places(width());
  for (std::size_t i = 0; i < items_.size(); ++i) {
    const Item& item = items_[i];
    const int mark_width = item.mark == Mark::None ? 0 : 18;
    const int name_width = item.name.isEmpty() ? 0 : name_metrics.horizontalAdvance(item.name) + 6;
    paint_mark(painter, item.mark, item.color, {at[i].x() + 6.0, at[i].y() + line / 2.0});
    painter.setFont(name_font);
    painter.setPen(theme.colors().muted);
    painter.drawText(at[i].x() + mark_width, at[i].y() + baseline, item.name);
    painter.setFont(value_font);
    painter.setPen(theme.colors().text);
    painter.drawText(at[i].x() + mark_width + name_width, at[i].y() + baseline, item.value);
  }
}

}  // namespace feedline::gui
