// SPDX-License-Identifier: GPL-3.0-or-later
// Runs beside others: it counts processor time of the window's thread; its clock only says how long it has waited.

// Check data in the window, and the list of what a run left out.

#include "gui/app/data_check_controller.h"
#include "gui/app/main_window.h"
#include "gui/canvas/graph_view.h"
#include "gui/checking/bad_files_view.h"
#include "gui/checking/check_pages.h"
#include "gui/checking/check_window.h"
#include "support/fixtures.h"
#include "support/small_data.h"
#include "support/test_program.h"
#include "support/window_home.h"

#include <QAbstractItemModelTester>
#include <QAction>
#include <QApplication>
#include <QElapsedTimer>
#include <QListView>
#include <QPushButton>
#include <QSignalSpy>
#include <QStatusBar>
#include <QTabWidget>
#include <QTest>
#include <QTextBrowser>
#include <QTimer>

#include <algorithm>
#include <array>
#include <ctime>
#include <functional>
#include <utility>
#include <vector>

namespace feedline::gui::test_check_window {

/// Records without contents; their names tell their numbers.
class NumberedSource final : public Source {
 public:
  std::uint64_t size() const override { return 1'000'000; }
  const std::vector<TensorDesc>& outputs() const override { return outputs_; }
  std::string locate(std::uint64_t index) const override { return "source#" + std::to_string(index); }
  Status read(std::uint64_t, std::span<Datum* const>) const override { return {}; }

 private:
  std::vector<TensorDesc> outputs_{};
};

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

  /// A report on two copies of a source: `bad` bad records in each, groups of three equal records, notes.
  static CheckReport large_report(std::size_t bad, std::size_t groups, std::size_t findings = 0) {
    CheckReport report;
    report.faults = {{.reason = "fault 0", .node = "decode"}, {.reason = "fault 1", .node = "source"}};
    SourceCheck source{.node = "source", .records = 1'000'000, .checked = 1'000'000};
    source.source = std::make_shared<NumberedSource>();
    for (std::uint64_t i = 0; i < bad; ++i) source.bad.push_back({i, i + 1 == bad ? 2U : 1U});
    report.sources = {source, source};
    for (std::uint64_t i = 0; i < groups; ++i)
      report.duplicates.groups.push_back({.places = {{0, 3 * i}, {0, 3 * i + 1}, {0, 3 * i + 2}}});
    report.duplicates.extra = 2 * groups;
    for (std::size_t i = 0; i < findings; ++i)
      report.findings.push_back({.kind = "blank",
                                 .node = "source",
                                 .text = "finding " + std::to_string(i) + " of many",
                                 .remedy = "Look at it",
                                 .examples = {"/some/where/a.jpg"}});
    return report;
  }
  /// Processor time of this thread.
  static double thread_ms() {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
  }
  /// The longest turn, in ms of this thread, of the event loop after `action`, itself included.
  static double longest_turn(const std::function<void()>& action) {
    double longest = 0;
    for (int turn = 0; turn < 40; ++turn) {
      const double begin = thread_ms();
      if (turn == 0) action();
      QCoreApplication::processEvents();
      longest = std::max(longest, thread_ms() - begin);
    }
    return longest;
  }
  static double median(std::vector<double> values) {
    std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
    return values[values.size() / 2];
  }

 private Q_SLOTS:
  void the_button_checks_and_lists() {
    const QString folder = pictures("photos", 12);
    MainWindow window;
    window.resize(1280, 800);
    window.show();
    use(window, folder);
    window.actions().check_data->trigger();
    CheckWindow& check = window.data_check().check_window();
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
    auto* findings = check.findChild<QListView*>("findings");
    const QAbstractItemModelTester findings_tester(findings->model());
    const QModelIndex first = findings->model()->index(0, 0);
    QVERIFY(first.isValid() && first.data().toString().contains("2 of 26 records"));
    Q_EMIT findings->activated(first);
    QCOMPARE(window.workspace().current().selected_nodes(), QStringList{"source"});

    const QString csv = home_.file("bad.csv");
    QSignalSpy saved(&check.files(), &BadFilesView::saved);
    check.files().save_to(csv);
    QTRY_COMPARE(saved.size(), 1);
    QCOMPARE(test::read_file(csv).count("\r\n"), 3);
    auto* tabs = check.findChild<QTabWidget*>();
    tabs->setCurrentIndex(2);
    QVERIFY(check.findChild<QTextBrowser*>()->toPlainText().contains("26, 2 bad"));
    window.close_quietly();
  }

