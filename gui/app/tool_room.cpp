// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/app/tool_room.h"

#include "gui/app/run_bar.h"
#include "gui/base/theme.h"

#include <QAction>
#include <QEvent>
#include <QLayout>
#include <QStyle>
#include <QToolBar>

namespace feedline::gui::inline app {

ToolRoom::ToolRoom(QToolBar* tools, RunBar& run) : QObject(tools), tools_(tools), run_(run) {
  tools->installEventFilter(this);
  connect(&Theme::instance(), &Theme::changed, this, &ToolRoom::share_out);
}

void ToolRoom::share_out() {
  const int gap = tools_->style()->pixelMetric(QStyle::PM_ToolBarItemSpacing, nullptr, tools_);
  int others = 2 * Theme::kUnit;
  for (QAction* action : tools_->actions()) {
    const QWidget* widget = action->isVisible() ? tools_->widgetForAction(action) : nullptr;
    others += widget == nullptr || widget == &run_ ? 0 : widget->sizeHint().width();
    others += action->isVisible() ? gap : 0;
  }
  run_.set_brief(others + run_.width_in_full() > tools_->width());
  tools_->layout()->invalidate();  // one that had no room is hidden, and its news would not reach the toolbar
  tools_->layout()->activate();
}

bool ToolRoom::eventFilter(QObject*, QEvent* event) {
  if (event->type() == QEvent::Resize || event->type() == QEvent::ActionAdded || event->type() == QEvent::ActionRemoved)
    share_out();
  return false;
}

}  // namespace feedline::gui::inline app
