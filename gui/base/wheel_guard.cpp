// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/base/wheel_guard.h"

#include <QAbstractItemView>
#include <QAbstractScrollArea>
#include <QAbstractSlider>
#include <QAbstractSpinBox>
#include <QComboBox>
#include <QEvent>
#include <QScrollBar>

namespace feedline::gui::inline base {
namespace {

bool holds_a_value(const QWidget& widget) {
  if (qobject_cast<const QScrollBar*>(&widget) != nullptr) return false;
  return qobject_cast<const QAbstractSlider*>(&widget) != nullptr ||
         qobject_cast<const QAbstractSpinBox*>(&widget) != nullptr ||
         qobject_cast<const QComboBox*>(&widget) != nullptr;
}

/// Not a list, whose cells are edited in place and which has no form.
bool stands_in_what_scrolls(const QWidget& widget) {
  for (const QWidget* at = widget.parentWidget(); at != nullptr; at = at->parentWidget()) {
    if (qobject_cast<const QAbstractItemView*>(at) != nullptr) return false;
    if (qobject_cast<const QAbstractScrollArea*>(at) != nullptr) return true;
    if (at->isWindow()) return false;
  }
  return false;
}

/// The number or choice that the widget is, or is the line edit of.
const QWidget* valued(const QWidget& widget) {
  if (holds_a_value(widget)) return &widget;
  const QWidget* around = widget.isWindow() ? nullptr : widget.parentWidget();
  return around != nullptr && holds_a_value(*around) ? around : nullptr;
}

}  // namespace

bool WheelGuard::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() != QEvent::Wheel || !watched->isWidgetType()) return false;
  const QWidget* value = valued(*static_cast<QWidget*>(watched));
  if (value == nullptr || !stands_in_what_scrolls(*value)) return false;
  event->ignore();  // so that it goes on to what scrolls
  return true;
}

}  // namespace feedline::gui::inline base
