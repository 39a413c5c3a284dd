// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/diagnosis/steady_part.h"

#include <QEvent>
#include <QLayout>
#include <QResizeEvent>

namespace feedline::gui::inline diagnosis {

void SteadyPart::forget() { setMinimumHeight(0); }

void SteadyPart::grow() {
  const int needed = layout()->hasHeightForWidth() ? layout()->heightForWidth(width()) : layout()->sizeHint().height();
  if (needed > minimumHeight()) setMinimumHeight(needed);
}

bool SteadyPart::event(QEvent* event) {
  const bool done = QWidget::event(event);
  if (event->type() == QEvent::LayoutRequest) grow();
  return done;
}

void SteadyPart::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  if (event->size().width() == event->oldSize().width()) return;
  forget();  // at another width the words take another height
  grow();
}

}  // namespace feedline::gui::inline diagnosis
