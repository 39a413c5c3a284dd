// SPDX-License-Identifier: GPL-3.0-or-later
// Runs of the window keep checkpoints, and go on from them by the button in the panel of runs.
#include "graph/json.h"
#include "gui/app/main_window.h"
#include "gui/app/run_bar.h"
#include "gui/app/run_history_controller.h"
#include "gui/base/settings.h"
#include "gui/runs/runs_panel.h"
#include "recording/checkpoint_places.h"
#include "runs/run_store.h"
#include "support/run_recorder.h"
#include "support/test_program.h"
#include "support/window_home.h"

#include <QAction>
#include <QApplication>
#include <QInputDialog>
#include <QProcess>
#include <QPushButton>
#include <QSignalSpy>
#include <QSpinBox>
#include <QTest>
#include <QTreeView>

#include <cstdio>

namespace test_resume_window {

using namespace feedline;
using namespace feedline::gui;
using namespace feedline::test;

namespace {

constexpr const char* kGraphFile = "/network.feedline";

/// The window that will be killed: it opens a graph, trains, and says how far it is.
int train_until_killed(int argc, char** argv) {
  const QString home = argc > 1 ? QString::fromLocal8Bit(argv[1]) : QString();
  const WindowHome settings(home);
  QApplication app(argc, argv);
  Settings::set_checkpoints(true);
  MainWindow window;
  window.show();
  if (!window.files().open(home + kGraphFile)) return 1;
  bool told = false;
  QObject::connect(&window.runs(), &RunController::snapshot_taken, &window, [&](const Snapshot& now) {
    // Recorded, and past its first epoch, behind which there is a checkpoint.
    if (told || window.runs().run_number() == 0 || now.trainer.epoch < 3) return;
    if (list_checkpoints(window.runs().checkpoint_folder()).empty()) return;
    told = true;
    std::printf("%lld\n", static_cast<long long>(window.runs().run_number()));
    std::fflush(stdout);
  });
  window.actions().run->trigger();
  return QApplication::exec();
}

}  // namespace

class TestResumeWindow : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() { graph_ = small_network(home_.path()); }
  void init() { Settings::set_checkpoints(true); }

