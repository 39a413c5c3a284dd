// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QApplication>
#include <QMouseEvent>
#include <QWidget>

namespace feedline::test {

/// One mouse event straight to a widget. QTest::mouseMove() leaves the pressed buttons out, and drags need them.
inline void send_mouse(QWidget* widget, QEvent::Type type, QPoint pos, Qt::MouseButton button = Qt::LeftButton,
                       Qt::KeyboardModifiers modifiers = {}) {
  const bool move = type == QEvent::MouseMove;
  const Qt::MouseButtons held = type == QEvent::MouseButtonRelease ? Qt::NoButton : Qt::MouseButtons(button);
  QMouseEvent event(type, pos, widget->mapToGlobal(pos), move ? Qt::NoButton : button, held, modifiers);
  QApplication::sendEvent(widget, &event);
}

/// Press, move in eight steps; release() is up to the caller.
inline void drag_to(QWidget* widget, QPoint from, QPoint to, Qt::MouseButton button = Qt::LeftButton,
                    Qt::KeyboardModifiers modifiers = {}) {
  send_mouse(widget, QEvent::MouseButtonPress, from, button, modifiers);
  for (int i = 1; i <= 8; ++i) send_mouse(widget, QEvent::MouseMove, from + (to - from) * i / 8, button, modifiers);
}

inline void drag(QWidget* widget, QPoint from, QPoint to, Qt::MouseButton button = Qt::LeftButton,
                 Qt::KeyboardModifiers modifiers = {}) {
  drag_to(widget, from, to, button, modifiers);
  send_mouse(widget, QEvent::MouseButtonRelease, to, button, modifiers);
}

}  // namespace feedline::test
