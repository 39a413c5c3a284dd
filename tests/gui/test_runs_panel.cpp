// SPDX-License-Identifier: GPL-3.0-or-later
// Mostly waits: for the next look into the record.
#include "graph/json.h"
#include "gui/app/main_window.h"
#include "gui/app/run_history_controller.h"
#include "gui/base/in_view.h"
#include "gui/models/runs_model.h"
#include "gui/runs/compare_plots.h"
#include "gui/runs/compare_window.h"
#include "gui/runs/model_export.h"
#include "gui/runs/report_pdf.h"
#include "gui/runs/runs_panel.h"
#include "gui/session/run_notice.h"
#include "runs/run_store.h"
#include "support/behind_tab.h"
#include "support/results.h"
#include "support/run_recorder.h"
#include "support/test_program.h"
#include "support/window_home.h"

#include <QAbstractItemModelTester>
#include <QAction>
#include <QFile>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QTreeView>
#include <QTreeWidget>
#include <QtTest>
#include <qcustomplot.h>

#include <cmath>
#include <memory>

namespace test_runs_panel {

using namespace feedline;
using namespace feedline::gui;
using namespace feedline::test;

namespace {

RunSummary run_of(std::int64_t id, RunStatus status = RunStatus::Finished) {
  RunSummary run;
  run.id = id;
  run.started_at = 1.7e9 + static_cast<double>(id);
  run.ended_at = is_active(status) ? 0 : run.started_at + 62;
  run.status = status;
  run.title = "graph " + std::to_string(id);
  run.figures = {.steps = 50, .total_steps = 200, .epoch = 1, .epochs = 4, .wall_s = 10, .samples_per_s = 1240.4};
  run.metrics = test::classified(0.5);
  return run;
}

QStringList column(const QAbstractItemModel& model, int column) {
  QStringList texts;
  for (int row = 0; row < model.rowCount(); ++row) texts << model.index(row, column).data().toString();
  return texts;
}

}  // namespace

/// The history of runs: model, panel, comparison, report, and the window that records its runs into it.
class TestRunsPanel : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase();
  void the_model_is_sound();
  void cells_say_what_was_recorded();
  void live_rows_change_in_place();
  void tags_and_notes_are_asked_for();
  void the_panel_offers_what_is_possible();
  void no_button_is_cut_in_a_narrow_panel();
  void sorting_is_by_value_and_can_be_left();
  void curves_of_runs_lie_over_each_other();
  void a_report_is_written_as_page_and_pdf();
  void a_model_is_exported_from_the_menu();
  void a_notice_only_of_long_runs_and_unwatched_windows();
  void the_window_records_what_it_runs();
  void runs_of_other_programs_appear();
  void behind_a_tab_the_record_is_left_alone();

 private:
  WindowHome home_{};
  Document small_{};
};

void TestRunsPanel::initTestCase() {
  QCOMPARE(QString::fromStdString(default_data_folder().string()), home_.file("data/feedline"));
  small_ = small_network(home_.path());
}

void TestRunsPanel::the_model_is_sound() {
  RunsModel model;
  const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
  const auto ids = [&] { return column(model, RunsModel::RunColumn).join(' '); };
  model.set_runs({run_of(3), run_of(2), run_of(1)});
  QCOMPARE(ids(), QString("3 2 1"));
  model.set_runs({run_of(5), run_of(4), run_of(3), run_of(1)});  // two new ones, one gone
  QCOMPARE(ids(), QString("5 4 3 1"));
  RunSummary pinned = run_of(1);
  pinned.pinned = true;
  model.set_runs({pinned, run_of(5), run_of(4), run_of(3)});
  QCOMPARE(ids(), QString("1 ★ 5 4 3"));
  model.set_runs({});
  QCOMPARE(model.rowCount(), 0);
}

