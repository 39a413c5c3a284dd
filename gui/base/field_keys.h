// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>

class QKeyEvent;
class QWidget;

namespace feedline::gui::inline base {

/// Takes back what was done last: Ctrl+Z.
[[nodiscard]] bool is_undo(const QKeyEvent& key);
/// Brings it again: Ctrl+Shift+Z or Ctrl+Y, on every desktop.
[[nodiscard]] bool is_redo(const QKeyEvent& key);

/// Keys of the window that a text field would swallow. Undo and redo belong to a field only while it has typing of its
/// own to take back; where nothing is typed, or what is typed is in the document already (`write_through()`), they are
/// the document's.
class FieldKeys : public QObject {
  Q_OBJECT

 public:
  explicit FieldKeys(QWidget* window);

  /// Every letter that is typed there is in the document at once, and in its history.
  static void write_through(QWidget* field);
  /// What is typed in the field that has the focus counts from now on, as if it had been left: a command of the window
  /// must see it.
  static void commit();

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  QWidget* window_;
};

}  // namespace feedline::gui::inline base
