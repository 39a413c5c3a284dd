// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/live_label.h"

#include "app/theme.h"

#include <QEvent>
#include <QFontMetrics>
#include <QPainter>

namespace feedline::gui {

LiveLabel::LiveLabel(QWidget* parent) : QWidget(parent) {
  setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
  setAttribute(Qt::WA_OpaquePaintEvent);  // else all that is behind it is painted anew with it
}

int LiveLabel::width_of_text() const { return text_.isEmpty() ? 0 : fontMetrics().horizontalAdvance(text_) + 2; }

void LiveLabel::set_text(const QString& text) {
  if (text == text_) return;
  text_ = text;
  setAccessibleName(text);
  update();
  const int wanted = width_of_text();
  if (wanted <= room_) return;
  room_ = wanted;
  updateGeometry();
}

void LiveLabel::clear() {
  set_text({});
  room_ = 0;
  updateGeometry();
}

QSize LiveLabel::sizeHint() const { return {room_, fontMetrics().height()}; }
QSize LiveLabel::minimumSizeHint() const { return {0, fontMetrics().height()}; }

void LiveLabel::changeEvent(QEvent* event) {
  QWidget::changeEvent(event);
  if (event->type() != QEvent::FontChange) return;
  room_ = width_of_text();
  updateGeometry();
}

void LiveLabel::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.fillRect(rect(), Theme::instance().colors().panel);
  painter.setPen(palette().color(foregroundRole()));
  painter.drawText(rect(), Qt::AlignVCenter | Qt::AlignLeft | Qt::TextSingleLine,
                   fontMetrics().elidedText(text_, Qt::ElideRight, width()));
}

}  // namespace feedline::gui