void TestRunsPanel::cells_say_what_was_recorded() {
  RunsModel model;
  RunSummary failed = run_of(7, RunStatus::Failed);
  failed.tags = {"a", "b"};
  failed.note = "<b>note</b>";
  failed.failure = "<i>out of memory</i>";
  failed.metrics = test::classified(0.5, 0.9, 0.6, 0.871);
  model.set_runs({failed, run_of(6, RunStatus::Running)});
  const auto text = [&](int row, int at) { return model.index(row, at).data().toString(); };
  QCOMPARE(text(0, RunsModel::GraphColumn), QString("graph 7"));
  QCOMPARE(text(0, RunsModel::StateColumn), QString("failed"));
  QCOMPARE(text(0, RunsModel::RateColumn), QString("1,240"));
  QCOMPARE(text(0, RunsModel::LossColumn), QString("0.5000"));
  QCOMPARE(text(0, RunsModel::ValidationColumn), QString("87.1 %"));
  QCOMPARE(text(0, RunsModel::TimeColumn), QString("1 min 02 s"));
  QCOMPARE(text(0, RunsModel::TagsColumn), QString("a b"));
  QCOMPARE(text(1, RunsModel::ProgressColumn), QString("epoch 1 of 4, 0:30 to go"));
  QCOMPARE(text(1, RunsModel::ValidationColumn), QString("–"));
  const QString tip = model.index(0, 0).data(Qt::ToolTipRole).toString();
  QVERIFY2(tip.contains("&lt;i&gt;out of memory") && !tip.contains("<i>"), qPrintable(tip));
}

void TestRunsPanel::live_rows_change_in_place() {
  RunsModel model;
  model.set_runs({run_of(2, RunStatus::Running), run_of(1)});
  QSignalSpy changes(&model, &QAbstractItemModel::dataChanged);
  QSignalSpy resets(&model, &QAbstractItemModel::modelReset);
  RunSummary later = run_of(2, RunStatus::Running);
  later.metrics = test::classified(0.25);
  model.set_runs({later, run_of(1)});
  QCOMPARE(changes.count(), 1);
  QCOMPARE(changes[0][0].toModelIndex().row(), 0);
  QCOMPARE(resets.count(), 0);
  QCOMPARE(model.index(0, RunsModel::LossColumn).data().toString(), QString("0.2500"));
}

void TestRunsPanel::tags_and_notes_are_asked_for() {
  RunsModel model;
  model.set_runs({run_of(2)});
  QSignalSpy notes(&model, &RunsModel::note_edited);
  QStringList tags;
  connect(&model, &RunsModel::tags_edited, this, [&](qint64, const QStringList& wanted) { tags = wanted; });
  QVERIFY(!(model.flags(model.index(0, RunsModel::LossColumn)) & Qt::ItemIsEditable));
  QVERIFY(model.flags(model.index(0, RunsModel::NoteColumn)) & Qt::ItemIsEditable);
  QVERIFY(model.setData(model.index(0, RunsModel::NoteColumn), " good ", Qt::EditRole));
  QCOMPARE(notes.count(), 1);
  QCOMPARE(notes[0][1].toString(), QString("good"));
  QVERIFY(model.setData(model.index(0, RunsModel::TagsColumn), "a, b  c", Qt::EditRole));
  QCOMPARE(tags, QStringList({"a", "b", "c"}));
  QVERIFY(!model.setData(model.index(0, RunsModel::LossColumn), "1", Qt::EditRole));
}

void TestRunsPanel::the_panel_offers_what_is_possible() {
  RunsPanel panel;
  panel.resize(900, 300);
  panel.show();
  const auto button = [&](const char* text) {
    for (QPushButton* each : panel.findChildren<QPushButton*>())
      if (each->text() == QString::fromUtf8(text)) return each;
    qFatal("no button %s", text);
  };
  const auto offered = [&](const char* text) {
    for (const QAction* each : panel.view().actions())
      if (each->text() == QLatin1String(text)) return each->isEnabled();
    qFatal("no action %s", text);
  };
  panel.show_runs({run_of(3, RunStatus::Running), run_of(2), run_of(1)});
  for (const char* text : {"Compare", "Report…"}) QVERIFY(!button(text)->isEnabled());
  for (const char* text : {"Open graph", "Pin", "Edit tags", "Edit note", "Delete"}) QVERIFY(!offered(text));
  panel.select({2});
  QVERIFY(offered("Open graph") && !button("Compare")->isEnabled() && offered("Delete"));
  panel.select({3, 2});
  QVERIFY(button("Compare")->isEnabled() && !offered("Open graph"));
  QVERIFY(!offered("Delete"));  // one goes on
  std::vector<qint64> compared;
  connect(&panel, &RunsPanel::compare_wanted, this, [&](const std::vector<qint64>& runs) { compared = runs; });
  QTest::mouseClick(button("Compare"), Qt::LeftButton);
  QVERIFY((compared == std::vector<qint64>{3, 2}));

  std::vector<qint64> restored;
  connect(&panel, &RunsPanel::restore_wanted, this, [&](const std::vector<qint64>& runs) { restored = runs; });
  panel.offer_restore({2, 1});
  auto* undo = panel.findChild<QPushButton*>("undo_delete");
  QVERIFY(undo->isVisible());
  QTest::mouseClick(undo, Qt::LeftButton);
  QVERIFY((restored == std::vector<qint64>{2, 1}) && !undo->isVisible());

  QSignalSpy searches(&panel, &RunsPanel::search_changed);
  QTest::keyClicks(panel.findChild<QLineEdit*>(), "cats");
  QTRY_COMPARE(searches.count(), 1);  // once, when the typing rests
  QCOMPARE(searches[0][0].toString(), QString("cats"));
}

