// SPDX-License-Identifier: GPL-3.0-or-later
// What a node shows of a run: rates, what its workers do, the mark of the bottleneck.
#include "gui/base/theme.h"
#include "gui/canvas/canvas_text.h"
#include "gui/canvas/node_item.h"
#include "gui/canvas/paint_tools.h"

#include <QCoreApplication>
#include <QFontMetricsF>
#include <QPainter>

#include <algorithm>

namespace feedline::gui::inline canvas {
namespace {

constexpr qreal kFarSmallest = 7.5;

/// The largest font of up to `pixels` on the screen in which the text is no wider than `width`, down to kFarSmallest.
QFont fitted_font(const QString& text, qreal width, qreal pixels, qreal zoom, bool bold) {
  constexpr qreal kSlack = 1.05;  // letters are hinted for the zoom, and then a little wider than measured
  QFont font = screen_font(pixels, zoom, bold);
  const qreal wide = kSlack * QFontMetricsF(font).horizontalAdvance(text);
  return wide <= width ? font : screen_font(std::max(kFarSmallest, pixels * width / wide), zoom, bold);
}

/// The rate, and what there is room for beside it; where there is little, the rate alone, in fewer letters.
QString brief_text(const LiveState& live, const QFont& font, qreal width) {
  const QFontMetricsF metrics(font);
  if (!live.brief.isEmpty()) {
    const QString both = live.rate + QLatin1Char(' ') + live.brief;
    if (metrics.horizontalAdvance(both) <= width) return both;
  }
  return live.short_rate.isEmpty() || metrics.horizontalAdvance(live.rate) <= width ? live.rate : live.short_rate;
}

}  // namespace

void NodeItem::paint_far_rate(QPainter& painter, qreal zoom) const {
  const QRectF rect = from_afar(zoom).rate;
  if (rect.isEmpty()) return;
  const QString text = brief_text(*live_, screen_font(kFarSmallest, zoom, false), rect.width());
  painter.setFont(fitted_font(text, rect.width(), kFarRate, zoom, false));
  painter.setPen(Theme::instance().colors().text);
  draw_elided(painter, rect, Qt::AlignLeft | Qt::AlignVCenter, text, Qt::ElideRight);
}

void NodeItem::paint_live(QPainter& painter, qreal zoom) const {
  const bool with_text = zoom >= text_zoom();
  if (with_text) {
    paint_numbers(painter);
  } else if (zoom >= half_zoom()) {
    paint_half_rate(painter);
  } else if (zoom >= kTitleZoom) {
    paint_far_rate(painter, zoom);
  }
  paint_bar(painter);
  paint_mood(painter);
  if (live_->bottleneck && with_text)
    paint_pill(painter, {layout_.width / 2, 0}, words("bottleneck"), Theme::instance().colors().blocked);
}

/// Rate and what the workers do; below the bar what a record costs; the sparkline where there is most room for it.
void NodeItem::paint_numbers(QPainter& painter) const {
  const Theme::Colors& c = Theme::instance().colors();
  const qreal line = QFontMetricsF(scene_small_font()).height();
  const qreal left = 1.5 * kUnit;
  const qreal width = layout_.width - 3 * kUnit;
  QFont strong = scene_small_font();
  strong.setWeight(QFont::DemiBold);
  const QRectF rect(left, layout_.live_top, width, line);
  painter.setFont(strong);
  painter.setPen(c.text);
  painter.drawText(rect, Qt::AlignVCenter | Qt::AlignLeft, live_->rate);
  painter.setFont(scene_small_font());
  painter.setPen(c.muted);
  painter.drawText(rect, Qt::AlignVCenter | Qt::AlignRight, live_->detail);
  const QRectF second(left, live_bar().bottom() + 0.25 * kUnit, width, line);
  painter.drawText(second, Qt::AlignVCenter | Qt::AlignLeft, live_->cost);
  const qreal spared = QFontMetricsF(strong).horizontalAdvance(live_->rate) + kUnit;
  const qreal words_left = QFontMetricsF(painter.font()).horizontalAdvance(live_->detail) + kUnit;
  const QRectF between = rect.adjusted(spared, 2, -words_left, -2);
  const qreal used = QFontMetricsF(painter.font()).horizontalAdvance(live_->cost) + kUnit;
  const QRectF behind = second.adjusted(used, 2, 0, -2);
  paint_sparks(painter, behind.width() >= between.width() ? behind : between);
}

/// The rate, for half size.
void NodeItem::paint_half_rate(QPainter& painter) const {
  const qreal width = layout_.width - 3 * kUnit;
  const QString text = brief_text(*live_, half_small_font(), width);
  painter.setFont(half_small_font());
  painter.setPen(Theme::instance().colors().text);
  const qreal height = QFontMetricsF(painter.font()).height();
  draw_elided(painter, {1.5 * kUnit, live_bar().top() - height, width, height}, Qt::AlignLeft | Qt::AlignVCenter, text,
              Qt::ElideRight);
}

/// How the workers spent the last second.
void NodeItem::paint_bar(QPainter& painter) const {
  const Theme::Colors& c = Theme::instance().colors();
  const QRectF bar = live_bar();
  painter.fillRect(bar, c.idle);
  qreal x = bar.left();
  for (const auto& [part, color] :
       {std::pair{live_->busy, c.busy}, {live_->starved, c.starved}, {live_->blocked, c.blocked}}) {
    painter.fillRect(QRectF(x, bar.top(), bar.width() * part, bar.height()), color);
    x += bar.width() * part;
  }
}

/// Starved nodes have a dashed frame and an empty vessel, blocked ones a full frame and a bar: told by shape as well.
void NodeItem::paint_mood(QPainter& painter) const {
  const Theme::Colors& c = Theme::instance().colors();
  const bool starved = live_->mood == LiveState::Mood::Starved;
  if (!starved && live_->mood != LiveState::Mood::Blocked) return;
  painter.setPen(QPen(starved ? c.starved : c.blocked, 1.8, starved ? Qt::DashLine : Qt::SolidLine));
  painter.setBrush(Qt::NoBrush);
  painter.drawRoundedRect(body().adjusted(1, 1, -1, -1), kUnit, kUnit);
  const QPointF at(layout_.width - 1.5 * kUnit, 0);
  const QRectF mark(at.x() - 8, at.y() - 8, 16, 16);
  painter.setPen(QPen(c.node, 1.5));
  painter.setBrush(starved ? c.starved : c.blocked);
  painter.drawEllipse(mark);
  painter.setPen(QPen(QColor("#101418"), 1.6));
  if (starved) {  // an empty vessel
    painter.drawPolyline(QPolygonF{mark.center() + QPointF(-3.5, -3), mark.center() + QPointF(-3.5, 3),
                                   mark.center() + QPointF(3.5, 3), mark.center() + QPointF(3.5, -3)});
  } else {  // a bar across
    painter.fillRect(QRectF(mark.center() - QPointF(4, 1.5), QSizeF(8, 3)), QColor("#101418"));
  }
}

/// From zero up to the largest of them.
void NodeItem::paint_sparks(QPainter& painter, const QRectF& area) const {
  if (sparks_.size() < 2 || area.width() < kUnit) return;
  const double most = *std::max_element(sparks_.begin(), sparks_.end());
  if (most <= 0) return;
  QPolygonF line;
  for (std::size_t i = 0; i < sparks_.size(); ++i)
    line << QPointF(area.left() + area.width() * static_cast<qreal>(i) / static_cast<qreal>(sparks_.size() - 1),
                    area.bottom() - area.height() * sparks_[i] / most);
  painter.setPen(QPen(Theme::instance().colors().train, 1.2));
  painter.drawPolyline(line);
}

}  // namespace feedline::gui::inline canvas
