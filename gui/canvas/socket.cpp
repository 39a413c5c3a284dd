// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/canvas/socket.h"

#include "gui/base/theme.h"

#include <QPainter>
#include <QtMath>

namespace feedline::gui::inline canvas {
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
  switch (kind->socket) {
    case SocketShape::Circle:
      path.addEllipse(QPointF(), r, r);
      return path;
    case SocketShape::Square:
      path.addRect(-r * 0.88, -r * 0.88, r * 1.76, r * 1.76);
      return path;
    case SocketShape::RoundedSquare:
      path.addRoundedRect(-r * 1.1, -r * 1.1, r * 2.2, r * 2.2, r * 0.5, r * 0.5);
      return path;
    case SocketShape::Diamond:
      return polygon(4, r * 1.2, 0);
    case SocketShape::Pentagon:
      return polygon(5, r * 1.1, -90);
    case SocketShape::Hexagon:
      return polygon(6, r * 1.1, 0);
    case SocketShape::Octagon:
      return polygon(8, r * 1.1, 22.5);
    case SocketShape::TriangleUp:
      return polygon(3, r * 1.2, -90);
    case SocketShape::TriangleDown:
      return polygon(3, r * 1.2, 90);
    case SocketShape::TriangleRight:
      return polygon(3, r * 1.25, 0);
    case SocketShape::UprightPill:
      path.addRoundedRect(-r * 0.8, -r * 1.25, r * 1.6, r * 2.5, r * 0.8, r * 0.8);
      return path;
    case SocketShape::FlatPill:
      path.addRoundedRect(-r * 1.25, -r * 0.8, r * 2.5, r * 1.6, r * 0.3, r * 0.3);
      return path;
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

}  // namespace feedline::gui::inline canvas