void TestRunsPanel::no_button_is_cut_in_a_narrow_panel() {
  RunsPanel panel;
  const auto* search = panel.findChild<QLineEdit*>();
  const auto bottom = [&] { return search->mapTo(&panel, search->rect().bottomLeft()).y(); };
  const auto top_of_buttons = [&] { return panel.resume_button().mapTo(&panel, QPoint()).y(); };
  panel.resize(900, 300);
  panel.show();
  QVERIFY(top_of_buttons() <= bottom());  // beside the field
  panel.resize(360, 300);
  QTRY_VERIFY(top_of_buttons() > bottom());  // below it
  const auto cut = [&panel] {
    QStringList texts;
    for (const QPushButton* button : panel.findChildren<QPushButton*>())
      if (button->isVisible() && button->width() < button->sizeHint().width()) texts << button->text();
    return texts.join(", ");
  };
  QCOMPARE(cut(), QString());
  panel.resize(250, 300);  // beside the preview in a window of 1280: two rows
  QTRY_COMPARE(cut(), QString());
  panel.resize(900, 300);
  QTRY_VERIFY(top_of_buttons() <= bottom());
  QCOMPARE(cut(), QString());
}

void TestRunsPanel::sorting_is_by_value_and_can_be_left() {
  RunsPanel panel;
  RunSummary slow = run_of(2);
  slow.figures.samples_per_s = 99;
  panel.show_runs({run_of(3), slow, run_of(1)});
  panel.view().sortByColumn(RunsModel::RateColumn, Qt::AscendingOrder);
  QCOMPARE(column(*panel.view().model(), RunsModel::RunColumn).first(), QString("2"));
  panel.view().sortByColumn(-1, Qt::AscendingOrder);
  QCOMPARE(column(*panel.view().model(), RunsModel::RunColumn), QStringList({"3", "2", "1"}));
}

namespace {

RunRecord record_of(std::int64_t id, const Document& document) {
  RunRecord run;
  static_cast<RunSummary&>(run) = run_of(id);
  run.figures.steps = 100;
  run.figures.samples = 640;
  run.graph = to_json(document);
  run.loss = {{1, 2.0}, {2, std::nan("")}, {3, 1.0}};
  run.series = {.columns = {"time_s", "step", "samples_per_s"}, .values = {1, 10, 100, 2, 20, 300}};
  run.epochs = {{.epoch = 1, .metrics = {test::accuracy_of(kValSplit, 0.5)}, .wall_s = 2, .samples = 320},
                {.epoch = 2, .metrics = {test::accuracy_of(kValSplit, 0.75)}, .wall_s = 4, .samples = 320}};
  run.stages = {{.node = "decode", .type = "decode", .workers = 2, .busy_s = 5, .starved_s = 10, .blocked_s = 5}};
  return run;
}

}  // namespace

void TestRunsPanel::curves_of_runs_lie_over_each_other() {
  CompareWindow window;
  window.show();
  RunRecord faster = record_of(2, with(small_, "batch", "size", std::int64_t{16}));
  faster.figures.samples_per_s *= 2;
  window.show_runs({record_of(1, small_), faster});
  QVERIFY2(window.sentence().contains("batch.size went from 32 to 16") && window.sentence().contains("2.00 times"),
           qPrintable(window.sentence()));
  ComparePlots& plots = window.plots();
  QCOMPARE(plots.loss(0)->dataCount(), 2);  // what is no number is not drawn
  QCOMPARE(plots.loss(1)->data()->at(1)->value, 1.0);
  QCOMPARE(plots.rate(1)->data()->at(1)->key, 2.0);
  QCOMPARE(plots.rate(1)->data()->at(1)->value, 300.0);
  QCOMPARE(plots.metric(0)->data()->at(1)->value, 75.0);
  QCOMPARE(plots.metric(0)->data()->at(1)->key, 6.0);  // seconds of both epochs
  window.along().setCurrentIndex(window.along().findText("Training samples"));
  QCOMPARE(plots.metric(0)->data()->at(1)->key, 640.0);
  QCOMPARE(plots.loss(0)->dataCount(), 2);
  window.along().setCurrentIndex(window.along().findText("Epochs"));
  QCOMPARE(plots.metric(0)->data()->at(1)->key, 2.0);
  QVERIFY(plots.loss(0)->pen().color() != plots.loss(1)->pen().color());
  QVERIFY(plots.loss(0)->pen().style() != plots.loss(1)->pen().style());
  QTreeWidget& table = window.table();
  QCOMPARE(table.topLevelItemCount(), 3);
  QCOMPARE(table.topLevelItem(0)->child(0)->text(1), QString("1,240"));
  QTreeWidgetItem* parameters = table.topLevelItem(1);
  QCOMPARE(parameters->childCount(), 1);
  QCOMPARE(parameters->child(0)->text(0), QString("batch.size"));
  QCOMPARE(parameters->child(0)->text(2), QString("16"));
  QTreeWidgetItem* targets = table.topLevelItem(2);
  QCOMPARE(targets->text(0), QString("Epochs to reach validation accuracy"));
  QCOMPARE(targets->child(0)->text(0), QString("50.0 %"));
  QCOMPARE(targets->child(0)->text(1), QString("1"));
  QCOMPARE(targets->child(targets->childCount() - 1)->text(0), QString("75.0 %"));
  QCOMPARE(targets->child(targets->childCount() - 1)->text(1), QString("2"));
}

