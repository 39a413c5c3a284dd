// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QByteArray>
#include <QObject>

class QMainWindow;
class QWidget;

namespace feedline::gui {

class Docks;

/// The window for an audience: the whole screen, larger writing, the canvas with the run's bar, and of the panels only
/// those that the user chose. Leaving it brings back what was there before.
class PresenterMode : public QObject {
  Q_OBJECT

 public:
  PresenterMode(Docks& docks, QMainWindow* window);

  void set_on(bool on);
  [[nodiscard]] bool on() const { return on_; }
  /// The choice of panels or sizes in Settings has changed.
  void refresh();

 Q_SIGNALS:
  void toggled(bool on);

 private:
  void enter();
  void leave();
  void choose_panels();

  Docks& docks_;
  QMainWindow* window_;
  QByteArray layout_{};
  bool was_maximised_ = false;
  bool on_ = false;
};

}  // namespace feedline::gui
