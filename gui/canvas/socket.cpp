// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/socket.h"

#include "gui/base/theme.h"

#include <QPainter>
#include <QtMath>

namespace feedline::gui {
namespace {

QPainterPath polygon(int corners, qreal radius, qreal first_angle) {
  QPolygonF points;
  for (int i = 0; i < corners; ++i) {
    const qreal angle = qDegreesToRadians(first_angle + 360.0 * i / corners);
    points << QPointF(radius * qCos(angle), radius * qSin(angle));
  }
  QPainterPath path;
  path.addPolygon(points);
  path.closeSubpath();
  return path;
}

}  // namespace

QPainterPath socket_path(Kind kind, qreal r) {
  QPainterPath path;
  switch (kind) {
    case Kind::Any:
    case Kind::Image:
      path.addEllipse(QPointF(), r, r);
      return path;
    case Kind::Encoded:
      path.addRect(-r * 0.88, -r * 0.88, r * 1.76, r * 1.76);
      return path;
    case Kind::Text:
      return polygon(3, r * 1.2, -90);
    case Kind::Tokens:
      return polygon(5, r * 1.1, -90);
    case Kind::Features:
      return polygon(3, r * 1.2, 90);
    case Kind::Label:
      return polygon(4, r * 1.2, 0);
    case Kind::Tensor:
      path.addRoundedRect(-r * 0.8, -r * 1.25, r * 1.6, r * 2.5, r * 0.8, r * 0.8);
      return path;
    case Kind::Target:
      path.addRoundedRect(-r * 1.25, -r * 0.8, r * 2.5, r * 1.6, r * 0.3, r * 0.3);
      return path;
    case Kind::Batch:
      path.addRoundedRect(-r * 1.1, -r * 1.1, r * 2.2, r * 2.2, r * 0.5, r * 0.5);
      return path;
    case Kind::Loss:
      return polygon(3, r * 1.25, 0);
    case Kind::Optimizer:
      return polygon(6, r * 1.1, 0);
    case Kind::Estimator:
      return polygon(8, r * 1.1, 22.5);
  }
  return path;
}

void paint_socket(QPainter& painter, QPointF centre, Kind kind, qreal radius, const SocketStyle& style) {
  const QColor color = Theme::instance().kind_color(kind);
  painter.save();
  painter.translate(centre);
  if (style.highlighted) {
    QColor halo = color;
    halo.setAlpha(70);
    painter.setPen(Qt::NoPen);
    painter.setBrush(halo);
    painter.drawEllipse(QPointF(), radius * 2.2, radius * 2.2);
  }
  const QPainterPath path = socket_path(kind, radius);
  painter.setPen(QPen(style.background, 4.5));
  painter.setBrush(Qt::NoBrush);
  painter.drawPath(path);  // a gap between socket and border
  painter.setPen(QPen(color, 2));
  painter.setBrush(style.connected && kind != Kind::Any ? color : style.background);
  painter.drawPath(path);
  if (style.required || (style.connected && kind == Kind::Any)) {
    painter.setPen(Qt::NoPen);
    painter.setBrush(color);
    painter.drawEllipse(QPointF(), radius * 0.36, radius * 0.36);
  }
  painter.restore();
}

}  // namespace feedline::gui