/// The action asks for the chosen run alone; each choice of the dialog has a place of its own, and a run without
/// checkpoints says so.
void TestRunsPanel::a_model_is_exported_from_the_menu() {
  RunsPanel panel;
  RunSummary summary;
  summary.id = 7;
  panel.show_runs({summary});
  auto* action = panel.findChild<QAction*>("export_model");
  QVERIFY(action != nullptr && !action->isEnabled());
  panel.select({7});
  QVERIFY(action->isEnabled());
  const QSignalSpy asked(&panel, &RunsPanel::export_wanted);
  action->trigger();
  QCOMPARE(asked.size(), 1);
  QCOMPARE(asked.front().front().toLongLong(), 7);
  const QStringList filters = export_filters();
  QCOMPARE(filters.size(), 5);
  for (const QString& filter : filters) {
    const ExportTargets targets = export_targets(filter, "/x/model");
    int places = 0;
    for (const auto& place : {targets.pytorch, targets.onnx, targets.torchscript, targets.safetensors, targets.card})
      places += place.empty() ? 0 : 1;
    QCOMPARE(places, 1);
    QVERIFY(filter == filters.front() || filter.contains(export_ending(filter)));
  }
  const Status refused = export_run(RunRecord{}, export_targets(filters.back(), home_.file("card.html")));
  QVERIFY(!refused && !refused.error().remedy.empty());
}

void TestRunsPanel::a_report_is_written_as_page_and_pdf() {
  const RunRecord run = record_of(4, small_);
  const QString page = home_.file("report.html");
  QVERIFY(write_report_page(run, page));
  QFile html(page);
  QVERIFY(html.open(QIODevice::ReadOnly) && html.readAll().contains("Run 4"));
  const QString pdf = home_.file("report.pdf");
  QVERIFY(write_report_pdf(run, pdf));
  QFile document(pdf);
  QVERIFY(document.open(QIODevice::ReadOnly));
  const QByteArray bytes = document.readAll();
  QVERIFY2(bytes.startsWith("%PDF-") && bytes.trimmed().endsWith("%%EOF") && bytes.size() > 10'000,
           qPrintable(QString::number(bytes.size())));
  const Status refused = write_report_pdf(run, "/nowhere/report.pdf");
  QVERIFY(!refused && refused.error().file == "/nowhere/report.pdf");
  QVERIFY(!write_report_page(run, "/nowhere/report.html"));
}

void TestRunsPanel::a_notice_only_of_long_runs_and_unwatched_windows() {
  QWidget window;
  QStringList told;
  RunNotice notice(&window, [&](const QString& title, const QString& text) { told << title + ": " + text; });
  notice.run_started();
  notice.run_ended("cats", "Finished");
  QVERIFY(told.isEmpty());  // too short
  notice.set_least_seconds(0.02);
  notice.run_started();
  QTest::qWait(40);
  notice.run_ended("cats", "Finished");
  QCOMPARE(told, QStringList({"cats: Finished"}));
  notice.run_ended("cats", "again");  // nothing was started
  window.show();
  window.activateWindow();
  QVERIFY(QTest::qWaitForWindowActive(&window));
  notice.run_started();
  QTest::qWait(40);
  notice.run_ended("cats", "looked at");
  QCOMPARE(told.size(), 1);
}

