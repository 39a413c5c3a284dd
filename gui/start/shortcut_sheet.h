// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDialog>
#include <QList>
#include <QString>
#include <QStringList>

class QMenuBar;
class QTreeWidget;

namespace feedline::gui::inline start {

/// One line of the sheet.
struct Shortcut {
  QString group{};
  QString what{};
  QStringList keys{};
};

/// Every action of the menus that has keys, group by menu. Nothing is listed by hand.
[[nodiscard]] QList<Shortcut> menu_shortcuts(const QMenuBar& bar);
/// What keys and gestures do on the canvas beside the menus.
[[nodiscard]] QList<Shortcut> canvas_shortcuts();

/// All keys on one page, with a search field.
class ShortcutSheet : public QDialog {
  Q_OBJECT

 public:
  explicit ShortcutSheet(const QList<Shortcut>& shortcuts, QWidget* parent = nullptr);

 private:
  void fill(const QString& pattern);

  QList<Shortcut> shortcuts_;
  QTreeWidget* list_;
};

}  // namespace feedline::gui::inline start
