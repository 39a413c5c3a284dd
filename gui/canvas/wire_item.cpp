// SPDX-License-Identifier: GPL-3.0-or-later
#include "canvas/wire_item.h"

#include <QFontMetricsF>
#include <QPainter>
#include <QStyleOptionGraphicsItem>
#include <algorithm>
#include <cmath>

#include "app/theme.h"
#include "canvas/paint_tools.h"

namespace feedline::gui {
namespace {

constexpr qreal kUnit = Theme::kUnit;
constexpr qreal kGrip = 1.5 * kUnit;  // width of the part that takes a click
constexpr qreal kLabelZoom = 0.6;

}  // namespace

QPainterPath wire_path(QPointF from, QPointF to) {
  const qreal forward = to.x() - from.x();
  qreal reach = std::max(4.0 * kUnit, std::abs(forward) * 0.5);
  if (forward < 0) reach = std::min(reach + 4 * kUnit, 24 * kUnit);
  const qreal length = std::hypot(forward, to.y() - from.y());
  reach = std::min(reach, std::max(1.5 * kUnit, length * 0.9));
  QPainterPath path(from);
  path.cubicTo(from + QPointF(reach, 0), to - QPointF(reach, 0), to);
  return path;
}

WireItem::WireItem(WireFace face) : face_(std::move(face)) {
  setFlag(ItemIsSelectable);
  setZValue(0);
}

void WireItem::set_face(WireFace face) {
  if (face == face_) return;
  prepareGeometryChange();
  face_ = std::move(face);
  update();
}

void WireItem::set_ends(QPointF from, QPointF to) {
  if (from == from_ && to == to_) return;
  prepareGeometryChange();
  from_ = from;
  to_ = to;
  path_ = wire_path(from, to);
  update();
}

void WireItem::set_lifted(bool lifted) {
  lifted_ = lifted;
  setOpacity(lifted ? 0.25 : 1);
}

QRectF WireItem::boundingRect() const {
  const qreal label = face_.label.isEmpty() ? 0 : 1.5 * kUnit;
  return path_.controlPointRect().adjusted(-kUnit, -kUnit - label, kUnit, kUnit + label);
}

QPainterPath WireItem::shape() const {
  QPainterPathStroker stroker;
  stroker.setWidth(kGrip);
  return stroker.createStroke(path_);
}

void WireItem::paint(QPainter* painter, const QStyleOptionGraphicsItem* option, QWidget*) {
  const Theme& theme = Theme::instance();
  const bool selected = option->state.testFlag(QStyle::State_Selected);
  const qreal zoom = QStyleOptionGraphicsItem::levelOfDetailFromTransform(painter->worldTransform());
  const QColor color = face_.faulty ? theme.colors().error : theme.kind_color(face_.kind);
  const qreal width = is_per_record(face_.kind) ? 2.2 : 3.4;
  painter->setRenderHint(QPainter::Antialiasing);
  painter->setBrush(Qt::NoBrush);
  if (selected) {
    painter->setPen(QPen(faded(theme.colors().accent, 0.35), width + 7, Qt::SolidLine, Qt::RoundCap));
    painter->drawPath(path_);
  }
  painter->setPen(QPen(theme.colors().canvas, width + 2.5, Qt::SolidLine, Qt::FlatCap));
  painter->drawPath(path_);  // wires that cross stay apart
  QPen pen(color, width, face_.faulty ? Qt::DashLine : Qt::SolidLine, face_.faulty ? Qt::FlatCap : Qt::RoundCap);
  painter->setPen(pen);
  painter->drawPath(path_);
  if (!face_.label.isEmpty() && zoom >= kLabelZoom && !lifted_) paint_label(*painter, zoom, selected);
}

void WireItem::paint_label(QPainter& painter, qreal zoom, bool selected) const {
  const Theme& theme = Theme::instance();
  const QFont font = theme.small_font();
  const QFontMetricsF metrics(font);
  QRectF rect(0, 0, metrics.horizontalAdvance(face_.label) + 1.5 * kUnit, metrics.height() + 2);
  const qreal room = std::abs(to_.x() - from_.x());
  const bool fits = std::max(room, std::abs(to_.y() - from_.y()) * 0.8) > rect.width() + 2.5 * kUnit;
  if (!fits && !(selected && zoom >= 1)) return;
  rect.moveCenter(path_.pointAtPercent(0.5));
  const QColor color = face_.faulty ? theme.colors().error : theme.kind_color(face_.kind);
  painter.setPen(QPen(faded(color, 0.8), 1));
  painter.setBrush(theme.colors().canvas);
  painter.drawRoundedRect(rect, rect.height() / 2, rect.height() / 2);
  painter.setFont(font);
  painter.setPen(theme.colors().text);
  painter.drawText(rect, Qt::AlignCenter, face_.label);
}

}  // namespace feedline::gui
