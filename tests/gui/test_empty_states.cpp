// SPDX-License-Identifier: GPL-3.0-or-later
// What every panel of a run says in the real window while it has nothing to show, whatever the run does.
#include "graph/json.h"
#include "graph/subgraph.h"
#include "gui/app/main_window.h"
#include "gui/app/run_bar.h"
#include "gui/app/run_subjects.h"
#include "gui/app/tab_order.h"
#include "gui/base/in_view.h"
#include "gui/diagnosis/diagnosis_panel.h"
#include "gui/plots/empty_state.h"
#include "gui/plots/mistakes_panel.h"
#include "gui/plots/run_panels.h"
#include "support/fixtures.h"
#include "support/synthetic.h"
#include "support/test_program.h"
#include "support/window_home.h"

#include <QDir>
#include <QDockWidget>
#include <QFile>
#include <QKeySequence>
#include <QMessageBox>
#include <QRegularExpression>
#include <QSignalSpy>
#include <QTabBar>
#include <QTest>

#include <limits>

namespace feedline::gui::test_empty_states {

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

  /// Tab leads into the panel, or to the tabs that it lies behind.
  static bool tab_reaches(MainWindow& window, const QDockWidget& dock) {
    window.workspace().current().setFocus();
    for (int step = 0; step < 200; ++step) {
      if (!step_focus(window, window.workspace(), true)) return false;
      const QWidget* at = window.focusWidget();
      if (at == nullptr || window.workspace().isAncestorOf(at)) return false;
      const auto* tabs = qobject_cast<const QTabBar*>(at);
      if (dock.isAncestorOf(at) || (tabs != nullptr && tabs->tabText(tabs->currentIndex()) == dock.windowTitle()))
        return true;
    }
    return false;
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
    QCOMPARE(window.findChildren<EmptyState*>().size(), static_cast<qsizetype>(run_panels().size()));
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

  void every_panel_tells_what_it_is_data() {
    QTest::addColumn<int>("index");
    for (std::size_t i = 0; i < run_panels().size(); ++i) QTest::newRow(run_panels()[i].name) << static_cast<int>(i);
  }
  void every_panel_tells_what_it_is() {
    QFETCH(int, index);
    const RunPanelSpec& spec = run_panels()[static_cast<std::size_t>(index)];
    static const QRegularExpression word("^[a-z]+$");
    QVERIFY(word.match(spec.name).hasMatch());
    QVERIFY(!spec.title_text().isEmpty() && !spec.shows_text().isEmpty());
    QVERIFY2(QFile::exists(QStringLiteral(":/help/") + spec.help), spec.help);
    QVERIFY(*spec.shortcut == '\0' || !QKeySequence::fromString(spec.shortcut).isEmpty());
    for (std::size_t i = 0; i < run_panels().size(); ++i) {
      const RunPanelSpec& other = run_panels()[i];
      QCOMPARE(other.title_text() == spec.title_text(), static_cast<int>(i) == index);
      QCOMPARE(QByteArray(other.name) == QByteArray(spec.name), static_cast<int>(i) == index);
    }
    for (const WorkMode mode : {WorkMode::Build, WorkMode::Watch, WorkMode::Diagnose, WorkMode::Present})
      for (const bool folded : {false, true}) {
        int places = 0;
        for (const DockStack& stack : arrangement_of(mode, folded, {spec.name}, grouped_run_panels()).stacks)
          places += static_cast<int>((stack.shown + stack.hidden).count(QString::fromLatin1(spec.name)));
        QVERIFY2(places == 1, qPrintable(mode_word(mode)));
      }
  }

  /// Whatever is on the list stands in every workspace, empty and reached by Tab, with its help.
  void every_panel_opens_in_every_workspace() {
    MainWindow window;
    QVERIFY(show(window));
    for (const WorkMode mode : {WorkMode::Build, WorkMode::Watch, WorkMode::Diagnose}) {
      window.modes().show(mode);
      for (std::size_t i = 0; i < run_panels().size(); ++i) {
        const RunPanelSpec& spec = run_panels()[i];
        const QByteArray where = mode_word(mode).toUtf8() + ": " + spec.name;
        QDockWidget* dock = window.panels().docks().find(spec.name);
        QVERIFY2(dock != nullptr && Docks::title_of(*dock) == spec.title_text(), where);
        const RunPanel& panel = window.live_run().panels()[i];
        QCOMPARE(dock->widget(), panel.widget);
        QVERIFY2(window.panels().of_runs().contains(panel.widget) && window.subjects().overlay(panel.widget) != nullptr,
                 where);
        Docks::show(dock);
        QTRY_VERIFY2(in_view(*panel.widget), where);
        EmptyState& empty = panel.view->empty_state();
        QVERIFY2(panel.widget->isAncestorOf(&empty) && in_view(empty) && !empty.text().isEmpty(), where);
        QVERIFY2(tab_reaches(window, *dock), where);
        panel.widget->setFocus();
        QCOMPARE(window.panels().help_page(), QString(spec.help));
      }
    }
    window.close_quietly();
  }

  void validation_without_classes_says_so() {
    MistakesPanel panel;
    panel.add_epoch({.epoch = 1});
    QVERIFY2(panel.empty_state().text().startsWith("Press Run"), qPrintable(panel.empty_state().text()));
    panel.add_epoch({.epoch = 1, .metrics = {loss_metric(kValSplit, 0.5)}});
    QVERIFY2(panel.empty_state().text().contains("neither classes"), qPrintable(panel.empty_state().text()));
    panel.begin({});
    QVERIFY(!panel.empty_state().text().contains("neither classes"));
  }
};

FEEDLINE_WINDOW_TEST(TestEmptyStates)

}  // namespace feedline::gui::test_empty_states

#include "test_empty_states.moc"
