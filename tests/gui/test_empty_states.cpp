// SPDX-License-Identifier: GPL-3.0-or-later
// What every panel of a run says in the real window while it has nothing to show, whatever the run does.
#include "graph/json.h"
#include "graph/subgraph.h"
#include "gui/app/main_window.h"
#include "gui/app/run_bar.h"
#include "gui/diagnosis/diagnosis_panel.h"
#include "gui/plots/empty_state.h"
#include "gui/plots/mistakes_panel.h"
#include "support/fixtures.h"
#include "support/synthetic.h"
#include "support/window_home.h"

#include <QDir>
#include <QMessageBox>
#include <QSignalSpy>
#include <QTest>

#include <limits>

namespace feedline::gui {

class TestEmptyStates : public QObject {
  Q_OBJECT

  test::WindowHome home_{};

  static bool show(MainWindow& window) {
    window.resize(1280, 800);
    window.show();
    return QTest::qWaitForWindowActive(&window);
  }

  /// What stands in the panels that are empty, and in Diagnosis.
  static QStringList texts(MainWindow& window) {
    QStringList all{window.diagnosis().panel->verdict_text()};
    for (const EmptyState* empty : window.findChildren<EmptyState*>()) all << empty->text();
    return all;
  }

  static QStringList without(const QStringList& all, const QString& words) {
    QStringList rest;
    for (const QString& text : all)
      if (!text.contains(words)) rest << text;
    return rest;
  }

  /// Queues says the same in all of them, until its switch is on.
  static void check_all_say(MainWindow& window, const QString& words) {
    const QStringList others = without(without(texts(window), words), "Show every queue");
    QVERIFY2(others.isEmpty(), qPrintable(words + " is not in: " + others.join(" | ")));
  }

  static void check_nobody_asks_for_a_run(MainWindow& window) {
    for (const QString& text : texts(window)) QVERIFY2(!text.startsWith("Press Run"), qPrintable(text));
  }

  /// All that is in view stands in its place as a whole.
  static void check_words_have_room(MainWindow& window) {
    QCoreApplication::processEvents();
    int seen = 0;
    for (const EmptyState* empty : window.findChildren<EmptyState*>()) {
      if (!empty->isVisible() || empty->visibleRegion().isEmpty()) continue;
      QVERIFY2(empty->heightForWidth(empty->width()) <= empty->height(), qPrintable(empty->text()));
      ++seen;
    }
    QVERIFY(seen >= 3);
  }

 private Q_SLOTS:
  void every_panel_knows_every_state_data() {
    QTest::addColumn<RunPhase>("phase");
    QTest::addColumn<QString>("words");
    using Kind = RunPhase::Kind;
    QTest::newRow("none") << RunPhase{} << "Press Run";
    QTest::newRow("preparing") << RunPhase{.kind = Kind::Preparing} << "Preparing the run";
    QTest::newRow("painting") << RunPhase{.kind = Kind::Preparing, .preparing = "Painting 4,000 pictures", .done = 0.42}
                              << "Painting 4,000 pictures (42 %)";
    QTest::newRow("running") << RunPhase{.kind = Kind::Running} << "";
    QTest::newRow("paused") << RunPhase{.kind = Kind::Paused} << "Paused before";
    QTest::newRow("ended") << RunPhase{.kind = Kind::Ended} << "The run ended before";
    QTest::newRow("failed") << RunPhase{.kind = Kind::Failed} << "The run failed before";
  }
  void every_panel_knows_every_state() {
    QFETCH(RunPhase, phase);
    QFETCH(QString, words);
    MainWindow window;
    QVERIFY(show(window));
    window.modes().show(WorkMode::Watch);
    QCOMPARE(window.findChildren<EmptyState*>().size(), 9);
    Q_EMIT window.live_run().phase_changed(phase);
    check_all_say(window, words);
    check_words_have_room(window);
    if (phase.kind != RunPhase::Kind::None) check_nobody_asks_for_a_run(window);
    if (phase.kind == RunPhase::Kind::Running) {
      QVERIFY(window.diagnosis().panel->verdict_text().startsWith("Measuring"));
      QCOMPARE(without(texts(window), "Waiting for the first").size(), 2);  // Diagnosis, Queues without its switch
    }
    window.close_quietly();
  }

  void example_data_being_painted_are_told_in_every_panel() {
    MainWindow window;
    QVERIFY(show(window));
    QVERIFY(window.files().open_example("quickstart"));
    QVERIFY(window.document().apply({SetParam{.node = "source", .param = "count", .value = std::int64_t{20'000}}}));
    check_all_say(window, "Press Run");
    QSignalSpy told(&window.live_run(), &LiveRunController::phase_changed);
    QTest::keyClick(&window, Qt::Key_F5);
    QTRY_VERIFY_WITH_TIMEOUT(window.run_bar().progress_text().contains("Painting"), 60'000);
    check_all_say(window, "Painting");
    check_nobody_asks_for_a_run(window);
    check_words_have_room(window);
    QVERIFY(told.count() >= 2);
    // It ends before there was anything to see.
    window.runs().stop();
    QTRY_VERIFY_WITH_TIMEOUT(!window.runs().active(), 60'000);
    check_all_say(window, "The run ended before");
    check_words_have_room(window);
    window.close_quietly();
  }

  void a_run_that_fails_at_its_data_is_told_in_every_panel() {
    const QString folder = home_.file("pictures");
    const Document document = test::synthetic_graph(folder, {.stages = {{.wait_ms = 1}}});
    test::write_file(home_.file("gone.feedline"), QByteArray::fromStdString(to_json(document)));
    MainWindow window;
    QVERIFY(show(window));
    QVERIFY(window.files().open(home_.file("gone.feedline")));
    QVERIFY(QDir(folder).removeRecursively());
    window.start_run();
    check_all_say(window, "Preparing the run");
    QTRY_VERIFY_WITH_TIMEOUT(!window.runs().active(), 60'000);
    QCOMPARE(window.run_bar().state_text(), QString("Failed"));
    for (QMessageBox* box : window.findChildren<QMessageBox*>()) box->close();
    check_all_say(window, "The run failed before");
    check_words_have_room(window);
    window.close_quietly();
  }

  void validation_without_classes_says_so() {
    MistakesPanel panel;
    panel.add_epoch({.epoch = 1});
    QVERIFY2(panel.empty_state().text().startsWith("Press Run"), qPrintable(panel.empty_state().text()));
    panel.add_epoch({.epoch = 1, .metrics = {loss_metric(kValSplit, 0.5)}});
    QVERIFY2(panel.empty_state().text().contains("no classes"), qPrintable(panel.empty_state().text()));
    panel.begin({});
    QVERIFY(!panel.empty_state().text().contains("no classes"));
  }
};

}  // namespace feedline::gui

QTEST_MAIN(feedline::gui::TestEmptyStates)
#include "test_empty_states.moc"
