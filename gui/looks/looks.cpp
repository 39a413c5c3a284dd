// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/looks/looks.h"

#include "gui/base/actions.h"
#include "gui/base/settings.h"
#include "gui/looks/settings_dialog.h"

#include <QAction>
#include <QMainWindow>

namespace feedline::gui::inline looks {

Looks::Looks(Actions& actions, Docks& docks, QMainWindow* window)
    : QObject(window),
      actions_(actions),
      docks_(docks),
      window_(window),
      presenter_(window, {actions.run, actions.pause, actions.stop, actions.show_queues}) {
  connect(actions.theme_system, &QAction::triggered, this, [this] { choose(Theme::Mode::System); });
  connect(actions.theme_light, &QAction::triggered, this, [this] { choose(Theme::Mode::Light); });
  connect(actions.theme_dark, &QAction::triggered, this, [this] { choose(Theme::Mode::Dark); });
  connect(actions.toggle_theme, &QAction::triggered, this,
          [this] { choose(Theme::instance().dark() ? Theme::Mode::Light : Theme::Mode::Dark); });
  connect(actions.settings, &QAction::triggered, this, &Looks::show_settings);
  connect(actions.presenter, &QAction::toggled, &presenter_, &PresenterMode::set_on);
  connect(&presenter_, &PresenterMode::toggled, actions.presenter, &QAction::setChecked);
  connect(&Theme::instance(), &Theme::changed, this, &Looks::show_theme);
  show_theme();
}

void Looks::choose(Theme::Mode mode) {
  Settings::set_theme(mode);
  Theme::instance().set_mode(mode);
}

void Looks::show_theme() {
  const Theme::Mode mode = Theme::instance().mode();
  actions_.theme_system->setChecked(mode == Theme::Mode::System);
  actions_.theme_light->setChecked(mode == Theme::Mode::Light);
  actions_.theme_dark->setChecked(mode == Theme::Mode::Dark);
}

void Looks::show_settings() {
  auto* dialog = new SettingsDialog(docks_, window_);
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  connect(dialog, &SettingsDialog::presenter_changed, &presenter_, &PresenterMode::refresh);
  dialog->open();
}

}  // namespace feedline::gui::inline looks
