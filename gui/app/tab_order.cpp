// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/app/tab_order.h"

#include "gui/base/in_view.h"

#include <QDockWidget>
#include <QMainWindow>
#include <QScrollArea>
#include <QStatusBar>
#include <QTabBar>
#include <QToolBar>

#include <algorithm>
#include <tuple>

namespace feedline::gui::inline app {
namespace {

bool may_have_focus(const QWidget& widget) {
  return widget.isVisible() && widget.isEnabled() && (widget.focusPolicy() & Qt::TabFocus) == Qt::TabFocus &&
         widget.focusProxy() == nullptr;
}

/// What is walked through one after the other.
QList<QWidget*> parts_of(QMainWindow& window, QWidget& centre) {
  QList<QDockWidget*> docks;
  for (QDockWidget* dock : window.findChildren<QDockWidget*>(QString(), Qt::FindDirectChildrenOnly))
    if (!dock->isFloating() && in_view(*dock)) docks << dock;
  const auto place = [&](QDockWidget* dock) {
    const bool last = dock->objectName() == QLatin1String("inspector");
    return std::tuple(last, window.dockWidgetArea(dock) == Qt::BottomDockWidgetArea, dock->x(), dock->y());
  };
  std::sort(docks.begin(), docks.end(), [&](QDockWidget* a, QDockWidget* b) { return place(a) < place(b); });
  QList<QTabBar*> bars = window.findChildren<QTabBar*>(QString(), Qt::FindDirectChildrenOnly);
  QList<QWidget*> parts;
  for (QToolBar* bar : window.findChildren<QToolBar*>(QString(), Qt::FindDirectChildrenOnly)) parts << bar;
  for (QDockWidget* dock : docks) {
    if (dock->objectName() == QLatin1String("inspector")) parts << window.findChild<QStatusBar*>();
    const auto tabs = std::find_if(bars.begin(), bars.end(), [dock](const QTabBar* bar) {
      return in_view(*bar) && bar->tabText(bar->currentIndex()) == dock->windowTitle();
    });
    if (tabs != bars.end()) parts << bars.takeAt(tabs - bars.begin());
    parts << dock;
  }
  if (auto* status = window.findChild<QStatusBar*>(); status != nullptr && !parts.contains(status)) parts << status;
  parts << &centre;
  return parts;
}

/// All stops of the window, in order.
QList<QWidget*> stops_of(QMainWindow& window, QWidget& centre) {
  QList<QWidget*> open;
  for (QWidget* at = window.nextInFocusChain(); at != nullptr && at != &window; at = at->nextInFocusChain())
    if (at->window() == &window && may_have_focus(*at)) open << at;
  QList<QWidget*> stops;
  for (const QWidget* part : parts_of(window, centre))
    for (QWidget* widget : open)
      if (part != nullptr && (widget == part || part->isAncestorOf(widget))) stops << widget;
  return stops;
}

}  // namespace

bool step_focus(QMainWindow& window, QWidget& centre, bool next) {
  const QList<QWidget*> stops = stops_of(window, centre);
  if (stops.isEmpty()) return false;
  const qsizetype here = stops.indexOf(window.focusWidget());
  const qsizetype count = stops.size();
  QWidget* to = here < 0 ? (next ? stops.front() : stops.back()) : stops[(here + (next ? 1 : count - 1)) % count];
  to->setFocus(next ? Qt::TabFocusReason : Qt::BacktabFocusReason);
  for (QWidget* around = to->parentWidget(); around != nullptr && around != &window; around = around->parentWidget())
    if (auto* area = qobject_cast<QScrollArea*>(around)) area->ensureWidgetVisible(to);
  return true;
}

}  // namespace feedline::gui::inline app
