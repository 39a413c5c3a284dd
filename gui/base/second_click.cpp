// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/base/second_click.h"

#include <QApplication>
#include <QCursor>
#include <QMouseEvent>
#include <QStyleHints>
#include <QTimer>

namespace feedline::gui::inline base {

SecondClick::SecondClick(QPointF place) : QObject(qApp), place_(place) {
  qApp->installEventFilter(this);
  QTimer::singleShot(QApplication::doubleClickInterval(), this, &QObject::deleteLater);
}

void SecondClick::swallow() { swallow(QCursor::pos()); }

void SecondClick::swallow(QPointF place) { new SecondClick(place); }

bool SecondClick::eventFilter(QObject*, QEvent* event) {
  const bool press = event->type() == QEvent::MouseButtonPress || event->type() == QEvent::MouseButtonDblClick;
  if (!press && event->type() != QEvent::MouseButtonRelease) return false;
  const auto& mouse = static_cast<const QMouseEvent&>(*event);
  if (!press) return held_;
  const QPointF away = mouse.globalPosition() - place_;
  held_ = away.manhattanLength() <= QGuiApplication::styleHints()->startDragDistance();
  return held_;
}

}  // namespace feedline::gui::inline base