  /// What stands in each row, and at the borders between sources and groups.
  void rows_name_bad_files_then_repeated_ones() {
    const auto files = files_of(std::make_shared<const CheckReport>(large_report(7, 3)));
    QCOMPARE(files->size(), std::size_t{7 + 7 + 6});
    QStringList names;
    for (std::size_t i = 0; i < files->size(); ++i) names << files->row(i).file;
    QCOMPARE(names.mid(0, 7), names.mid(7, 7));
    QCOMPARE(names.mid(14), (QStringList{"source#1", "source#2", "source#4", "source#5", "source#7", "source#8"}));
    QCOMPARE(files->row(6).reason, QString("fault 1"));
    QCOMPARE(files->row(7).reason, QString("fault 0"));
    QVERIFY(files->row(16).reason.contains("source#3"));
    BadFilesModel model;
    const QAbstractItemModelTester tester(&model);
    model.set_files(files);
    QCOMPARE(model.rowCount(), 20);
    QCOMPARE(model.index(19, BadFilesModel::FileColumn).data().toString(), QString("source#8"));
    model.set_files(nullptr);
    QCOMPARE(model.rowCount(), 0);
  }

  /// However much a check found: the event loop turns as quickly as with a little. Measured as processor time of this
  /// thread, by the median of several attempts, so that a busy machine changes nothing.
  void a_large_report_takes_no_longer_to_show() {
    CheckWindow check;
    check.show();
    QVERIFY(QTest::qWaitForWindowExposed(&check));
    const auto few = pages_of(large_report(60, 2, 60));
    const auto many = pages_of(large_report(30'000, 10'000, 60'000));
    QCOMPARE(many->files->size(), std::size_t{80'000});
    std::array<std::vector<double>, 3> turns;  // idle, few, many
    for (int attempt = 0; attempt < 7; ++attempt) {
      turns[0].push_back(longest_turn([] {}));
      turns[1].push_back(longest_turn([&] { Q_EMIT check.checker().finished(few); }));
      turns[2].push_back(longest_turn([&] { Q_EMIT check.checker().finished(many); }));
    }
    const double idle = median(turns[0]);
    const double little = median(turns[1]);
    const double much = median(turns[2]);
    qInfo("longest turn of the event loop: idle %.2f ms, few %.2f ms, 140,000 rows %.2f ms", idle, little, much);
    QCOMPARE(check.files().model().rowCount(), 80'000);
    QVERIFY(much <= 2 * little + idle + 2);
  }

  /// Nothing waits for it, it can be stopped at any time, and the window goes with it under way.
  void a_long_check_blocks_nothing() {
    const QString folder = pictures("many", 2500);
    auto window = std::make_unique<MainWindow>();
    window->show();
    use(*window, folder);
    CheckWindow& check = window->data_check().check_window();
    window->actions().check_data->trigger();
    QVERIFY(QTest::qWaitForWindowExposed(&check));
    double longest = 0;
    double last = thread_ms();
    QTimer beat;
    connect(&beat, &QTimer::timeout, &beat, [&] {
      const double now = thread_ms();
      longest = std::max(longest, now - std::exchange(last, now));
    });
    beat.start(1);
    QTRY_VERIFY_WITH_TIMEOUT(check.checker().progress().checked > 0 || !check.checker().busy(), 60'000);
    if (check.checker().busy()) {
      QTest::mouseClick(check.findChild<QPushButton*>("stop_check"), Qt::LeftButton);
      QTRY_VERIFY_WITH_TIMEOUT(!check.checker().busy(), 10'000);
      QVERIFY(check.report() != nullptr);
      if (!check.report()->complete) QVERIFY(check.report()->checked < check.report()->records);
    }
    qInfo("longest turn of the event loop: %.2f ms of this thread", longest);
    QVERIFY(longest < 100);  // 16 are allowed; a slow machine, or one with sanitizers, takes more
    QTest::mouseClick(check.findChild<QPushButton*>("stop_check"), Qt::LeftButton);  // Check again
    QVERIFY(check.checker().busy());
    QElapsedTimer clock;
    clock.start();
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
    QVERIFY2(window.statusBar()->currentMessage().startsWith("Left out: 2 records"),
             qPrintable(window.statusBar()->currentMessage()));
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

FEEDLINE_WINDOW_TEST(TestCheckWindow)

}  // namespace feedline::gui::test_check_window

#include "test_check_window.moc"
