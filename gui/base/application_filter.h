// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QApplication>
#include <QPointer>

namespace feedline::gui::inline base {

/// Has an event filter of this type watch all widgets of the application. Installed once, however often it is asked
/// for; it lives as long as the application.
template <class Filter>
void install_for_application() {
  static QPointer<Filter> filter;
  if (!filter.isNull()) return;
  filter = new Filter(qApp);
  qApp->installEventFilter(filter);
}

}  // namespace feedline::gui::inline base
