// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/app/work_modes.h"

#include "gui/base/actions.h"
#include "gui/base/docks.h"
#include "gui/base/settings.h"
#include "gui/base/theme.h"
#include "gui/looks/presenter_mode.h"

#include <QAction>
#include <QDockWidget>
#include <QEvent>
#include <QHBoxLayout>
#include <QMainWindow>
#include <QTimer>
#include <QToolButton>

#include <algorithm>
#include <cmath>
#include <utility>

namespace feedline::gui::inline app {
namespace {

bool in_a_panel(const QWidget* widget) {
  while (widget != nullptr && qobject_cast<const QDockWidget*>(widget) == nullptr) widget = widget->parentWidget();
  return widget != nullptr;
}

}  // namespace

WorkModes::WorkModes(Docks& docks, GroupedPanels panels, Actions& actions, PresenterMode& presenter,
                     QMainWindow* window)
    : QObject(window),
      docks_(docks),
      panels_(std::move(panels)),
      actions_(actions),
      presenter_(presenter),
      window_(window) {
  const std::pair<QAction*, WorkMode> plain[] = {{actions.work_build, WorkMode::Build},
                                                 {actions.work_watch, WorkMode::Watch},
                                                 {actions.work_diagnose, WorkMode::Diagnose}};
  for (const auto& [action, mode] : plain)
    connect(action, &QAction::triggered, this, [this, mode = mode] { show(mode); });
  connect(&presenter, &PresenterMode::toggled, this, &WorkModes::present);
  connect(&presenter, &PresenterMode::refreshed, this, [this] {
    if (mode_ == WorkMode::Present) bring();
  });
  connect(actions.reset_layout, &QAction::triggered, this, &WorkModes::reset);
  window->installEventFilter(this);
  connect(&Theme::instance(), &Theme::changed, this, &WorkModes::later_refold);
  tell();
}

void WorkModes::begin() {
  begun_ = true;
  folded_ = too_small();
  const QString last = Settings::work_mode();
  for (const WorkMode mode : {WorkMode::Watch, WorkMode::Diagnose})
    if (last == mode_word(mode)) mode_ = mode;
  bring();
}

bool WorkModes::too_small() const {
  const double scale = std::max(1.0, Theme::instance().font_scale());
  return window_->width() < kFoldWidth * scale || window_->height() < kFoldHeight * scale;
}

QString WorkModes::key() const {
  QString key = mode_word(mode_);
  if (mode_ == WorkMode::Present) return key + QLatin1Char('/') + Settings::presenter_panels().join(QLatin1Char('+'));
  return folded_ ? key + QStringLiteral("_folded") : key;
}

void WorkModes::show(WorkMode mode) {
  if (mode == WorkMode::Present || mode_ == WorkMode::Present) presenter_.set_on(mode == WorkMode::Present);
  if (mode != mode_) enter(mode);
  tell();
}

void WorkModes::enter(WorkMode mode) {
  keep();
  mode_ = mode;
  bring();
}

/// Presenter mode went on or off, by whatever way.
void WorkModes::present(bool on) {
  if (on == (mode_ == WorkMode::Present)) return;
  if (on) before_presenting_ = mode_;
  enter(on ? WorkMode::Present : before_presenting_);
}

void WorkModes::keep() {
  if (begun_ && !held_) Settings::set_work_layout(key(), docks_.save(), window_->size());
}

void WorkModes::bring() {
  const bool from_panel = in_a_panel(window_->focusWidget());
  // What is not in a saved layout, as after an update, stands where it stands at first.
  arrange_first();
  const QByteArray saved = Settings::work_layout(key());
  if (!saved.isEmpty() && docks_.restore(saved)) {
    const QSize then = Settings::work_layout_size(key());
    const auto far = [](int a, int b) { return std::abs(a - b) > b / 12; };
    if (far(window_->width(), then.width()) || far(window_->height(), then.height())) fit();
  }
  tell();
  Q_EMIT changed(mode_);
  if (from_panel) Q_EMIT panel_left();  // Qt would go on to whatever comes next
}

Arrangement WorkModes::arrangement() const {
  return arrangement_of(mode_, folded_, Settings::presenter_panels(), panels_);
}

void WorkModes::arrange_first() { docks_.arrange(arrangement()); }

void WorkModes::reset() {
  Settings::set_work_layout(key(), {}, {});
  arrange_first();
}

void WorkModes::fit() { docks_.share_out(arrangement()); }

void WorkModes::save() {
  keep();
  const WorkMode mode = held_.value_or(mode_);
  Settings::set_work_mode(mode_word(mode == WorkMode::Present ? before_presenting_ : mode));
}

void WorkModes::hold() {
  keep();
  held_ = mode_;
}

void WorkModes::release() {
  if (!held_) return;
  if (*held_ == mode_) {
    bring();
  } else {
    show(*held_);
  }
  held_.reset();
}

void WorkModes::tell() {
  actions_.work_build->setChecked(mode_ == WorkMode::Build);
  actions_.work_watch->setChecked(mode_ == WorkMode::Watch);
  actions_.work_diagnose->setChecked(mode_ == WorkMode::Diagnose);
  actions_.presenter->setChecked(mode_ == WorkMode::Present);
}

bool WorkModes::eventFilter(QObject* watched, QEvent* event) {
  // Before anybody sees it, and asks for a panel, the window has its place and size.
  if (watched == window_ && event->type() == QEvent::Show && !event->spontaneous()) refold();
  if (watched == window_ && event->type() == QEvent::Resize) later_refold();
  return QObject::eventFilter(watched, event);
}

void WorkModes::later_refold() {
  if (!begun_ || refold_pending_ || too_small() == folded_) return;
  refold_pending_ = true;
  QTimer::singleShot(0, this, &WorkModes::refold);
}

/// The window has become too small for panels side by side, or large enough. What somebody looks at stays in view.
void WorkModes::refold() {
  refold_pending_ = false;
  if (!begun_ || too_small() == folded_ || mode_ == WorkMode::Present) return;
  const QList<QDockWidget*> asked = docks_.asked_for(arrangement());
  keep();
  folded_ = !folded_;
  bring();
  for (QDockWidget* dock : asked) Docks::show(dock);
}

QWidget* WorkModes::make_bar(QWidget* parent) const {
  auto* bar = new QWidget(parent);
  bar->setObjectName(QStringLiteral("work_modes"));
  auto* layout = new QHBoxLayout(bar);
  layout->setContentsMargins(0, 2, Theme::kUnit, 0);
  layout->setSpacing(2);
  for (QAction* action : {actions_.work_build, actions_.work_watch, actions_.work_diagnose, actions_.presenter}) {
    auto* button = new QToolButton(bar);
    button->setObjectName(QStringLiteral("work_mode"));
    button->setDefaultAction(action);
    button->setToolButtonStyle(Qt::ToolButtonTextOnly);
    button->setText(action->iconText());
    button->setAccessibleName(action->iconText());
    button->setFocusPolicy(Qt::NoFocus);  // the menus and keys lead there as well
    layout->addWidget(button);
  }
  return bar;
}

}  // namespace feedline::gui::inline app
