// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/base/theme.h"

#include <QComboBox>
#include <QPainter>

namespace feedline::gui::inline inspector {

/// With an arrow in the theme's own drawing.
class ThemedCombo : public QComboBox {
 public:
  explicit ThemedCombo(QWidget* parent) : QComboBox(parent) {
    setStyleSheet(
        QStringLiteral("QComboBox::drop-down { border: none; width: 22px; } QComboBox::down-arrow { image: none; }"));
  }

 protected:
  void paintEvent(QPaintEvent* event) override {
    QComboBox::paintEvent(event);
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(Theme::instance().colors().muted, 1.6, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    const QPointF tip(width() - 13, height() / 2.0 + 2);
    painter.drawPolyline(QPolygonF({tip + QPointF(-4, -4), tip, tip + QPointF(4, -4)}));
  }
};

}  // namespace feedline::gui::inline inspector
