// SPDX-License-Identifier: GPL-3.0-or-later

// Check data in the window, and the list of what a run left out.

#include "app/check_desk.h"
#include "app/main_window.h"
#include "canvas/graph_view.h"
#include "checking/bad_files_view.h"
#include "checking/check_window.h"
#include "support/fixtures.h"
#include "support/small_data.h"
#include "support/window_home.h"

#include <QAbstractItemModelTester>
#include <QAction>
#include <QApplication>
#include <QElapsedTimer>
#include <QListWidget>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>
#include <QTimer>

namespace feedline::gui {

class TestCheckWindow : public QObject {
  Q_OBJECT

  test::WindowHome home_{};

  [[nodiscard]] QString pictures(const QString& name, int count) const {
    const QString folder = home_.file(name);
    test::write_picture_folder(folder, count, 64);
    test::write_file(folder + "/a/torn.jpg", test::read_file(folder + "/a/1.jpg").left(300));
    test::write_file(folder + "/b/empty.png", "");
    return folder;
  }
  static void use(MainWindow& window, const QString& folder) {
    QVERIFY(window.files().open_example("image-folder"));
    for (const auto& [node, param, value] :
         {std::tuple{"source", "folder", Value(folder.toStdString())},
          std::tuple{"crop", "size", Value(std::int64_t{32})}, std::tuple{"batch", "size", Value(std::int64_t{8})},
          std::tuple{"trainer", "epochs", Value(std::int64_t{2})},
          std::tuple{"trainer", "validation_split", Value(0.0)}})
      QVERIFY(window.document().apply(Edit{SetParam{.node = node, .param = param, .value = value}}, "test"));
  }

 private Q_SLOTS:
  void the_button_checks_and_lists() {
    const QString folder = pictures("photos", 12);
    MainWindow window;
    window.resize(1280, 800);
    window.show();
    use(window, folder);
    window.actions().check_data->trigger();
    CheckWindow& check = window.check_desk().check_window();
    QVERIFY(check.isVisible() && check.windowTitle().contains(window.workspace().current().display_name()));
    QTRY_VERIFY_WITH_TIMEOUT(!check.checker().busy(), 60'000);
    QVERIFY(check.report() != nullptr);
    QCOMPARE(check.report()->bad(), std::uint64_t{2});
    const BadFilesModel& files = check.files().model();
    const QAbstractItemModelTester tester(const_cast<BadFilesModel*>(&files));
    QCOMPARE(files.rowCount(), 2);
    QCOMPARE(files.columnCount(), 3);
    QVERIFY(files.index(0, BadFilesModel::FileColumn).data().toString().endsWith("a/torn.jpg"));
    QVERIFY(!files.index(0, BadFilesModel::ReasonColumn).data().toString().isEmpty());
    auto* findings = check.findChild<QListWidget*>("findings");
    QVERIFY(findings->count() >= 1 && findings->item(0)->text().contains("2 of 26 records"));
    Q_EMIT findings->itemActivated(findings->item(0));
    QCOMPARE(window.workspace().current().selected_nodes(), QStringList{"source"});

    const QString csv = home_.file("bad.csv");
    QSignalSpy saved(&check.files(), &BadFilesView::saved);
    check.files().save_to(csv);
    QTRY_COMPARE(saved.size(), 1);
    QCOMPARE(test::read_file(csv).count("\r\n"), 3);
    window.close_quietly();
  }

  /// Nothing waits for it, it can be stopped at any time, and the window goes with it under way.
  void a_long_check_blocks_nothing() {
    const QString folder = pictures("many", 2500);
    auto window = std::make_unique<MainWindow>();
    window->show();
    use(*window, folder);
    CheckWindow& check = window->check_desk().check_window();
    window->actions().check_data->trigger();
    qint64 longest = 0;
    QElapsedTimer clock;
    clock.start();
    QTimer beat;
    connect(&beat, &QTimer::timeout, &beat, [&] { longest = std::max(longest, clock.restart()); });
    beat.start(5);
    QTRY_VERIFY_WITH_TIMEOUT(check.checker().progress().checked > 0 || !check.checker().busy(), 60'000);
    if (check.checker().busy()) {
      QTest::mouseClick(check.findChild<QPushButton*>("stop_check"), Qt::LeftButton);
      QTRY_VERIFY_WITH_TIMEOUT(!check.checker().busy(), 10'000);
      QVERIFY(check.report() != nullptr);
      if (!check.report()->complete) QVERIFY(check.report()->checked < check.report()->records);
    }
    qInfo("longest turn of the event loop: %lld ms", static_cast<long long>(longest));
    QVERIFY(longest < 1000);  // of a busy machine; an idle one stays below 16
    QTest::mouseClick(check.findChild<QPushButton*>("stop_check"), Qt::LeftButton);  // Check again
    QVERIFY(check.checker().busy());
    clock.restart();
    window->close_quietly();
    window.reset();
    QVERIFY(clock.elapsed() < 5000);
  }

  void what_a_run_left_out_is_listed() {
    const QString folder = pictures("train", 12);
    MainWindow window;
    window.show();
    use(window, folder);
    QVERIFY(!window.actions().left_out->isEnabled());
    window.start_run();
    QTRY_VERIFY_WITH_TIMEOUT(!window.runs().active(), 120'000);
    QVERIFY(window.actions().left_out->isEnabled());
    window.actions().left_out->trigger();
    auto* dialog = window.findChild<QDialog*>("left_out");
    QVERIFY(dialog != nullptr && dialog->isVisible());
    const BadFilesModel& files = dialog->findChild<BadFilesView*>()->model();
    QCOMPARE(files.rowCount(), 2);  // each once, though two epochs left it out
    QCOMPARE(files.index(0, BadFilesModel::TimesColumn).data().toInt(), 2);
    window.close_quietly();
  }
};

}  // namespace feedline::gui

QTEST_MAIN(feedline::gui::TestCheckWindow)
#include "test_check_window.moc"
