// SPDX-License-Identifier: GPL-3.0-or-later
// Where the keyboard is: every stop of Tab shows its ring, in every workspace and dialogue, light and dark.
#include "gui/app/main_window.h"
#include "gui/base/in_view.h"
#include "gui/canvas/graph_view.h"
#include "gui/inspector/inspector_panel.h"
#include "gui/looks/settings_dialog.h"
#include "gui/start/gallery.h"
#include "gui/start/help_window.h"
#include "gui/start/shortcut_sheet.h"
#include "support/test_program.h"
#include "support/window_home.h"

#include <QAction>
#include <QDialog>
#include <QDockWidget>
#include <QPointer>
#include <QSettings>
#include <QTest>

#include <algorithm>
#include <cstdlib>

namespace feedline::gui::test_focus {
namespace {

bool alike(QRgb a, const QColor& b) {
  return std::abs(qRed(a) - b.red()) + std::abs(qGreen(a) - b.green()) + std::abs(qBlue(a) - b.blue()) < 24;
}

QString name_of(const QWidget& widget) {
  return QStringLiteral("%1 %2 \"%3\" in %4")
      .arg(widget.metaObject()->className(), widget.objectName(), widget.accessibleName(),
           widget.parentWidget() != nullptr ? widget.parentWidget()->objectName() : QString());
}

QImage picture(const QWidget& widget) {
  QWidget* window = widget.window();
  return window->grab(QRect(widget.mapTo(window, QPoint()), widget.size()) & window->rect()).toImage();
}

/// How many pixels have the ring's colour only while the widget has the keyboard.
int ring_of(QWidget& widget) {
  const QImage with = picture(widget);
  widget.clearFocus();
  const QImage without = picture(widget);
  widget.setFocus(Qt::TabFocusReason);
  if (with.size() != without.size()) return 0;
  const QColor accent = Theme::instance().colors().accent;
  int pixels = 0;
  for (int y = 0; y < with.height(); ++y)
    for (int x = 0; x < with.width(); ++x)
      pixels += with.pixel(x, y) != without.pixel(x, y) && alike(with.pixel(x, y), accent) ? 1 : 0;
  return pixels;
}

struct Walk {
  QList<QWidget*> stops{};
  QStringList without_ring{};
};

/// Through all of a window by Tab, or Shift+Tab, until it comes to where it was before.
Walk walk(QWidget& window, Qt::KeyboardModifiers with = {}) {
  Walk walk;
  for (int i = 0; i < 400; ++i) {
    QWidget* at = window.focusWidget() != nullptr ? window.focusWidget() : &window;
    QTest::keyClick(at, Qt::Key_Tab, with);
    at = window.focusWidget();
    if (at == nullptr || walk.stops.contains(at)) break;
    walk.stops << at;
    const QRect seen = QRect(at->mapTo(&window, QPoint()), at->size()) & window.rect();
    const int least = std::min(seen.width() + seen.height(), 40);
    if (seen.isEmpty() || ring_of(*at) < least) walk.without_ring << name_of(*at);
  }
  return walk;
}

}  // namespace

class TestFocus : public QObject {
  Q_OBJECT

  test::WindowHome home_{};

  static bool open(MainWindow& window, QSize size) {
    window.resize(size);
    window.show();
    return QTest::qWaitForWindowActive(&window) && window.files().open_example("quickstart");
  }

 private Q_SLOTS:
  void init() { QSettings().clear(); }
  void cleanup() { Theme::instance().set_mode(Theme::Mode::Light); }

  void every_stop_of_the_window_shows_its_ring_data() {
    QTest::addColumn<bool>("dark");
    QTest::addColumn<int>("mode");
    for (const bool dark : {false, true})
      for (const WorkMode mode : {WorkMode::Build, WorkMode::Watch, WorkMode::Diagnose})
        QTest::addRow("%s, %s", qPrintable(mode_word(mode)), dark ? "dark" : "light") << dark << static_cast<int>(mode);
  }
  void every_stop_of_the_window_shows_its_ring() {
    QFETCH(bool, dark);
    QFETCH(int, mode);
    Theme::instance().set_mode(dark ? Theme::Mode::Dark : Theme::Mode::Light);
    MainWindow window;
    QVERIFY(open(window, {1280, 800}));
    window.view().select_node("conv1");
    window.modes().show(static_cast<WorkMode>(mode));
    QCoreApplication::processEvents();
    window.view().setFocus();
    const Walk all = walk(window, Qt::ShiftModifier);
    QVERIFY2(all.without_ring.isEmpty(), qPrintable(all.without_ring.join("; ")));
    QVERIFY(all.stops.size() > 5);
    QCOMPARE(all.stops.back(), static_cast<QWidget*>(&window.view()));  // round and back
    window.close_quietly();
  }

