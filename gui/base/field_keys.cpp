// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/base/field_keys.h"

#include <QApplication>
#include <QKeyEvent>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QTextDocument>

namespace feedline::gui::inline base {
namespace {

constexpr char kThrough[] = "feedline_write_through";

/// Has the field something of its own to take back, or to bring again?
bool has_own_history(const QObject* field, bool undo) {
  if (const auto* line = qobject_cast<const QLineEdit*>(field))
    return undo ? line->isUndoAvailable() : line->isRedoAvailable();
  if (const auto* text = qobject_cast<const QPlainTextEdit*>(field))
    return undo ? text->document()->isUndoAvailable() : text->document()->isRedoAvailable();
  return false;
}

void redo_own(QObject* field) {
  if (auto* line = qobject_cast<QLineEdit*>(field)) line->redo();
  if (auto* text = qobject_cast<QPlainTextEdit*>(field)) text->redo();
}

bool is_field(const QObject* widget) {
  return qobject_cast<const QLineEdit*>(widget) != nullptr || qobject_cast<const QPlainTextEdit*>(widget) != nullptr;
}

}  // namespace

bool is_undo(const QKeyEvent& key) { return key.matches(QKeySequence::Undo); }

bool is_redo(const QKeyEvent& key) {
  const auto control = key.modifiers() & ~Qt::KeypadModifier;
  return key.matches(QKeySequence::Redo) || (key.key() == Qt::Key_Y && control == Qt::ControlModifier) ||
         (key.key() == Qt::Key_Z && control == (Qt::ControlModifier | Qt::ShiftModifier));
}

FieldKeys::FieldKeys(QWidget* window) : QObject(window), window_(window) { qApp->installEventFilter(this); }

void FieldKeys::write_through(QWidget* field) { field->setProperty(kThrough, true); }

void FieldKeys::commit() {
  if (auto* line = qobject_cast<QLineEdit*>(QApplication::focusWidget())) Q_EMIT line->editingFinished();
}

bool FieldKeys::eventFilter(QObject* watched, QEvent* event) {
  const bool asks = event->type() == QEvent::ShortcutOverride;
  if ((!asks && event->type() != QEvent::KeyPress) || !watched->isWidgetType() || !is_field(watched)) return false;
  const auto& key = static_cast<const QKeyEvent&>(*event);
  if (!is_undo(key) && !is_redo(key)) return false;
  const auto* widget = static_cast<const QWidget*>(watched);
  const QWidget* top = widget->window();
  const bool ours = top == window_ || (top->windowType() == Qt::Tool && top->parentWidget() == window_);
  if (!ours) return false;
  const bool own = !widget->property(kThrough).toBool() && has_own_history(watched, is_undo(key));
  if (!asks) {
    // What the document cannot do either is not done to the field behind its back.
    if (own && is_redo(key)) redo_own(watched);  // a field knows only one of the two keys
    return !own || is_redo(key);
  }
  if (own && is_undo(key)) return false;  // a number field knows better
  event->setAccepted(own);
  return true;
}

}  // namespace feedline::gui::inline base
