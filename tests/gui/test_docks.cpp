// SPDX-License-Identifier: GPL-3.0-or-later
#include "gui/base/docks.h"
#include "gui/base/theme.h"
#include "support/test_program.h"

#include <QDockWidget>
#include <QFontInfo>
#include <QLabel>
#include <QMainWindow>
#include <QTest>

namespace feedline::gui::test_docks {

namespace {

struct Bench {
  QMainWindow window{};
  Docks docks{&window};

  explicit Bench(const QStringList& names) {
    window.setCentralWidget(new QWidget(&window));
    window.resize(1000, 700);
    for (const QString& name : names) docks.add(name, name, new QWidget(&window), Qt::BottomDockWidgetArea);
    window.show();
  }
  [[nodiscard]] QDockWidget* dock(const char* name) { return window.findChild<QDockWidget*>(QLatin1String(name)); }
};

}  // namespace

class TestDocks : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void a_layout_comes_back();
  void panels_that_a_layout_does_not_know_stay();
  void titles_grow_with_the_writing();
};

void TestDocks::a_layout_comes_back() {
  Bench first({"stages", "timeline", "mistakes"});
  first.dock("stages")->hide();
  first.window.addDockWidget(Qt::RightDockWidgetArea, first.dock("timeline"));
  first.window.tabifyDockWidget(first.dock("timeline"), first.dock("mistakes"));
  const QByteArray layout = first.docks.save();
  Bench second({"stages", "timeline", "mistakes"});
  QVERIFY(second.docks.restore(layout));
  QVERIFY(second.dock("stages")->isHidden());
  QCOMPARE(second.window.dockWidgetArea(second.dock("timeline")), Qt::RightDockWidgetArea);
  QVERIFY(second.window.tabifiedDockWidgets(second.dock("timeline")).contains(second.dock("mistakes")));
}

/// Qt's own titles do not.
void TestDocks::titles_grow_with_the_writing() {
  Bench bench({"stages"});
  const auto title = [&] { return qobject_cast<QLabel*>(bench.dock("stages")->titleBarWidget()); };
  const int before = QFontInfo(bench.window.font()).pixelSize();
  Theme::instance().set_font_scale(1.5);
  QTRY_VERIFY(title() != nullptr);
  QCOMPARE(title()->text(), QString("stages"));
  const int after = QFontInfo(title()->font()).pixelSize();
  Theme::instance().set_font_scale(1);
  QVERIFY2(after > before, qPrintable(QString("%1 after %2").arg(after).arg(before)));
  QTRY_VERIFY(bench.dock("stages")->titleBarWidget() == nullptr);  // Qt's again
}

/// As after an update that brings new panels.
void TestDocks::panels_that_a_layout_does_not_know_stay() {
  Bench before({"stages", "loss"});
  before.window.addDockWidget(Qt::RightDockWidgetArea, before.dock("loss"));
  const QByteArray layout = before.docks.save();
  Bench after({"stages", "loss", "timeline"});
  QVERIFY(after.docks.restore(layout));
  QCOMPARE(after.window.dockWidgetArea(after.dock("loss")), Qt::RightDockWidgetArea);
  QVERIFY(after.dock("timeline") != nullptr);
  QVERIFY(after.dock("timeline")->isVisible());
  QCOMPARE(after.window.dockWidgetArea(after.dock("timeline")), Qt::BottomDockWidgetArea);
}

FEEDLINE_WINDOW_TEST(TestDocks)

}  // namespace feedline::gui::test_docks

#include "test_docks.moc"
