// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "gui/base/theme.h"
#include "gui/looks/presenter_mode.h"

#include <QObject>

namespace feedline::gui::inline base {
class Actions;
class Docks;
}  // namespace feedline::gui::inline base

namespace feedline::gui::inline looks {

/// The theme, the settings dialog and presenter mode, and the actions that lead to them.
class Looks : public QObject {
  Q_OBJECT

 public:
  Looks(Actions& actions, Docks& docks, QMainWindow* window);
  [[nodiscard]] PresenterMode& presenter() { return presenter_; }

 private:
  void choose(Theme::Mode mode);
  void show_theme();
  void show_settings();

  Actions& actions_;
  Docks& docks_;
  QMainWindow* window_;
  PresenterMode presenter_;
};

}  // namespace feedline::gui::inline looks
