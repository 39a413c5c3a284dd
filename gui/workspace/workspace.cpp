// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/workspace/workspace.h"

#include "gui/base/theme.h"

#include <QFileInfo>
#include <QTabBar>
#include <QToolButton>

#include <algorithm>

namespace feedline::gui::inline workspace {

Workspace::Workspace(QWidget* parent) : QTabWidget(parent) {
  setObjectName(QStringLiteral("workspace"));
  setDocumentMode(true);
  setMovable(true);
  setTabBarAutoHide(true);
  setElideMode(Qt::ElideMiddle);
  tabBar()->setChangeCurrentOnDrag(true);
  tabBar()->setAccessibleName(tr("Open graphs"));
  tabBar()->setExpanding(false);
  connect(this, &QTabWidget::currentChanged, this, [this] {
    if (closing_ || count() == 0) return;
    current().document().undo_stack().setActive();
    current().setFocus();
    Q_EMIT current_tab_changed(current());
  });
  connect(&Theme::instance(), &Theme::changed, this, &Workspace::update_tabs);
  add();
}

Workspace::~Workspace() {
  closing_ = true;
  for (DocumentTab* tab : documents()) delete tab;
}

DocumentTab& Workspace::current() const { return *static_cast<DocumentTab*>(currentWidget()); }

QList<DocumentTab*> Workspace::documents() const {
  QList<DocumentTab*> tabs;
  for (int i = 0; i < count(); ++i) tabs << static_cast<DocumentTab*>(widget(i));
  return tabs;
}

DocumentTab* Workspace::showing(const QString& file) const {
  const QFileInfo wanted(file);
  for (DocumentTab* tab : documents())
    if (!tab->document().file().isEmpty() && QFileInfo(tab->document().file()) == wanted) return tab;
  return nullptr;
}

QString Workspace::free_name() const {
  const QList<DocumentTab*> tabs = documents();
  for (int i = 1;; ++i) {
    const QString name = i == 1 ? tr("Untitled") : tr("Untitled %1").arg(i);
    if (std::none_of(tabs.begin(), tabs.end(), [&](DocumentTab* tab) { return tab->untitled_name() == name; }))
      return name;
  }
}

DocumentTab& Workspace::add() {
  auto* tab = new DocumentTab(free_name());
  undo_group_.addStack(&tab->document().undo_stack());
  connect(tab, &DocumentTab::titled, this, [this, tab] {
    update_tab(*tab);
    if (tab == currentWidget()) Q_EMIT current_titled();
  });
  Q_EMIT added(*tab);  // those who listen to it do so before it is current
  const int index = addTab(tab, tab->display_name());
  tabBar()->setTabButton(index, QTabBar::RightSide, make_close_button(*tab));
  update_tab(*tab);
  setCurrentIndex(index);
  if (count() == 1) tab->document().undo_stack().setActive();
  return *tab;
}

/// In the theme's own drawing; the style's has a red of its own.
QWidget* Workspace::make_close_button(DocumentTab& tab) {
  auto* button = new QToolButton(this);
  button->setObjectName(QStringLiteral("close_tab"));
  button->setAutoRaise(true);
  button->setFixedSize(22, 22);
  button->setIconSize({14, 14});
  button->setFocusPolicy(Qt::NoFocus);
  button->setToolTip(tr("Close this graph"));
  button->setAccessibleName(button->toolTip());
  const auto style = [button] { button->setIcon(Theme::instance().icon(QStringLiteral("close"))); };
  style();
  connect(&Theme::instance(), &Theme::changed, button, style);
  connect(button, &QToolButton::clicked, &tab, [this, &tab] { Q_EMIT close_requested(tab); });
  return button;
}

DocumentTab& Workspace::free_tab() { return current().pristine() ? current() : add(); }

void Workspace::remove(DocumentTab& tab) {
  if (count() == 1) add();
  Q_EMIT removed(tab);
  undo_group_.removeStack(&tab.document().undo_stack());
  removeTab(indexOf(&tab));
  tab.deleteLater();
}

void Workspace::step(int by) { setCurrentIndex((currentIndex() + by + count()) % count()); }

void Workspace::mark_running(DocumentTab* tab) {
  running_ = tab;
  update_tabs();
}

void Workspace::update_tabs() {
  for (DocumentTab* tab : documents()) update_tab(*tab);
}

void Workspace::update_tab(DocumentTab& tab) {
  const int index = indexOf(&tab);
  if (index < 0) return;
  QString name = tab.display_name();
  name.replace(QLatin1Char('&'), QStringLiteral("&&"));
  setTabText(index, tab.modified() ? name + QStringLiteral(" *") : name);
  const bool running = &tab == running_;
  setTabIcon(index, running ? Theme::instance().icon(QStringLiteral("run")) : QIcon());
  QString tip =
      tab.document().file().isEmpty() ? tr("%1, not saved yet").arg(tab.display_name()) : tab.document().file();
  if (running) tip += QLatin1Char('\n') + tr("Its model is being trained");
  setTabToolTip(index, tip);
}

}  // namespace feedline::gui::inline workspace
