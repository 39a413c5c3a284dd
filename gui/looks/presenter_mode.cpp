// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/looks/presenter_mode.h"

#include "gui/base/settings.h"
#include "gui/base/theme.h"

#include <QAction>
#include <QMainWindow>
#include <QMenu>
#include <QMenuBar>
#include <QScreen>
#include <QStatusBar>
#include <QToolBar>
#include <QWidgetAction>

#include <algorithm>
#include <utility>

namespace feedline::gui::inline looks {

namespace {
// What canvas, two panels and the toolbar need at the normal size of text.
constexpr double kLeastWidth = 900;
constexpr double kLeastHeight = 560;
}  // namespace

PresenterMode::PresenterMode(QMainWindow* window, QList<QAction*> kept)
    : QObject(window), window_(window), kept_(std::move(kept)) {}

double PresenterMode::fitting_scale(double wanted, QSize screen) {
  const double room = std::min(screen.width() / kLeastWidth, screen.height() / kLeastHeight);
  return std::min(wanted, std::max(1.0, room));
}

void PresenterMode::set_on(bool on) {
  if (on == on_) return;
  on_ = on;
  on ? enter() : leave();
  Q_EMIT toggled(on);
}

void PresenterMode::enter() {
  was_maximised_ = window_->isMaximized();
  // Actions of a hidden menu bar would lose their keys.
  for (QAction* menu : window_->menuBar()->actions())
    if (menu->menu() != nullptr) window_->addActions(menu->menu()->actions());
  window_->menuBar()->hide();
  window_->statusBar()->hide();
  thin_out_tools();
  window_->showFullScreen();
  enlarge();
}

void PresenterMode::enlarge() const {
  const double larger = fitting_scale(Settings::presenter_scale(), window_->screen()->size());
  Theme::instance().set_font_scale(Settings::font_scale() * larger);
}

void PresenterMode::leave() {
  Theme::instance().set_font_scale(Settings::font_scale());
  window_->menuBar()->show();
  window_->statusBar()->show();
  bring_tools_back();
  for (QAction* menu : window_->menuBar()->actions())
    if (menu->menu() != nullptr)
      for (QAction* action : menu->menu()->actions()) window_->removeAction(action);
  was_maximised_ ? window_->showMaximized() : window_->showNormal();
}

void PresenterMode::refresh() {
  if (!on_) return;
  enlarge();
  Q_EMIT refreshed();
}

QToolBar* PresenterMode::tools() const { return window_->findChild<QToolBar*>(QStringLiteral("tools")); }

/// Only what steers the run, so that its bar has room for larger text.
void PresenterMode::thin_out_tools() {
  QToolBar* bar = tools();
  tools_before_ = bar->actions();
  for (QAction* action : tools_before_)
    if (!kept_.contains(action) && qobject_cast<QWidgetAction*>(action) == nullptr) bar->removeAction(action);
}

void PresenterMode::bring_tools_back() {
  QToolBar* bar = tools();
  QAction* next = nullptr;
  for (auto it = tools_before_.crbegin(); it != tools_before_.crend(); ++it) {
    if (!bar->actions().contains(*it)) bar->insertAction(next, *it);
    next = *it;
  }
}

}  // namespace feedline::gui::inline looks
