// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <QDockWidget>
#include <QLabel>
#include <QMainWindow>

namespace feedline::test {

/// A window with a panel in a dock that lies behind the tab of another one, once that one is raised. To be shown by the
/// test.
struct BehindTab {
  /// Takes the panel.
  explicit BehindTab(QWidget* panel) {
    front->setWidget(new QLabel(QStringLiteral("front")));
    back->setWidget(panel);
    window.addDockWidget(Qt::BottomDockWidgetArea, front);
    window.tabifyDockWidget(front, back);
  }

  QMainWindow window{};
  QDockWidget* front = new QDockWidget(&window);
  QDockWidget* back = new QDockWidget(&window);
};

}  // namespace feedline::test
