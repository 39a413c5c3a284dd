// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/base/arrangement.h"

#include <QByteArray>
#include <QList>
#include <QObject>
#include <QString>

class QDockWidget;
class QMainWindow;
class QMenu;
class QWidget;

namespace feedline::gui::inline base {

/// The movable panels around the canvas. A dock that is alone has a title; docks that share a place have tabs, which
/// can be dragged out.
class Docks : public QObject {
  Q_OBJECT

 public:
  explicit Docks(QMainWindow* window);

  QDockWidget* add(const QString& name, const QString& title, QWidget* content, Qt::DockWidgetArea area);
  /// Puts every dock that it names to its place, and sizes them. Others stay hidden.
  void arrange(const Arrangement& arrangement);
  /// Gives the docks of an arrangement their shares of the window's present size, wherever they are shown.
  void share_out(const Arrangement& arrangement);
  bool restore(const QByteArray& layout);
  [[nodiscard]] QByteArray save() const;
  /// The panels that are in view though this arrangement, as it is at first, would not show them: somebody asked for
  /// them. Wherever the window was laid out.
  [[nodiscard]] QList<QDockWidget*> asked_for(const Arrangement& arrangement) const;
  /// Brings a panel into view, whatever hid it.
  static void show(QDockWidget* dock);
  void fill_menu(QMenu* menu) const;
  /// What a panel speaks of ("naive, run 12"): a line above it. Empty: no line.
  void set_subject(QDockWidget* dock, const QString& subject);
  /// What a panel is called, whatever it shows.
  [[nodiscard]] static QString title_of(const QDockWidget& dock);
  /// Null if there is none.
  [[nodiscard]] QDockWidget* find(const QString& name) const;
  [[nodiscard]] const QList<QDockWidget*>& all() const { return docks_; }

 private:
  void update_titles();
  void later_update_titles();

  QMainWindow* window_;
  QList<QDockWidget*> docks_{};
  bool update_pending_ = false;
};

}  // namespace feedline::gui::inline base
