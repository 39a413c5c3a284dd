// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/app/live_label.h"

#include "gui/base/theme.h"

#include <QEvent>
#include <QFontMetrics>
#include <QHelpEvent>
#include <QPainter>
#include <QToolTip>

namespace feedline::gui::inline app {

LiveLabel::LiveLabel(QWidget* parent) : QWidget(parent) {
  setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
  setAttribute(Qt::WA_OpaquePaintEvent);  // else all that is behind it is painted anew with it
}

int LiveLabel::width_of_text() const { return text().isEmpty() ? 0 : fontMetrics().horizontalAdvance(text()) + 2; }

void LiveLabel::set_forms(const QStringList& forms) {
  if (forms == forms_) return;
  forms_ = forms;
  setAccessibleName(text());
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

void LiveLabel::set_lines(int lines) {
  if (lines == lines_) return;
  lines_ = lines;
  updateGeometry();
  update();
}

int LiveLabel::flags() const {
  const int across = lines_ > 1 ? int{Qt::TextWordWrap} : int{Qt::TextSingleLine};
  return Qt::AlignVCenter | Qt::AlignLeft | across;
}

bool LiveLabel::fits(const QString& form) const {
  const QRect needed = fontMetrics().boundingRect(QRect(0, 0, width(), height()), flags(), form);
  return needed.width() <= width() && needed.height() <= lines_ * fontMetrics().lineSpacing();
}

QString LiveLabel::shown() const {
  for (const QString& form : forms_)
    if (fits(form)) return form;
  return fontMetrics().elidedText(forms_.back(), Qt::ElideRight, width());
}

QSize LiveLabel::sizeHint() const { return {room_, lines_ * fontMetrics().lineSpacing()}; }
QSize LiveLabel::minimumSizeHint() const { return {0, sizeHint().height()}; }

bool LiveLabel::event(QEvent* event) {
  if (event->type() != QEvent::ToolTip || !toolTip().isEmpty() || shown() == text()) return QWidget::event(event);
  QToolTip::showText(static_cast<QHelpEvent*>(event)->globalPos(), text(), this);
  return true;
}

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
  painter.drawText(rect(), flags(), shown());
}

}  // namespace feedline::gui::inline app
