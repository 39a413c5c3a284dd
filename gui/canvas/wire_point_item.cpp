// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/wire_point_item.h"

#include "gui/base/theme.h"
#include "gui/canvas/paint_tools.h"

#include <QPainter>
#include <QStyleOptionGraphicsItem>

namespace feedline::gui::inline canvas {
namespace {

constexpr qreal kPointRadius = 0.75 * Theme::kUnit;
constexpr qreal kReach = 1.5 * Theme::kUnit;

}  // namespace

WirePointItem::WirePointItem(WirePoint point) : point_(std::move(point)) {
  setFlag(ItemIsSelectable);
  setZValue(0.5);  // over wires, under nodes
}

void WirePointItem::set_color(const QColor& color) {
  if (color == color_) return;
  color_ = color;
  update();
}

QRectF WirePointItem::boundingRect() const { return {-kReach, -kReach, 2 * kReach, 2 * kReach}; }

QPainterPath WirePointItem::shape() const {
  QPainterPath path;
  path.addEllipse(QPointF(), kReach, kReach);
  return path;
}

void WirePointItem::paint(QPainter* painter, const QStyleOptionGraphicsItem* option, QWidget*) {
  const Theme::Colors& c = Theme::instance().colors();
  painter->setRenderHint(QPainter::Antialiasing);
  if (option->state.testFlag(QStyle::State_Selected)) {
    painter->setPen(Qt::NoPen);
    painter->setBrush(faded(c.accent, 0.35));
    painter->drawEllipse(QPointF(), kPointRadius + 4, kPointRadius + 4);
  }
  painter->setPen(QPen(c.canvas, 2));
  painter->setBrush(color_);
  painter->drawEllipse(QPointF(), kPointRadius, kPointRadius);
}

}  // namespace feedline::gui::inline canvas
