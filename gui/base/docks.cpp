// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/base/docks.h"

#include "gui/base/in_view.h"
#include "gui/base/theme.h"

#include <QAction>
#include <QDockWidget>
#include <QLabel>
#include <QLayout>
#include <QMainWindow>
#include <QMenu>
#include <QTabBar>
#include <QTimer>

#include <algorithm>

namespace feedline::gui::inline base {

namespace {
constexpr int kLayoutVersion = 2;
constexpr int kLeastHeight = 240;  ///< of a plot that is brought into view
constexpr const char* kSubject = "subject";
constexpr const char* kTitle = "title";

/// It never makes its panel wider.
void tell_subject(QLabel& line, const QString& subject) {
  line.setObjectName(QStringLiteral("dock_subject"));
  line.setFont(Theme::instance().small_font());
  line.setText(subject);
  line.setToolTip(subject);
  line.setContentsMargins(Theme::kUnit, 2, Theme::kUnit, 0);
  line.setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
}
/// In the place of Qt's own title, at the size of all writing. Like it, it lets go of the mouse: the dock can be moved.
void tell_title(QLabel& line, const QString& title) {
  line.setObjectName(QStringLiteral("dock_title"));
  line.setFont(QFont());
  line.setText(title);
  line.setToolTip({});
  line.setContentsMargins(Theme::kUnit, Theme::kUnit, Theme::kUnit, Theme::kUnit);
  line.setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
}
}  // namespace

Docks::Docks(QMainWindow* window) : QObject(window), window_(window) {
  window_->setDockOptions(QMainWindow::AllowTabbedDocks | QMainWindow::AllowNestedDocks | QMainWindow::GroupedDragging);
  window_->setTabPosition(Qt::AllDockWidgetAreas, QTabWidget::North);
  window_->setDocumentMode(true);
  window_->setCorner(Qt::BottomLeftCorner, Qt::LeftDockWidgetArea);
  window_->setCorner(Qt::BottomRightCorner, Qt::RightDockWidgetArea);
  connect(&Theme::instance(), &Theme::changed, this, &Docks::later_update_titles);  // subjects have a size of their own
}

QDockWidget* Docks::add(const QString& name, const QString& title, QWidget* content, Qt::DockWidgetArea area) {
  auto* dock = new QDockWidget(title, window_);
  dock->setObjectName(name);
  dock->setWidget(content);
  dock->setProperty(kTitle, title);
  content->setAttribute(Qt::WA_StyledBackground);  // the surface of a panel, whatever class it is
  window_->addDockWidget(area, dock);
  docks_ << dock;
  connect(dock, &QDockWidget::visibilityChanged, this, &Docks::later_update_titles);
  connect(dock, &QDockWidget::dockLocationChanged, this, &Docks::later_update_titles);
  connect(dock, &QDockWidget::topLevelChanged, this, &Docks::later_update_titles);
  return dock;
}

QString Docks::title_of(const QDockWidget& dock) {
  return dock.property(kSubject).isValid() ? dock.property(kTitle).toString() : dock.windowTitle();
}

QDockWidget* Docks::find(const QString& name) const {
  for (QDockWidget* dock : docks_)
    if (dock->objectName() == name) return dock;
  return nullptr;
}

void Docks::arrange(const Arrangement& arrangement) {
  window_->setUpdatesEnabled(false);
  window_->layout()->setEnabled(false);  // what is shown only to have its place must not make the window larger
  for (QDockWidget* dock : docks_) {
    dock->setFloating(false);
    window_->removeDockWidget(dock);
  }
  for (const DockStack& stack : arrangement.stacks) {
    QDockWidget* bottom = nullptr;
    for (const QString& name : stack.shown + stack.hidden) {
      QDockWidget* dock = find(name);
      if (dock == nullptr) continue;
      window_->addDockWidget(stack.area, dock, stack.area == Qt::BottomDockWidgetArea ? Qt::Horizontal : Qt::Vertical);
      dock->show();  // one that is hidden would lose its place among the tabs
      if (bottom != nullptr) window_->tabifyDockWidget(bottom, dock);
      bottom = bottom == nullptr ? dock : bottom;
    }
  }
  for (const DockStack& stack : arrangement.stacks) {
    for (const QString& name : stack.hidden)
      if (QDockWidget* dock = find(name)) dock->hide();
    if (QDockWidget* front = stack.shown.isEmpty() ? nullptr : find(stack.shown.front())) front->raise();
  }
  window_->layout()->setEnabled(true);
  window_->layout()->activate();
  share_out(arrangement);
  window_->setUpdatesEnabled(true);
  later_update_titles();
}

void Docks::share_out(const Arrangement& arrangement) {
  QList<QDockWidget*> bottoms;
  for (const DockStack& stack : arrangement.stacks) {
    QDockWidget* front = nullptr;
    for (const QString& name : stack.shown)
      if (QDockWidget* dock = find(name); front == nullptr && dock != nullptr && !dock->isHidden()) front = dock;
    if (front == nullptr || front->isFloating()) continue;
    const double share = stack.area == Qt::LeftDockWidgetArea ? arrangement.left : arrangement.side;
    if (stack.area == Qt::BottomDockWidgetArea) {
      bottoms << front;
    } else {
      window_->resizeDocks({front}, {static_cast<int>(window_->width() * share)}, Qt::Horizontal);
    }
  }
  if (bottoms.isEmpty()) return;
  window_->resizeDocks(bottoms, QList<int>(bottoms.size(), window_->width() / static_cast<int>(bottoms.size())),
                       Qt::Horizontal);
  window_->resizeDocks({bottoms.front()}, {static_cast<int>(window_->height() * arrangement.bottom)}, Qt::Vertical);
}

QList<QDockWidget*> Docks::asked_for(const Arrangement& arrangement) const {
  QStringList fronts;
  for (const DockStack& stack : arrangement.stacks)
    if (!stack.shown.isEmpty()) fronts << stack.shown.front();
  QList<QDockWidget*> asked;
  for (QDockWidget* dock : docks_)
    if (in_view(*dock) && !dock->isFloating() && !fronts.contains(dock->objectName())) asked << dock;
  return asked;
}

bool Docks::restore(const QByteArray& layout) {
  const bool restored = !layout.isEmpty() && window_->restoreState(layout, kLayoutVersion);
  later_update_titles();
  return restored;
}

QByteArray Docks::save() const { return window_->saveState(kLayoutVersion); }

void Docks::show(QDockWidget* dock) {
  const bool was_hidden = dock->isHidden();
  dock->show();
  dock->raise();
  auto* window = qobject_cast<QMainWindow*>(dock->parentWidget());
  if (!was_hidden || window == nullptr || dock->isFloating() ||
      window->dockWidgetArea(dock) != Qt::BottomDockWidgetArea)
    return;
  // It comes up where others lie low.
  QTimer::singleShot(0, dock, [dock, window] {
    if (dock->isVisible() && dock->height() < kLeastHeight)
      window->resizeDocks({dock}, {std::min(kLeastHeight, window->height() / 3)}, Qt::Vertical);
  });
}

void Docks::fill_menu(QMenu* menu) const {
  for (QDockWidget* dock : docks_) menu->addAction(dock->toggleViewAction());
}

void Docks::set_subject(QDockWidget* dock, const QString& subject) {
  if (dock->property(kSubject).toString() == subject) return;
  dock->setProperty(kSubject, subject);
  later_update_titles();
}

void Docks::later_update_titles() {
  if (update_pending_) return;
  update_pending_ = true;
  QTimer::singleShot(0, this, &Docks::update_titles);  // the main window has settled by then
}

void Docks::update_titles() {
  update_pending_ = false;
  // A name that is cut short tells nothing: the bar scrolls instead.
  for (QTabBar* bar : window_->findChildren<QTabBar*>(QString(), Qt::FindDirectChildrenOnly))
    bar->setElideMode(Qt::ElideNone);
  for (QDockWidget* dock : docks_) {
    bool tabbed = false;
    for (const QDockWidget* other : window_->tabifiedDockWidgets(dock)) tabbed |= !other->isHidden();
    // The native title lets a dock be moved and closed; a tab has those already.
    const bool wants_title = dock->isFloating() || !tabbed;
    const QString subject = dock->property(kSubject).toString();
    if (dock->property(kSubject).isValid())  // the others' titles are their own
      dock->setWindowTitle(wants_title && !subject.isEmpty()
                               ? QStringLiteral("%1 \u2013 %2").arg(dock->property(kTitle).toString(), subject)
                               : dock->property(kTitle).toString());
    QWidget* present = dock->titleBarWidget();
    auto* line = qobject_cast<QLabel*>(present);
    // Qt 6.4 paints its titles at the platform's size, whatever the application's font is.
    const bool own_title = wants_title && !dock->isFloating() && Theme::instance().font_scale() != 1;
    const bool native = wants_title && !own_title;
    const bool wants_line = own_title || (!wants_title && !subject.isEmpty());
    const auto tell = [&](QLabel& label) {
      own_title ? tell_title(label, dock->windowTitle()) : tell_subject(label, subject);
    };
    if (wants_line && line != nullptr) {
      tell(*line);
      continue;
    }
    if (native == (present == nullptr) && wants_line == (line != nullptr)) continue;
    QWidget* bar = nullptr;
    if (wants_line) {
      line = new QLabel(dock);
      tell(*line);
      bar = line;
    } else if (!native) {
      bar = new QWidget(dock);  // takes no room
    }
    dock->setTitleBarWidget(bar);
    if (present != nullptr) present->deleteLater();
  }
}

}  // namespace feedline::gui::inline base