  void a_stopped_run_goes_on() {
    MainWindow window;
    open(window, with(graph_, "trainer", "epochs", std::int64_t{20'000}));
    const auto steps_before = run_and_stop(window);
    const qint64 number = window.runs().run_number();
    const std::size_t runs = recorded_runs();
    choose_newest(window);
    QPushButton& resume = window.history().panel->resume_button();
    QTRY_VERIFY2(resume.isEnabled(), qPrintable(resume.toolTip()));
    std::uint64_t first = 0;
    connect(&window.runs(), &RunController::snapshot_taken, this, [&](const Snapshot& now) {
      if (first == 0 && now.started != 0) first = now.trainer.steps;
    });
    QTest::mouseClick(&resume, Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(window.runs().state() == RunController::State::Running && first > 0, 60'000);
    QVERIFY2(first >= steps_before, qPrintable(QString::number(first)));
    QTRY_COMPARE(window.runs().run_number(), number);  // the same run in the record
    QTRY_VERIFY_WITH_TIMEOUT(!window.run_bar().eta_text().isEmpty(), 60'000);
    QVERIFY(!resume.isEnabled());
    QCOMPARE(resume.toolTip(), QString("A run is going on: stop it first"));
    stop(window);
    QTRY_VERIFY2(resume.isEnabled(), qPrintable(resume.toolTip()));
    QCOMPARE(recorded_runs(), runs);
    window.close_quietly();
  }

  /// kill -9 in the middle of a run: after a restart its run is found in Runs and goes on, as the same run.
  void a_run_whose_window_was_killed_goes_on() {
    QVERIFY(save_document(with(graph_, "trainer", "epochs", std::int64_t{20'000}),
                          (home_.path() + kGraphFile).toStdString()));
    QProcess process;
    process.setProcessChannelMode(QProcess::ForwardedErrorChannel);
    process.start(QCoreApplication::applicationFilePath(), {"test_resume_window:train", home_.path()});
    while (!process.canReadLine() && process.waitForReadyRead(60'000)) {
    }
    const qint64 run = process.readLine().trimmed().toLongLong();
    process.kill();
    QVERIFY(process.waitForFinished());
    QVERIFY(run > 0);
    QCOMPARE(process.exitStatus(), QProcess::CrashExit);

    MainWindow window;
    window.resize(1280, 800);
    window.show();
    QVERIFY(QTest::qWaitForWindowActive(&window));
    RunsPanel& panel = *window.history().panel;
    Panels::show(&panel);
    window.history().archive().refresh();
    QTRY_VERIFY(panel.model().rowCount() > 0 && panel.model().runs().front().id == run);
    QCOMPARE(panel.model().runs().front().status, RunStatus::Died);
    const std::size_t runs = recorded_runs();
    QTreeView& view = panel.view();
    QTest::mouseClick(view.viewport(), Qt::LeftButton, {}, view.visualRect(view.model()->index(0, 0)).center());
    QTRY_VERIFY2(panel.resume_button().isEnabled(), qPrintable(panel.resume_button().toolTip()));
    std::uint64_t first = 0;
    connect(&window.runs(), &RunController::snapshot_taken, this, [&](const Snapshot& now) {
      if (first == 0 && now.started != 0) first = now.trainer.steps;
    });
    QTest::mouseClick(&panel.resume_button(), Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(window.runs().state() == RunController::State::Running && first > 0, 60'000);
    QTRY_COMPARE(window.runs().run_number(), run);
    QTRY_VERIFY([&] {
      auto database = Database::open();
      const auto record = database ? load_run(*database, run) : Result<RunRecord>(fail(database.error()));
      return record && record->status == RunStatus::Running && !record->epochs.empty() &&
             record->epochs.front().epoch == 1 && record->figures.steps > static_cast<double>(first);
    }());
    stop(window);
    QCOMPARE(recorded_runs(), runs);
    window.close_quietly();
  }

  /// With as many epochs as one that was never stopped, to the last bit.
  void a_finished_run_takes_more_epochs() {
    MainWindow window;
    open(window, graph_);
    run_to_end(window);
    choose_newest(window);
    QPushButton& resume = window.history().panel->resume_button();
    QTRY_VERIFY2(resume.isEnabled(), qPrintable(resume.toolTip()));
    QTest::mouseClick(&resume, Qt::LeftButton);
    QInputDialog* dialog = nullptr;
    QTRY_VERIFY((dialog = window.findChild<QInputDialog*>("resume_epochs")) != nullptr && dialog->isVisible());
    QCOMPARE(dialog->intValue(), 6);
    QSignalSpy finished(&window.runs(), &RunController::finished);
    QTest::keyClick(dialog->findChild<QSpinBox*>(), Qt::Key_Return);
    QTRY_COMPARE_WITH_TIMEOUT(finished.count(), 1, 60'000);
    const auto result = finished[0][0].value<RunResult>();
    QVERIFY2(!result.failure, result.failure ? result.failure->line().c_str() : "");
    QCOMPARE(result.epochs.size(), 6U);
    QVERIFY(!result.resumed_from.empty());

    MainWindow whole;
    open(whole, with(graph_, "trainer", "epochs", std::int64_t{6}));
    const RunResult straight = run_to_end(whole);
    for (std::size_t i = 0; i < 6; ++i) {
      QCOMPARE(result.epochs[i].loss(kTrainSplit), straight.epochs[i].loss(kTrainSplit));
      QCOMPARE(result.epochs[i].loss(kValSplit), straight.epochs[i].loss(kValSplit));
    }
    window.close_quietly();
    whole.close_quietly();
  }

  void without_checkpoints_the_reason_is_told() {
    Settings::set_checkpoints(false);
    MainWindow window;
    open(window, graph_);
    run_to_end(window);
    choose_newest(window);
    QPushButton& resume = window.history().panel->resume_button();
    QTRY_COMPARE(resume.toolTip(), QString("It kept no checkpoints"));
    QVERIFY(!resume.isEnabled());
    window.close_quietly();
  }

  void checkpoints_that_are_gone_are_told() {
    MainWindow window;
    open(window, graph_);
    run_to_end(window);
    auto database = Database::open();
    QVERIFY(database.has_value());
    const auto record = load_run(*database, window.runs().run_number());
    QVERIFY(record.has_value());
    const std::filesystem::path folder = checkpoints_of(*record);
    QVERIFY(!list_checkpoints(folder).empty());
    std::filesystem::remove_all(folder);
    choose_newest(window);
    QPushButton& resume = window.history().panel->resume_button();
    QTRY_VERIFY2(resume.toolTip().startsWith("It has no checkpoint"), qPrintable(resume.toolTip()));
    QVERIFY(!resume.isEnabled());
    window.close_quietly();
  }

 private:
  static void open(MainWindow& window, const Document& graph) {
    window.resize(1280, 800);
    window.show();
    QVERIFY(QTest::qWaitForWindowActive(&window));
    window.document().reset(graph, {});
  }
  static void stop(MainWindow& window) {
    QTest::keyClick(&window, Qt::Key_F5, Qt::ShiftModifier);
    QTRY_VERIFY_WITH_TIMEOUT(!window.runs().active(), 60'000);
  }
  /// How many steps it took.
  static std::uint64_t run_and_stop(MainWindow& window) {
    QSignalSpy recorded(&window.runs(), &RunController::recorded);
    QSignalSpy finished(&window.runs(), &RunController::finished);
    std::uint64_t steps = 0;
    const auto seen = connect(&window.runs(), &RunController::snapshot_taken,
                              [&steps](const Snapshot& now) { steps = now.trainer.steps; });
    QTest::keyClick(&window, Qt::Key_F5);
    [&] { QTRY_VERIFY_WITH_TIMEOUT(steps > 30, 60'000); }();
    stop(window);
    disconnect(seen);
    [&] { QTRY_COMPARE_WITH_TIMEOUT(recorded.count(), 1, 60'000); }();
    return finished.isEmpty() ? 0 : finished[0][0].value<RunResult>().last.trainer.steps;
  }
  static RunResult run_to_end(MainWindow& window) {
    QSignalSpy recorded(&window.runs(), &RunController::recorded);
    QSignalSpy finished(&window.runs(), &RunController::finished);
    QTest::keyClick(&window, Qt::Key_F5);
    [&] { QTRY_COMPARE_WITH_TIMEOUT(recorded.count(), 1, 60'000); }();
    return finished.isEmpty() ? RunResult() : finished[0][0].value<RunResult>();
  }
  static std::size_t recorded_runs() {
    auto database = Database::open();
    const auto runs = database ? list_runs(*database) : Result<std::vector<RunSummary>>(fail(database.error()));
    return runs ? runs->size() : 0;
  }
  static void choose_newest(MainWindow& window) {
    RunsPanel& panel = *window.history().panel;
    Panels::show(&panel);
    window.history().archive().refresh();
    const qint64 run = window.runs().run_number();
    QTRY_VERIFY(panel.model().rowCount() > 0 && panel.model().runs().front().id == run &&
                !is_active(panel.model().runs().front().status));
    QTreeView& view = panel.view();
    QTest::mouseClick(view.viewport(), Qt::LeftButton, {}, view.visualRect(view.model()->index(0, 0)).center());
    QCOMPARE(panel.selected(), std::vector<qint64>{run});
  }

  WindowHome home_{};
  Document graph_{};
};

FEEDLINE_WINDOW_TEST(TestResumeWindow)
FEEDLINE_TEST_PROCESS(kTrainProcess, "train", train_until_killed)

}  // namespace test_resume_window

#include "test_resume_window.moc"
