// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QList>
#include <QObject>

class QAction;
class QMainWindow;
class QToolBar;

namespace feedline::gui::inline looks {

/// The window for an audience: the whole screen, larger text, the canvas with the run's bar, and of the panels only
/// those that the user chose (WorkModes places them). Leaving it brings back what was there before.
class PresenterMode : public QObject {
  Q_OBJECT

 public:
  /// `kept`: what stays in the toolbar, beside its widgets.
  PresenterMode(QMainWindow* window, QList<QAction*> kept);

  /// How much larger text may be on a screen of this size, of the factor that is wanted: on a small one the panels must
  /// still fit.
  [[nodiscard]] static double fitting_scale(double wanted, QSize screen);

  void set_on(bool on);
  [[nodiscard]] bool on() const { return on_; }
  /// The choice of panels or sizes in Settings has changed.
  void refresh();

 Q_SIGNALS:
  void toggled(bool on);
  void refreshed();  ///< the choice of panels or sizes has changed while it is on

 private:
  void enter();
  void enlarge() const;
  void leave();
  void thin_out_tools();
  void bring_tools_back();
  [[nodiscard]] QToolBar* tools() const;

  QMainWindow* window_;
  QList<QAction*> kept_;
  QList<QAction*> tools_before_{};
  bool was_maximised_ = false;
  bool on_ = false;
};

}  // namespace feedline::gui::inline looks
