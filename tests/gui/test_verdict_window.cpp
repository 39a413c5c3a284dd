// SPDX-License-Identifier: GPL-3.0-or-later

// The way from a verdict to a comparison on the real window, on a graph whose truth is known.

#include "base/advice.h"
#include "graph/json.h"
#include "graph/validate.h"
#include "gui/app/live_label.h"
#include "gui/app/log_panel.h"
#include "gui/app/main_window.h"
#include "gui/app/run_bar.h"
#include "gui/app/run_overlay.h"
#include "gui/app/run_subjects.h"
#include "gui/app/verdict_link.h"
#include "gui/base/docks.h"
#include "gui/base/theme.h"
#include "gui/canvas/graph_view.h"
#include "gui/canvas/node_item.h"
#include "gui/diagnosis/diagnosis_panel.h"
#include "gui/diagnosis/fix_list.h"
#include "gui/diagnosis/pair_strip.h"
#include "gui/inspector/inspector_panel.h"
#include "gui/inspector/number_field.h"
#include "gui/inspector/param_row.h"
#include "gui/models/runs_model.h"
#include "gui/plots/loss_panel.h"
#include "gui/plots/queues_panel.h"
#include "gui/plots/stages_panel.h"
#include "gui/plots/throughput_panel.h"
#include "gui/preview/preview_panel.h"
#include "gui/runs/compare_window.h"
#include "gui/runs/runs_panel.h"
#include "gui/start/tour.h"
#include "recording/report_page.h"
#include "support/answer.h"
#include "support/synthetic.h"
#include "support/test_program.h"
#include "support/window_home.h"

#include <QAbstractSpinBox>
#include <QAction>
#include <QComboBox>
#include <QFile>
#include <QLabel>
#include <QLineF>
#include <QPushButton>
#include <QRegularExpression>
#include <QSignalSpy>
#include <QSlider>
#include <QStatusBar>
#include <QTabBar>
#include <QTemporaryDir>
#include <QTest>
#include <QUndoStack>
#include <QWheelEvent>

#include <algorithm>
#include <optional>

namespace feedline::gui::test_verdict_window {

using namespace feedline::test;

class TestVerdictWindow : public QObject {
  Q_OBJECT

 private:
  QTemporaryDir folder_;
  WindowHome home_{};
  QString file_{};

