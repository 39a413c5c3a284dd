// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/canvas/wire_point.h"

#include <QColor>
#include <QGraphicsItem>

namespace feedline::gui::inline canvas {

/// A point of a wire on the canvas: a dot to take hold of.
class WirePointItem : public QGraphicsItem {
 public:
  enum { Type = UserType + 5 };
  explicit WirePointItem(WirePoint point);

  [[nodiscard]] const WirePoint& point() const { return point_; }
  void set_color(const QColor& color);

  [[nodiscard]] int type() const override { return Type; }
  [[nodiscard]] QRectF boundingRect() const override;
  [[nodiscard]] QPainterPath shape() const override;
  void paint(QPainter* painter, const QStyleOptionGraphicsItem* option, QWidget* widget) override;

 private:
  WirePoint point_;
  QColor color_{};
};

}  // namespace feedline::gui::inline canvas
