// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "schema/tensor_desc.h"

#include <QColor>
#include <QPainterPath>

class QPainter;

namespace feedline::gui::inline canvas {

/// How a socket is drawn.
struct SocketStyle {
  bool connected = false;
  bool required = false;  ///< an input without a wire that needs one gets a dot, so that colour is not the only sign
  bool highlighted = false;
  QColor background{};
};

/// The outline that stands for a kind, about the origin with the given radius; no two kinds that can meet on one node
/// share both shape and colour.
[[nodiscard]] QPainterPath socket_path(Kind kind, qreal radius);

void paint_socket(QPainter& painter, QPointF centre, Kind kind, qreal radius, const SocketStyle& style);

}  // namespace feedline::gui::inline canvas
