// SPDX-License-Identifier: GPL-3.0-or-later
// Runs beside others: a second is far more than a key press takes, unless it waits for threads that do not come.
#include "graph/json.h"
#include "gui/app/main_window.h"
#include "gui/app/run_bar.h"
#include "gui/base/settings.h"
#include "gui/canvas/live_state.h"
#include "gui/inspector/number_field.h"
#include "gui/plots/queues_panel.h"
#include "support/run_recorder.h"
#include "support/test_program.h"

#include <QAction>
#include <QDockWidget>
#include <QElapsedTimer>
#include <QLabel>
#include <QProgressBar>
#include <QRegularExpression>
#include <QSettings>
#include <QSignalSpy>
#include <QStatusBar>
#include <QTemporaryDir>
#include <QTest>
#include <QToolBar>
#include <QToolButton>

namespace feedline::gui::test_queues {

namespace {

Snapshot staged_snapshot(std::size_t workers, double fill) {
  Snapshot snapshot;
  snapshot.at = 1'000'000'000;
  for (const char* node : {"source", "normalise", "batch"})
    snapshot.stages.push_back(
        {.node = node, .type = node, .workers = workers, .queue = {fill, static_cast<std::size_t>(fill * 8), 8}});
  return snapshot;
}

}  // namespace

/// "Show every queue": the switch, the panel, and workers that change while it runs.
class TestQueues : public QObject {
  Q_OBJECT

  QTemporaryDir folder_{};
  Document network_{};