  [[nodiscard]] static DiagnosisPanel& panel(MainWindow& window) { return *window.diagnosis().panel; }
  static void click(QPushButton* button) { QTest::mouseClick(button, Qt::LeftButton); }
  /// Says a line above some panel this?
  [[nodiscard]] static bool a_panel_says(MainWindow& window, const QString& subject) {
    const QList<QLabel*> lines = window.findChildren<QLabel*>(QStringLiteral("dock_subject"));
    return std::any_of(lines.begin(), lines.end(), [&](const QLabel* line) { return line->text() == subject; });
  }
  /// Runs the current graph until it has a verdict.
  static void run_until_verdict(MainWindow& window) {
    Panels::show(window.diagnosis().panel);
    window.start_run();  // which leads to the workspace Watch
    Panels::show(window.diagnosis().panel);
    QTRY_VERIFY_WITH_TIMEOUT(panel(window).live().diagnosis().has_value(), 30'000);
  }
  /// And one that names a node: on a machine that others keep busy it may take a while.
  [[nodiscard]] static bool names_a_node(MainWindow& window) {
    return QTest::qWaitFor([&] { return !panel(window).bottleneck().isEmpty(); }, 40'000);
  }
  static void turn_wheel(QWidget* widget, int angle) {
    widget->setFocus();
    const QPointF middle = QRectF(widget->rect()).center();
    QWheelEvent event(middle, widget->mapToGlobal(middle), {}, {0, angle}, Qt::NoButton, Qt::NoModifier,
                      Qt::NoScrollPhase, false);
    QSpontaneKeyEvent::setSpontaneous(&event);  // as from a mouse: it goes on to what is around
    QApplication::sendEvent(widget, &event);
  }
  static void open(MainWindow& window, const QString& file) {
    window.resize(1280, 800);
    window.show();
    QVERIFY(QTest::qWaitForWindowExposed(&window));
    QVERIFY(window.files().open(file));
  }

 private Q_SLOTS:
  void initTestCase() {
    qputenv("FEEDLINE_DATA", folder_.filePath("record").toUtf8());
    Document document = synthetic_graph(folder_.path(), {.stages = {{.wait_ms = 3}, {.wait_ms = 1}}, .workers = 1});
    QVERIFY(document.apply({SetParam{.node = "trainer", .param = "epochs", .value = std::int64_t{0}}}).has_value());
    file_ = folder_.filePath("slow.feedline");
    QFile file(file_);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write(QByteArray::fromStdString(to_json(document)));
  }

  void verdict_apply_undo_and_compare() {
    MainWindow window;
    open(window, file_);
    run_until_verdict(window);
    if (QTest::currentTestFailed()) return;
    if (!names_a_node(window)) QSKIP("The machine is too busy to measure on");
    RunController& runs = window.runs();
    // One truth: verdict, canvas and Stages name the same node.
    const QString named = panel(window).bottleneck();
    QCOMPARE(named, QString("load1"));
    const auto marked = [&] {
      QStringList all;
      for (const auto& [id, item] : window.view().graph_scene().nodes())
        if (item->live() && item->live()->bottleneck) all << QString::fromStdString(id);
      return all;
    };
    QTRY_COMPARE(marked(), QStringList{named});
    Panels::show(&window.live_run().panel<StagesPanel>());
    QTRY_VERIFY(std::any_of(window.live_run().panel<StagesPanel>().rows().begin(),
                            window.live_run().panel<StagesPanel>().rows().end(),
                            [&](const StageShare& row) { return row.bottleneck && row.name == named; }));
    Panels::show(window.diagnosis().panel);

    // The node's name in the verdict leads to it.
    static const QRegularExpression href("href=\"([^\"]+)\"");
    window.view().select_node("batch");
    for (QLabel* label : panel(window).verdict_part()->findChildren<QLabel*>())
      if (const auto link = href.match(label->text()); link.hasMatch()) Q_EMIT label->linkActivated(link.captured(1));
    QCOMPARE(window.view().selected_paths(), QStringList{named});

    // Everything names graph and run.
    QTRY_VERIFY(runs.run_number() > 0);
    const QString subject = QString("slow.feedline, run %1").arg(runs.run_number());
    QTRY_VERIFY2(panel(window).subject_text().startsWith(subject), qPrintable(panel(window).subject_text()));
    QTRY_VERIFY(a_panel_says(window, subject));

    // A fix shows its node.
    QVERIFY(panel(window).fix_list().button("workers", "apply") != nullptr);
    QTest::mouseMove(&window);
    QSignalSpy pointed(&panel(window), &DiagnosisPanel::nodes_pointed_at);
    panel(window).fix_list().button("workers", "prove")->setFocus(Qt::TabFocusReason);
    QTRY_VERIFY(!pointed.isEmpty());
    QVERIFY(window.view().graph_scene().node("trainer")->pointed_out());

    // Apply tells what can be done now; a second click explains itself.
    QUndoStack& stack = window.document().undo_stack();
    click(panel(window).fix_list().button("workers", "apply"));
    QCOMPARE(stack.count(), 1);
    QVERIFY(panel(window).applied_text().startsWith("Applied: "));
    auto* strip = panel(window).findChild<QWidget*>("applied");
    QVERIFY(strip->isVisible());
    click(panel(window).fix_list().button("workers", "apply"));
    QCOMPARE(stack.count(), 1);
    QVERIFY2(window.statusBar()->currentMessage().contains("already"),
             qPrintable(window.statusBar()->currentMessage()));
    click(strip->findChild<QPushButton*>("undo_fix"));
    QCOMPARE(stack.index(), 0);
    QVERIFY(!strip->isVisible());

    // Run again and compare: the run that goes on gives way, and both are set beside each other at the end.
    click(panel(window).fix_list().button("workers", "apply"));
    const qint64 first = runs.run_number();
    {
      Answer enter(Answer::enter());  // as one does who has not read it
      click(strip->findChild<QPushButton*>("rerun"));
      QVERIFY2(enter.text().contains("Stop this run and start again?"), qPrintable(enter.text()));
      QCOMPARE(enter.default_button(), QString("Keep running"));
      QCOMPARE(runs.state(), RunController::State::Running);
    }
    {
      Answer stop("Stop and start again");
      click(strip->findChild<QPushButton*>("rerun"));
      QVERIFY(stop.given());
    }
    QTRY_VERIFY_WITH_TIMEOUT(runs.state() == RunController::State::Running && runs.run_number() > first, 20'000);
    QTest::qWait(300);
    runs.stop();
    QTRY_VERIFY_WITH_TIMEOUT(window.history().comparison() != nullptr, 20'000);
    QTRY_VERIFY_WITH_TIMEOUT(window.history().comparison()->sentence().contains(QString("run %1").arg(first)), 10'000);
    window.history().comparison()->close();
  }

  /// The example that is made for it, by the buttons that a newcomer sees.
  void naive_is_diagnosed_mended_and_proved() {
    MainWindow window;
    window.resize(1280, 800);
    window.show();
    QVERIFY(QTest::qWaitForWindowExposed(&window));
    QVERIFY(window.files().open_example("naive"));
    QVERIFY(window.document().apply({SetParam{"source", "count", std::int64_t{200}}}));
    run_until_verdict(window);
    if (QTest::currentTestFailed()) return;
    const auto& found = panel(window).live().diagnosis();
    if (found->verdict.kind == VerdictKind::Contention) QSKIP("The machine is too busy to measure on");
    QVERIFY2(panel(window).verdict_text().contains("nput-bound"), qPrintable(panel(window).verdict_text()));
    FixList& list = panel(window).fix_list();
    QVERIFY(!list.fixes().empty());
    const Fix best = list.fixes().front();
    const QString id = QString::fromStdString(best.id);
    QVERIFY(best.predicted_ratio > 1.1);

    QUndoStack& stack = window.document().undo_stack();
    const int before = stack.count();
    click(list.button(id, "apply"));
    QCOMPARE(stack.count(), before + 1);
    // What came after the fix is not taken back with it.
    QVERIFY(window.document().apply({SetNodeComment{"source", "mine"}}));
    click(panel(window).findChild<QWidget*>("applied")->findChild<QPushButton*>("undo_fix"));
    QCOMPARE(stack.index(), before + 2);
    QVERIFY2(window.statusBar()->currentMessage().contains("Other changes came after it"),
             qPrintable(window.statusBar()->currentMessage()));

    window.diagnosis().experiments().set_seconds(1);
    QSignalSpy proven(&window.diagnosis().experiments(), &Experiments::proven);
    click(list.button(id, "prove"));
    QTRY_COMPARE_WITH_TIMEOUT(proven.count(), 1, 120'000);
    QVERIFY(list.strip(id)->isVisible());
    QCOMPARE(panel(window).progress_text(), QString());

    // In another tab the fix is still that of its own graph, which it shows.
    DocumentTab& tab = window.workspace().current();
    window.actions().new_graph->trigger();
    Q_EMIT panel(window).apply_wanted(best);
    QCOMPARE(&window.workspace().current(), &tab);
    QVERIFY(window.statusBar()->currentMessage().contains("already"));
    window.runs().stop();
    QTRY_VERIFY_WITH_TIMEOUT(!window.runs().active(), 20'000);
  }

  /// A proof or a tuning that takes minutes is not given up by a hasty click.
  void closing_asks_while_something_is_measured() {
    MainWindow window;
    open(window, file_);
    if (QTest::currentTestFailed()) return;
    Experiments& experiments = window.diagnosis().experiments();
    QTRY_VERIFY(!experiments.busy());
    experiments.tune(window.document().document());
    QVERIFY(experiments.measuring());
    {
      Answer enter(Answer::enter());
      QVERIFY(!window.close());
      QVERIFY2(enter.text().contains("measur"), qPrintable(enter.text()));
      QCOMPARE(enter.default_button(), QString("Keep measuring"));
    }
    QVERIFY(experiments.measuring());
    Answer stop("Stop and close");
    QVERIFY(window.close());
    QVERIFY(stop.given());
  }

  /// The verdict at the end is of the whole run, and the one that the record has.
  void the_end_has_a_verdict_of_the_whole_run() {
    MainWindow window;
    open(window, file_);
    run_until_verdict(window);
    if (QTest::currentTestFailed()) return;
    RunController& runs = window.runs();
    QSignalSpy recorded(&runs, &RunController::recorded);
    runs.stop();
    QTRY_COMPARE_WITH_TIMEOUT(recorded.count(), 1, 20'000);
    QVERIFY(panel(window).live().basis() == LiveDiagnosis::Basis::WholeRun);
    QVERIFY(panel(window).subject_text().contains("whole run"));
    std::optional<RunRecord> record;
    window.history().archive().load({recorded.front().front().toLongLong()},
                                    [&](const std::vector<RunRecord>& all) { record = all.front(); });
    QTRY_VERIFY_WITH_TIMEOUT(record.has_value(), 10'000);
    QCOMPARE(record->verdict.kind, std::string(name(panel(window).live().diagnosis()->verdict.kind)));
    QCOMPARE(record->verdict.node, panel(window).live().diagnosis()->verdict.node);
    const QString rate =
        QString("%1 samples/s (training only, whole run)").arg(short_number(record->figures.samples_per_s));
    QVERIFY2(window.run_bar().progress_text().contains(rate),
             qPrintable(window.run_bar().progress_text() + " lacks " + rate));
    // The link to it says the same, until the next run begins.
    auto* link = window.findChild<VerdictLink*>();
    const QString headline = QString::fromStdString(panel(window).live().diagnosis()->verdict.headline);
    QVERIFY(!link->isHidden());
    QVERIFY2(link->toolTip().startsWith(headline), qPrintable(link->toolTip()));
    window.start_run();
    QVERIFY(link->isHidden());
    window.runs().stop();
    QTRY_VERIFY_WITH_TIMEOUT(!runs.active(), 20'000);
  }

  /// One finished run, one rate: wherever the window, or a report made from it, tells it.
  void a_finished_run_has_one_rate_everywhere() {
    MainWindow window;
    open(window, file_);
    window.modes().show(WorkMode::Watch);
    QSignalSpy recorded(&window.runs(), &RunController::recorded);
    QSignalSpy finished(&window.runs(), &RunController::finished);
    window.start_run();
    ThroughputPanel& throughput = window.live_run().panel<ThroughputPanel>();
    QTRY_VERIFY_WITH_TIMEOUT(throughput.readings()->items().size() == 4, 60'000);  // now, MB/s, steps/s, whole run
    window.runs().stop();
    QTRY_COMPARE_WITH_TIMEOUT(recorded.count(), 1, 60'000);
    const RunResult result = finished.front().front().value<RunResult>();
    const QString number = short_number(training_rate({}, result.last.trainer));
    const QString told = QString("%1 samples/s (training only, whole run)").arg(number);
    QVERIFY2(window.run_bar().progress_text().contains(told), qPrintable(window.run_bar().progress_text()));
    const auto readings = [&] {
      QStringList all;
      for (const Readings::Item& item : throughput.readings()->items()) all << item.name + ": " + item.value;
      return all;
    };
    QTRY_COMPARE(readings(), QStringList{QString("training only, whole run: %1 samples/s").arg(number)});
    QVERIFY2(window.live_run().log->toPlainText().contains(told), qPrintable(window.live_run().log->toPlainText()));

    const qint64 run = recorded.front().front().toLongLong();
    std::optional<RunRecord> record;
    window.history().archive().load({run}, [&](const std::vector<RunRecord>& all) { record = all.front(); });
    QTRY_VERIFY_WITH_TIMEOUT(record.has_value(), 60'000);
    const QString page = QString::fromStdString(report_page(*record));
    const QString row_of_rate = page.mid(page.indexOf("samples/s (training only, whole run)")).section("</tr>", 0, 0);
    QVERIFY2(row_of_rate.contains('>' + number + '<'), qPrintable(row_of_rate));
    Panels::show(window.history().panel);
    const auto row = [&] {
      const RunsModel& model = window.history().panel->model();
      QStringList cells;
      for (int i = 0; i < model.rowCount(); ++i)
        if (model.index(i, RunsModel::RunColumn).data().toString() == QString::number(run))
          cells << model.index(i, RunsModel::RateColumn).data().toString();
      return cells;
    };
    QTRY_COMPARE_WITH_TIMEOUT(row(), QStringList{number}, 60'000);
    // What is measured moment by moment is over.
    const auto* status = window.statusBar()->findChild<LiveLabel*>();
    QCOMPARE(status->text(), QString("slow.feedline, run %1: stopped").arg(run));
  }

  void a_new_tab_shows_nothing_of_another_run() {
    MainWindow window;
    open(window, file_);
    run_until_verdict(window);
    if (QTest::currentTestFailed()) return;
    window.runs().stop();
    QTRY_VERIFY_WITH_TIMEOUT(!window.runs().active(), 20'000);
    QVERIFY(window.run_bar().progress_text().startsWith("Stopped"));
    RunOverlay* overlay = window.subjects().overlay(window.diagnosis().panel);
    QVERIFY(overlay != nullptr && !overlay->isVisible());
    DocumentTab& tab = window.workspace().current();
    window.actions().new_graph->trigger();
    QVERIFY(&window.workspace().current() != &tab);
    QTRY_VERIFY(overlay->isVisible());
    QCOMPARE(overlay->size(), window.diagnosis().panel->size());
    QVERIFY2(overlay->text().contains("slow.feedline"), qPrintable(overlay->text()));
    QVERIFY(!window.run_bar().progress_text().contains("Stopped"));
    auto* link = window.findChild<VerdictLink*>();
    QVERIFY(link->isHidden());
    for (QWidget* shown :
         std::initializer_list<QWidget*>{&window.live_run().panel<StagesPanel>(), &window.live_run().panel<LossPanel>(),
                                         &window.live_run().panel<QueuesPanel>()})
      QVERIFY(!window.subjects().overlay(shown)->isHidden());
    Q_EMIT overlay->show_wanted();
    QCOMPARE(&window.workspace().current(), &tab);
    QTRY_VERIFY(!overlay->isVisible());
    QVERIFY(window.run_bar().progress_text().startsWith("Stopped"));
    QVERIFY(!link->isHidden());
    QVERIFY2(link->toolTip().endsWith(QString("slow.feedline, run %1").arg(window.runs().run_number())),
             qPrintable(link->toolTip()));
  }

  /// A run that goes on is told in every tab, with the name of its graph; what the process does ends with the run.
  void a_run_is_named_where_another_graph_is_looked_at() {
    MainWindow window;
    open(window, file_);
    if (QTest::currentTestFailed()) return;
    window.start_run();
    QTRY_VERIFY_WITH_TIMEOUT(window.runs().state() == RunController::State::Running, 20'000);
    window.actions().new_graph->trigger();
    QTRY_VERIFY2_WITH_TIMEOUT(window.run_bar().progress_text().startsWith("slow.feedline: "),
                              qPrintable(window.run_bar().progress_text()), 10'000);
    auto* process = window.findChild<LiveLabel*>("process");
    QVERIFY(process != nullptr);
    QTRY_VERIFY_WITH_TIMEOUT(process->text().contains("cores busy"), 10'000);
    window.runs().stop();
    QTRY_VERIFY_WITH_TIMEOUT(!window.runs().active(), 20'000);
    QVERIFY2(!process->text().contains("cores busy"), qPrintable(process->text()));
  }

  /// The siblings of the what-if sliders: whatever holds a value in something that scrolls.
  void the_wheel_changes_no_value_in_a_form() {
    MainWindow window;
    open(window, file_);
    if (QTest::currentTestFailed()) return;
    for (const char* node : {"sgd", "batch", "trainer"}) {
      window.view().select_node(node);
      QCoreApplication::processEvents();
      int asked = 0;
      int numbers = 0;
      for (QWidget* widget : window.panels().inspector->findChildren<QWidget*>()) {
        const bool number = qobject_cast<NumberField*>(widget) != nullptr;
        const bool value = number || qobject_cast<QAbstractSpinBox*>(widget) != nullptr ||
                           qobject_cast<QComboBox*>(widget) != nullptr || qobject_cast<QSlider*>(widget) != nullptr;
        if (!value || !widget->isVisible()) continue;
        turn_wheel(widget, 120);
        ++asked;
        numbers += number;
      }
      QVERIFY2(asked > 0 && numbers > 0, node);
    }
    QCOMPARE(window.document().undo_stack().count(), 0);
  }

  /// A number that has just been typed, under a wheel that is meant for the form.
  void the_wheel_leaves_a_number_that_was_just_typed() {
    MainWindow window;
    open(window, file_);
    if (QTest::currentTestFailed()) return;
    window.view().select_node("trainer");
    auto* field = window.panels().inspector->findChild<ParamRow*>("epochs")->findChild<NumberField*>();
    field->setFocus();
    field->selectAll();
    QTest::keyClicks(field, "7");
    turn_wheel(field, -120);
    QCOMPARE(field->text(), QString("7"));
    QCOMPARE(std::get<std::int64_t>(window.document().document().find("trainer")->params.at("epochs")),
             std::int64_t{7});
    window.close_quietly();
  }

  /// There a step of the number would start a thread, here show another record.
  void the_wheel_changes_neither_workers_nor_the_record() {
    MainWindow window;
    open(window, file_);
    if (QTest::currentTestFailed()) return;
    Panels::show(&window.live_run().panel<QueuesPanel>());
    Snapshot staged{.at = 1'000'000'000};
    for (const char* node : {"source", "batch"}) staged.stages.push_back({.node = node, .type = node, .workers = 2});
    window.live_run().panel<QueuesPanel>().begin(true);
    window.live_run().panel<QueuesPanel>().show_snapshot(staged);
    QSignalSpy wanted(&window.live_run().panel<QueuesPanel>(), &QueuesPanel::workers_wanted);
    NumberField* workers = window.live_run().panel<QueuesPanel>().workers_box("batch");
    turn_wheel(workers, 120);
    turn_wheel(workers, -240);
    QCOMPARE(workers->value(), 2.0);
    QCOMPARE(wanted.count(), 0);
    Panels::show(window.panels().preview);
    auto* record = window.panels().preview->findChild<NumberField*>();
    QVERIFY(record != nullptr);
    record->setEnabled(true);
    turn_wheel(record, 120);
    QCOMPARE(record->value(), 0.0);
  }

  /// A report has the colours of the window, light and dark.
  void reports_wear_the_colours_of_the_window() {
    const QString page = QString::fromStdString(report_page(RunRecord{}));
    Theme& theme = Theme::instance();
    const Theme::Mode before = theme.mode();
    for (const Theme::Mode mode : {Theme::Mode::Light, Theme::Mode::Dark}) {
      theme.set_mode(mode);
      const Theme::Colors& c = theme.colors();
      const std::pair<const char*, QColor> colors[] = {
          {"--paper", c.panel}, {"--ink", c.text},  {"--muted", c.muted},   {"--faint", c.border},
          {"--box", c.raised},  {"--c1", c.train},  {"--c2", c.validation}, {"--c3", c.busy},
          {"--c5", c.blocked},  {"--c6", c.starved}};
      for (const auto& [name, color] : colors) {
        const QString rule = QString("%1: %2;").arg(QLatin1String(name), color.name());
        QVERIFY2(page.contains(rule), qPrintable(rule));
      }
    }
    theme.set_mode(before);
  }

  void advice_speaks_of_the_window() {
    MainWindow window;
    QCOMPARE(advice("Press a button", "Give --option"), std::string("Press a button"));
    Document document = window.document().document();
    QVERIFY(document.apply({AddNode{.node = {.id = "source", .type = "image_folder", .version = 1}}}).has_value());
    const Analysis analysis = analyse(document);
    QVERIFY(!analysis.problems.empty());
    for (const Problem& problem : analysis.problems)
      QVERIFY2(problem.error.remedy.find("--") == std::string::npos, problem.error.remedy.c_str());
  }

  void the_tour_leads_to_a_verdict_and_leaves_the_view_as_it_was() {
    MainWindow window;
    open(window, file_);
    if (QTest::currentTestFailed()) return;
    window.view().zoom_in();
    window.view().select_node("normalise");
    Panels::show(&window.live_run().panel<StagesPanel>());
    const QTransform zoom = window.view().transform();
    const QPointF middle = window.view().mapToScene(window.view().viewport()->rect().center());
    window.actions().tour->trigger();
    Tour* tour = window.welcome().tour();
    QVERIFY(tour != nullptr);
    while (!window.runs().active() && tour->at() + 1 < tour->count()) QTest::keyClick(tour, Qt::Key_Right);
    QTRY_VERIFY_WITH_TIMEOUT(panel(window).live().diagnosis().has_value(), 30'000);
    QVERIFY(!tour->spot().isEmpty());
    QCOMPARE(tour->count() - tour->at(), 3);  // verdict, fix, proof
    QTest::keyClick(tour, Qt::Key_Escape);
    QTRY_VERIFY_WITH_TIMEOUT(!window.runs().active(), 20'000);
    QCOMPARE(window.modes().mode(), WorkMode::Build);
    QCOMPARE(window.view().selected_paths(), QStringList{"normalise"});
    QCOMPARE(window.view().transform(), zoom);
    QVERIFY(QLineF(window.view().mapToScene(window.view().viewport()->rect().center()), middle).length() < 3);
  }
};

FEEDLINE_WINDOW_TEST(TestVerdictWindow)

}  // namespace feedline::gui::test_verdict_window

#include "test_verdict_window.moc"
