// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/inspector/port_line.h"

#include "gui/base/theme.h"
#include "gui/canvas/socket.h"
#include "gui/models/text.h"

#include <QPainter>

namespace feedline::gui::inline inspector {

PortLine::PortLine(const PortFace& port, const QString& shape, QWidget* parent)
    : QWidget(parent), port_(port), shape_(shape) {
  setToolTip(port.tip);
  setAccessibleName(spaced(port.name) + QStringLiteral(", ") + shape);
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

QSize PortLine::sizeHint() const {
  return {20 * Theme::kUnit, QFontMetrics(Theme::instance().small_font()).height() + Theme::kUnit / 2};
}

void PortLine::paintEvent(QPaintEvent*) {
  const Theme& theme = Theme::instance();
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  paint_socket(painter, {Theme::kUnit, height() / 2.0}, port_.kind, 5,
               {.connected = port_.connected, .required = port_.required, .background = theme.colors().panel});
  painter.setFont(theme.small_font());
  const QString name = spaced(port_.name);
  QRect rect = this->rect().adjusted(5 * Theme::kUnit / 2, 0, 0, 0);
  painter.setPen(theme.colors().text);
  painter.drawText(rect, Qt::AlignVCenter | Qt::AlignLeft, name);
  rect.adjust(painter.fontMetrics().horizontalAdvance(name) + Theme::kUnit, 0, 0, 0);
  painter.setPen(port_.required ? theme.colors().error : theme.colors().muted);
  painter.drawText(rect, Qt::AlignVCenter | Qt::AlignRight,
                   painter.fontMetrics().elidedText(shape_, Qt::ElideRight, rect.width()));
}

}  // namespace feedline::gui::inline inspector
