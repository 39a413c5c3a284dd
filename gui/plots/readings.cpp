// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/plots/readings.h"

#include "gui/base/theme.h"

#include <QFontMetrics>
#include <QPainter>

#include <algorithm>
#include <utility>

namespace feedline::gui::inline plots {

namespace {

constexpr int kMark = 18;  // room of a mark
constexpr int kGap = 6;

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

int Readings::width_of(const Piece& piece) {
  if (piece.mark) return kMark;
  return QFontMetrics(piece.value ? Theme::instance().bold_font() : Theme::instance().small_font())
      .horizontalAdvance(piece.text);
}

int Readings::line_height() { return QFontMetrics(Theme::instance().bold_font()).height() + Theme::kUnit; }

std::vector<Readings::Piece> Readings::pieces(int width) const {
  std::vector<Piece> placed;
  QPoint at(Theme::kUnit, 0);
  const auto put = [&](Piece piece, int gap) {
    piece.at = at;
    at.rx() += width_of(piece) + gap;
    placed.push_back(std::move(piece));
  };
  const auto break_line = [&](int indent) { at = {Theme::kUnit + indent, at.y() + line_height()}; };
  for (std::size_t i = 0; i < items_.size(); ++i) {
    const Item& item = items_[i];
    const Piece name{.item = i, .text = item.name};
    const Piece value{.item = i, .value = true, .text = item.value};
    const int indent = item.mark == Mark::None ? 0 : kMark;
    const int wide = indent + (item.name.isEmpty() ? 0 : width_of(name) + kGap) + width_of(value);
    if (wide == 0) continue;
    if (at.x() + wide > width && at.x() > Theme::kUnit) break_line(0);
    if (item.mark != Mark::None) put({.item = i, .mark = true}, 0);
    const bool whole = at.x() - indent + wide <= width;
    for (const Piece& part : {name, value})
      for (const QString& text : whole ? QStringList(part.text) : part.text.split(QLatin1Char(' '))) {
        if (text.isEmpty()) continue;
        Piece piece = part;
        piece.text = text;
        if (at.x() + width_of(piece) > width && at.x() > Theme::kUnit + indent) break_line(indent);
        put(std::move(piece), kGap);
      }
    at.rx() += 3 * Theme::kUnit - kGap;
  }
  return placed;
}

int Readings::heightForWidth(int width) const {
  const std::vector<Piece> placed = pieces(width);
  return (placed.empty() ? 0 : placed.back().at.y()) + line_height();
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
  const QFontMetrics value_metrics(value_font);
  const int line = line_height();
  const int baseline = (line + value_metrics.ascent() - value_metrics.descent()) / 2;
  for (const Piece& piece : pieces(width())) {
    if (piece.mark) {
      const Item& item = items_[piece.item];
      paint_mark(painter, item.mark, item.color, {piece.at.x() + 6.0, piece.at.y() + line / 2.0});
      continue;
    }
    painter.setFont(piece.value ? value_font : name_font);
    painter.setPen(piece.value ? theme.colors().text : theme.colors().muted);
    painter.drawText(piece.at.x(), piece.at.y() + baseline, piece.text);
  }
}

}  // namespace feedline::gui::inline plots
