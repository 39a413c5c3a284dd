// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QObject>
#include <QPointer>

class QWidget;

namespace feedline::gui::inline base {

/// Shows which widget has the keyboard, in every window of the program, by a ring around it; of tabs, around the chosen
/// one. It comes when the keyboard was what led there, and goes with the next click, since who points knows where. A
/// view of a QGraphicsScene draws its own. Installed for the application.
class FocusRing : public QObject {
  Q_OBJECT

 public:
  using QObject::QObject;

  /// The widget has its own way to show it, or fills the window.
  static void leave_out(QWidget* widget);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  void show_at(QWidget* widget);
  void hide();

  QPointer<QWidget> ring_{};
  QPointer<QWidget> around_{};
  bool by_keys_ = false;  ///< the last thing that was pressed was a key
};

}  // namespace feedline::gui::inline base