void TestRunsPanel::the_window_records_what_it_runs() {
  MainWindow window;
  window.resize(1280, 800);
  window.show();
  window.workspace().current().take_copy({with(small_, "trainer", "epochs", std::int64_t{2}), {}}, "small");
  RunsPanel& panel = *window.history().panel;
  Panels::show(&panel);
  QSignalSpy ends(&window.runs(), &RunController::finished);
  window.start_run();
  QTRY_COMPARE_WITH_TIMEOUT(ends.count(), 1, 60'000);
  Panels::show(&panel);  // Run has led to Watch
  QTRY_COMPARE_WITH_TIMEOUT(column(panel.model(), RunsModel::StateColumn), QStringList({"finished"}), 10'000);
  QCOMPARE(column(panel.model(), RunsModel::GraphColumn), QStringList({"small"}));
  window.start_run();
  QTRY_COMPARE_WITH_TIMEOUT(ends.count(), 2, 60'000);
  QTRY_COMPARE_WITH_TIMEOUT(column(panel.model(), RunsModel::StateColumn), QStringList({"finished", "finished"}),
                            10'000);

  // A tag, then its run's graph again, then the two compared.
  panel.model().setData(panel.model().index(0, RunsModel::TagsColumn), "second", Qt::EditRole);
  QTRY_COMPARE(column(panel.model(), RunsModel::TagsColumn), QStringList({"second", ""}));
  const auto tabs = window.workspace().documents().size();
  window.history().open_graph(2);
  QTRY_COMPARE(window.workspace().documents().size(), tabs + 1);
  QCOMPARE(window.workspace().current().display_name(), QString("small (run 2)"));
  QVERIFY(window.document().document() == with(small_, "trainer", "epochs", std::int64_t{2}));
  window.history().compare({1, 2});
  QTRY_VERIFY(window.history().comparison() != nullptr);
  QVERIFY(window.history().comparison()->sentence().contains("The graph is the same"));

  QSignalSpy messages(&window.history(), &RunHistoryController::message);
  window.history().write_report(1, home_.file("one.html"));
  QTRY_COMPARE(messages.count(), 1);
  QVERIFY(QFile::exists(home_.file("one.html")));

  Q_EMIT panel.remove_wanted({1});
  QTRY_COMPARE(panel.model().rowCount(), 1);
  QTest::mouseClick(panel.findChild<QPushButton*>("undo_delete"), Qt::LeftButton);
  QTRY_COMPARE(panel.model().rowCount(), 2);
  window.close_quietly();
}

void TestRunsPanel::runs_of_other_programs_appear() {
  RunsPanel panel;
  RunArchive archive;
  connect(&archive, &RunArchive::listed, &panel, &RunsPanel::show_runs);
  connect(&panel, &RunsPanel::looked_at, &archive, &RunArchive::look);
  panel.show();
  QTRY_VERIFY(panel.model().rowCount() > 0);
  const int before = panel.model().rowCount();
  {
    RunRecorder other({.title = "elsewhere", .origin = "command line", .graph = "{}"},
                      default_data_folder() / "runs.db");
    RunNews news;
    news.status = RunStatus::Running;
    news.results = RunResults{.metrics = test::classified(0.125)};
    other.tell(std::move(news));
    QTRY_COMPARE(panel.model().rowCount(), before + 1);
    QTRY_COMPARE(column(panel.model(), RunsModel::StateColumn).first(), QString("running"));
    RunNews newer;
    newer.results = RunResults{.metrics = test::classified(0.0625)};
    other.tell(std::move(newer));
    QTRY_COMPARE(column(panel.model(), RunsModel::LossColumn).first(), QString("0.0625"));
  }
  archive.set_search("nothing like it");
  QTRY_COMPARE(panel.model().rowCount(), 0);
}

void TestRunsPanel::behind_a_tab_the_record_is_left_alone() {
  auto* panel = new RunsPanel;
  BehindTab tabs(panel);
  QSignalSpy looks(panel, &RunsPanel::looked_at);
  tabs.window.show();
  tabs.back->raise();
  QTRY_VERIFY(looks.count() >= 2);  // again and again
  tabs.front->raise();
  QTRY_VERIFY(!in_view(*panel));
  const auto before = looks.count();
  QTest::qWait(2500);
  QCOMPARE(looks.count(), before);
  tabs.back->raise();
  QTRY_VERIFY(looks.count() > before);
}

FEEDLINE_WINDOW_TEST(TestRunsPanel)

}  // namespace test_runs_panel

#include "test_runs_panel.moc"