 private Q_SLOTS:
  void initTestCase() {
    QVERIFY(folder_.isValid());
    qputenv("FEEDLINE_CACHE", folder_.filePath("cache").toUtf8());
    qputenv("XDG_DATA_HOME", folder_.filePath("data").toUtf8());
    QCoreApplication::setOrganizationName("feedline-test");
    QCoreApplication::setApplicationName("queues");
    QSettings::setDefaultFormat(QSettings::IniFormat);
    QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, folder_.path());
    network_ = test::small_network(folder_.path(), 2048);
    // A run that lasts until the test has seen enough of it.
    QVERIFY(network_.apply(Edit{SetParam{"trainer", "epochs", std::int64_t{10'000}}}));
  }
  void init() { QSettings().clear(); }

  void panel_shows_fill_and_workers() {
    QueuesPanel panel;
    panel.resize(420, 240);
    panel.show();
    QVERIFY(panel.shows_empty_state());
    panel.begin(false);
    panel.show_snapshot(staged_snapshot(2, 0.5));
    QVERIFY(panel.shows_empty_state());  // nothing to show where nodes share their queues
    panel.begin(true);
    panel.show_snapshot(staged_snapshot(2, 0.5));
    QVERIFY(!panel.shows_empty_state());
    QCOMPARE(panel.rows(), 3);
    QCOMPARE(panel.queue_bar("normalise")->value(), 50);
    QCOMPARE(panel.workers_box("normalise")->value(), 2);
    QSignalSpy wanted(&panel, &QueuesPanel::workers_wanted);
    Snapshot later = staged_snapshot(3, 1.0);
    later.at += 1'000'000'000;
    panel.show_snapshot(later);
    QCOMPARE(panel.workers_box("batch")->value(), 3);
    QCOMPARE(panel.queue_bar("batch")->value(), 100);
    QVERIFY(wanted.isEmpty());  // what the run says is no wish
    panel.end();
    QVERIFY(!panel.workers_box("batch")->isEnabled());
  }

  void panel_takes_keys_and_clicks() {
    QueuesPanel panel;
    panel.resize(420, 240);
    panel.show();
    QVERIFY(QTest::qWaitForWindowExposed(&panel));
    panel.begin(true);
    panel.show_snapshot(staged_snapshot(2, 0));
    QSignalSpy wanted(&panel, &QueuesPanel::workers_wanted);
    NumberField* box = panel.workers_box("normalise");
    box->setFocus();
    QTest::keyClick(box, Qt::Key_Up);
    QCOMPARE(wanted.size(), 1);
    QCOMPARE(wanted[0][0].toString(), QString("normalise"));
    QCOMPARE(wanted[0][1].toInt(), 3);
    panel.show_snapshot(staged_snapshot(2, 0));  // a run that has not followed yet does not take the number back
    QCOMPARE(box->value(), 3);
    QTest::mouseClick(panel.findChild<QToolButton*>("more_normalise"), Qt::LeftButton);
    QCOMPARE(wanted.size(), 2);
    QCOMPARE(wanted[1][1].toInt(), 4);
    QVERIFY(!box->accessibleName().isEmpty());
    box->selectAll();
    QTest::keyClicks(box, "1e3");  // far too many
    QTest::keyClick(box, Qt::Key_Return);
    QCOMPARE(wanted.size(), 2);
    QCOMPARE(box->text(), QString("1e3"));
    QVERIFY2(box->fault().contains("1 to 32"), qPrintable(box->fault()));
    panel.show_snapshot(staged_snapshot(2, 0));
    QCOMPARE(box->text(), QString("1e3"));
    QTest::keyClick(box, Qt::Key_Escape);
    QCOMPARE(box->text(), QString("4"));
  }

  void nodes_show_their_workers() {
    const Snapshot now = staged_snapshot(3, 0);
    const Snapshot earlier{};
    QCOMPARE(live_states(earlier, now, {}, true).at("batch").detail, QString("× 3 workers"));
    QCOMPARE(live_states(earlier, now, {}, true).at("batch").brief, QString("×3"));
    QVERIFY(!live_states(earlier, now, {}, false).at("batch").detail.contains("workers"));
    QCOMPARE(live_states(earlier, staged_snapshot(1, 0), {}, true).at("batch").detail, QString("× 1 worker"));
  }

  void switch_says_when_it_takes_effect_and_ends_with_the_window() {
    {
      MainWindow window;
      QVERIFY(!window.actions().show_queues->isChecked());
      window.show();
      auto* bar = window.findChild<QToolBar*>();
      auto* button = qobject_cast<QToolButton*>(bar->widgetForAction(window.actions().show_queues));
      QVERIFY(button != nullptr && button->isVisible());
      QVERIFY(!button->icon().isNull());
      QVERIFY(button->toolTip().contains("next run"));
      QTest::mouseClick(button, Qt::LeftButton);
      QVERIFY(window.actions().show_queues->isChecked());
      QVERIFY2(window.statusBar()->currentMessage().contains("next run"),
               qPrintable(window.statusBar()->currentMessage()));
      QCOMPARE(window.run_bar().progress_text(), QString("Next run: every queue is shown"));
      window.close();
    }
    MainWindow window;
    QVERIFY(!window.actions().show_queues->isChecked());  // nobody meets it unawares
    window.show();
    QVERIFY(QTest::qWaitForWindowActive(&window));
    QTest::keyClick(&window, Qt::Key_F7);
    QVERIFY(window.actions().show_queues->isChecked());
    window.close_quietly();
  }

  void every_queue_tells_n_of_capacity_and_prefetch_0_is_explained() {
    QueuesPanel panel;
    panel.resize(420, 240);
    panel.show();
    panel.begin(true);
    Snapshot now = staged_snapshot(2, 0.5);
    panel.show_snapshot(now);
    for (const char* node : {"source", "normalise", "batch"})
      QCOMPARE(panel.level_text(node)->text(), QString("4.0 of 8"));
    QVERIFY(panel.level_text("source")->toolTip().startsWith("Groups of records"));
    QVERIFY(panel.level_text("batch")->toolTip().startsWith("Batches that are ready"));
    for (StageSample& stage : now.stages) stage.queue.waiting = 8;
    now.stages[0].queue.capacity = 12;  // more workers have come
    now.at += 500'000'000;
    panel.show_snapshot(now);
    QCOMPARE(panel.level_text("source")->text(), QString("6.0 of 12"));  // a mean, not the moment
    QCOMPARE(panel.level_text("batch")->text(), QString("6.0 of 8"));
    panel.begin(true);
    now = staged_snapshot(2, 0);
    now.stages.back().queue.capacity = 0;
    panel.show_snapshot(now);
    QCOMPARE(panel.level_text("normalise")->text(), QString("0.0 of 8"));
    QCOMPARE(panel.level_text("batch")->text(), QString("prefetch 0"));
    QVERIFY(panel.level_text("batch")->toolTip().contains("take turns"));
    QVERIFY(panel.queue_bar("batch")->toolTip().contains("take turns"));
  }

  void bars_show_a_mean_not_the_moment() {
    QueuesPanel panel;
    panel.begin(true);
    Snapshot now = staged_snapshot(2, 1);
    now.at = 1'000'000'000;
    panel.show_snapshot(now);
    QCOMPARE(panel.queue_bar("batch")->value(), 100);
    for (StageSample& stage : now.stages) stage.queue.fill = 0;
    now.at += 50'000'000;
    panel.show_snapshot(now);
    QCOMPARE(panel.queue_bar("batch")->value(), 95);
    now.at += 1'000'000'000;
    panel.show_snapshot(now);
    QCOMPARE(panel.queue_bar("batch")->value(), 0);
  }

  void workers_change_while_it_runs() {
    MainWindow window;
    window.resize(1280, 800);
    window.show();
    QVERIFY(QTest::qWaitForWindowExposed(&window));
    const QString file = folder_.filePath("network.feedline");
    QVERIFY(save_document(network_, file.toStdString()));
    QVERIFY(window.files().open(file));
    window.actions().show_queues->setChecked(true);
    std::size_t workers = 0;
    connect(&window.runs(), &RunController::snapshot_taken, &window, [&](const Snapshot& now, const Snapshot&) {
      for (const StageSample& stage : now.stages)
        if (stage.node == "normalise") workers = stage.workers;
    });
    QTest::keyClick(&window, Qt::Key_F5);
    QTRY_VERIFY_WITH_TIMEOUT(window.live_run().panel<QueuesPanel>().rows() > 0, 60'000);
    NumberField* box = window.live_run().panel<QueuesPanel>().workers_box("normalise");
    QVERIFY(box != nullptr);
    QTRY_VERIFY(box->isVisible());  // the panel comes to the front by itself
    static const QRegularExpression level("^[0-9]+\\.[0-9] of [1-9][0-9]*$");
    for (const char* node : {"normalise", "batch"}) {
      const QLabel* text = window.live_run().panel<QueuesPanel>().level_text(node);
      QVERIFY2(level.match(text->text()).hasMatch(), qPrintable(text->text()));
      QVERIFY(text->width() >= text->fontMetrics().horizontalAdvance(text->text()));
    }
    box->setFocus();
    box->selectAll();
    const std::size_t before = workers;
    QElapsedTimer held;
    held.start();
    QTest::keyClicks(box, "10/2");
    QCOMPARE(workers, before);  // half a number starts no threads
    QTest::keyClick(box, Qt::Key_Return);
    QCOMPARE(box->text(), QString("5"));
    QVERIFY2(held.elapsed() < 1000, "the window must not wait for threads");
    QTRY_COMPARE_WITH_TIMEOUT(workers, std::size_t{5}, 30'000);
    QTRY_COMPARE(window.run_bar().state_text(), QStringLiteral("Running, staged"));
    window.runs().stop();
    QTRY_VERIFY_WITH_TIMEOUT(!window.runs().active(), 60'000);
    QVERIFY(!box->isEnabled());
    window.close_quietly();
  }
};

FEEDLINE_WINDOW_TEST(TestQueues)

}  // namespace feedline::gui::test_queues

#include "test_queues.moc"
