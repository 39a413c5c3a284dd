// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/field_keys.h"

#include <QApplication>
#include <QKeyEvent>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QTextDocument>

namespace feedline::gui {
namespace {

constexpr char kThrough[] = "feedline_write_through";

bool is_history(const QKeyEvent& key) {
  return key.matches(QKeySequence::Undo) || key.matches(QKeySequence::Redo) ||
         (key.key() == Qt::Key_Y && key.modifiers() == Qt::ControlModifier);
}

/// Has the field something of its own to take back, or to bring again?
bool has_own_history(const QObject* field, const QKeyEvent& key) {
  const bool undo = key.matches(QKeySequence::Undo);
  if (const auto* line = qobject_cast<const QLineEdit*>(field))
    return undo ? line->isUndoAvailable() : line->isRedoAvailable();
  if (const auto* text = qobject_cast<const QPlainTextEdit*>(field))
    return undo ? text->document()->isUndoAvailable() : text->document()->isRedoAvailable();
  return true;
}

}  // namespace

FieldKeys::FieldKeys(QWidget* window) : QObject(window), window_(window) { qApp->installEventFilter(this); }

void FieldKeys::write_through(QWidget* field) { field->setProperty(kThrough, true); }

void FieldKeys::commit() {
  if (auto* line = qobject_cast<QLineEdit*>(QApplication::focusWidget())) Q_EMIT line->editingFinished();
}

bool FieldKeys::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() != QEvent::ShortcutOverride || !watched->isWidgetType()) return false;
  const auto& key = static_cast<const QKeyEvent&>(*event);
  const auto* widget = static_cast<const QWidget*>(watched);
  const QWidget* top = widget->window();
  const bool ours = top == window_ || (top->windowType() == Qt::Tool && top->parentWidget() == window_);
  if (!ours || !is_history(key)) return false;
  const bool is_field =
      qobject_cast<const QLineEdit*>(watched) != nullptr || qobject_cast<const QPlainTextEdit*>(watched) != nullptr;
  if (!is_field || (!widget->property(kThrough).toBool() && has_own_history(watched, key))) return false;
  event->ignore();
  return true;
}

}  // namespace feedline::gui
