// SPDX-License-Identifier: GPL-3.0-or-later

// The way from a verdict to a comparison on the real window, on a graph whose truth is known.

#include "app/docks.h"
#include "app/live_label.h"
#include "app/log_panel.h"
#include "app/main_window.h"
#include "app/run_bar.h"
#include "app/run_curtain.h"
#include "app/run_subjects.h"
#include "app/theme.h"
#include "app/verdict_link.h"
#include "base/advice.h"
#include "canvas/graph_view.h"
#include "canvas/node_item.h"
#include "diagnosis/diagnosis_panel.h"
#include "diagnosis/fix_list.h"
#include "graph/json.h"
#include "graph/validate.h"
#include "inspector/inspector_panel.h"
#include "models/runs_model.h"
#include "plots/loss_panel.h"
#include "plots/queues_panel.h"
#include "plots/stages_panel.h"
#include "plots/throughput_panel.h"
#include "recording/report_page.h"
#include "runs/compare_window.h"
#include "runs/runs_panel.h"
#include "start/tour.h"
#include "support/synthetic.h"
#include "support/window_home.h"

#include <QAbstractSpinBox>
#include <QAction>
#include <QComboBox>
#include <QFile>
#include <QLabel>
#include <QLineF>
#include <QPushButton>
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

namespace feedline::gui {

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
    Panels::show(window.desk().stages);
    QTRY_VERIFY(std::any_of(window.desk().stages->rows().begin(), window.desk().stages->rows().end(),
                            [&](const StageShare& row) { return row.bottleneck && row.name == named; }));
    Panels::show(window.diagnosis().panel);

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
    click(strip->findChild<QPushButton*>("rerun"));
    QTRY_VERIFY_WITH_TIMEOUT(runs.state() == RunController::State::Running && runs.run_number() > first, 20'000);
    QTest::qWait(300);
    runs.stop();
    QTRY_VERIFY_WITH_TIMEOUT(window.history().comparison() != nullptr, 20'000);
    QTRY_VERIFY_WITH_TIMEOUT(window.history().comparison()->sentence().contains(QString("run %1").arg(first)), 10'000);
    window.history().comparison()->close();
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
    ThroughputPanel& throughput = *window.desk().throughput;
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
    QVERIFY2(window.desk().log->toPlainText().contains(told), qPrintable(window.desk().log->toPlainText()));

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
    RunCurtain* curtain = window.subjects().curtain(window.diagnosis().panel);
    QVERIFY(curtain != nullptr && !curtain->isVisible());
    DocumentTab& tab = window.workspace().current();
    window.actions().new_graph->trigger();
    QVERIFY(&window.workspace().current() != &tab);
    QTRY_VERIFY(curtain->isVisible());
    QCOMPARE(curtain->size(), window.diagnosis().panel->size());
    QVERIFY2(curtain->text().contains("slow.feedline"), qPrintable(curtain->text()));
    QVERIFY(!window.run_bar().progress_text().contains("Stopped"));
    for (QWidget* shown : std::initializer_list<QWidget*>{window.desk().stages, &window.loss(), &window.queues()})
      QVERIFY(!window.subjects().curtain(shown)->isHidden());
    Q_EMIT curtain->show_wanted();
    QCOMPARE(&window.workspace().current(), &tab);
    QTRY_VERIFY(!curtain->isVisible());
    QVERIFY(window.run_bar().progress_text().startsWith("Stopped"));
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
      for (QWidget* widget : window.panels().inspector->findChildren<QWidget*>()) {
        const bool value = qobject_cast<QAbstractSpinBox*>(widget) != nullptr ||
                           qobject_cast<QComboBox*>(widget) != nullptr || qobject_cast<QSlider*>(widget) != nullptr;
        if (!value || !widget->isVisible()) continue;
        widget->setFocus();
        const QPointF middle = QRectF(widget->rect()).center();
        QWheelEvent event(middle, widget->mapToGlobal(middle), {}, {0, 120}, Qt::NoButton, Qt::NoModifier,
                          Qt::NoScrollPhase, false);
        QApplication::sendEvent(widget, &event);
        ++asked;
      }
      QVERIFY2(asked > 0, node);
    }
    QCOMPARE(window.document().undo_stack().count(), 0);
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
    Panels::show(window.desk().stages);
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
    QCOMPARE(window.view().selected_paths(), QStringList{"normalise"});
    QCOMPARE(window.view().transform(), zoom);
    QVERIFY(QLineF(window.view().mapToScene(window.view().viewport()->rect().center()), middle).length() < 3);
  }
};

}  // namespace feedline::gui

QTEST_MAIN(feedline::gui::TestVerdictWindow)
#include "test_verdict_window.moc"