  void the_inspector_is_near_the_canvas_and_what_is_behind_a_tab_is_passed_over() {
    MainWindow window;
    QVERIFY(open(window, {960, 540}));
    QTRY_VERIFY(window.modes().folded());
    window.view().select_node("conv1");
    const auto stops_until_inspector = [&] {
      for (int stops = 1; stops <= 5; ++stops) {
        QTest::keyClick(window.focusWidget(), Qt::Key_Tab, Qt::ShiftModifier);
        if (window.panels().inspector->isAncestorOf(window.focusWidget())) return stops;
      }
      return 0;
    };
    QCOMPARE(window.focusWidget(), static_cast<QWidget*>(&window.view()));  // at the start
    QVERIFY(stops_until_inspector() > 0);
    window.view().setFocus();
    const Walk all = walk(window, Qt::ShiftModifier);
    for (const QWidget* stop : all.stops)
      for (QDockWidget* dock : window.panels().docks().all())
        if (dock->isAncestorOf(stop)) QVERIFY2(in_view(*dock), qPrintable(dock->objectName()));
    window.close_quietly();
  }

  void a_click_takes_the_ring_away_and_a_key_brings_it() {
    MainWindow window;
    QVERIFY(open(window, {1280, 800}));
    window.view().select_node("conv1");
    auto* name = window.panels().inspector->findChild<QLineEdit*>("node_id");
    QTest::keyClick(&window.view(), Qt::Key_F2);
    QTRY_VERIFY(name->hasFocus());
    QVERIFY(ring_of(*name) > 40);
    QTest::mouseClick(name, Qt::LeftButton);
    QVERIFY(name->hasFocus());
    int thick = 0;  // only the field's own thin line is left
    const QImage now = picture(*name);
    for (int x = 0; x < now.width(); ++x) thick += alike(now.pixel(x, 1), Theme::instance().colors().accent) ? 1 : 0;
    QVERIFY(thick < now.width() / 4);
    window.close_quietly();
  }

  void every_stop_of_a_dialogue_shows_its_ring_data() {
    QTest::addColumn<QString>("dialogue");
    QTest::addColumn<bool>("dark");
    for (const bool dark : {false, true})
      for (const char* dialogue : {"settings", "gallery", "shortcuts", "help", "check_data", "about"})
        QTest::addRow("%s, %s", dialogue, dark ? "dark" : "light") << dialogue << dark;
  }
  void every_stop_of_a_dialogue_shows_its_ring() {
    QFETCH(QString, dialogue);
    QFETCH(bool, dark);
    Theme::instance().set_mode(dark ? Theme::Mode::Dark : Theme::Mode::Light);
    MainWindow window;
    QVERIFY(open(window, {1280, 800}));
    Actions& actions = window.actions();
    const QMap<QString, QAction*> by{{"settings", actions.settings},     {"gallery", actions.gallery},
                                     {"shortcuts", actions.shortcuts},   {"help", actions.help},
                                     {"check_data", actions.check_data}, {"about", actions.about}};
    Walk all;
    QWidgetList opened;
    const auto look = [&] {
      for (QWidget* top : QApplication::topLevelWidgets())
        if (top != &window && top->isVisible() && top->windowType() != Qt::ToolTip) opened << top;
      if (opened.isEmpty()) return;
      opened.front()->activateWindow();
      if (QTest::qWaitForWindowActive(opened.front())) all = walk(*opened.front());
      opened.front()->close();
    };
    QTimer::singleShot(300, this, look);  // it may be modal
    by[dialogue]->trigger();
    QTRY_VERIFY(!opened.isEmpty());
    QVERIFY2(all.without_ring.isEmpty(), qPrintable(all.without_ring.join("; ")));
    QVERIFY(!all.stops.isEmpty());
    window.close_quietly();
  }
};

FEEDLINE_WINDOW_TEST(TestFocus)

}  // namespace feedline::gui::test_focus

#include "test_focus.moc"
