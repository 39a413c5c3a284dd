// SPDX-License-Identifier: GPL-3.0-or-later
// Mostly waits: for the next picture of a plot.
// What all plot panels can do: cursor, zoom, pan, follow, freeze, export.
#include "gui/base/theme.h"
#include "gui/plots/levels_panel.h"
#include "gui/plots/loss_panel.h"
#include "gui/plots/panel_menu.h"
#include "gui/plots/plot_navigator.h"
#include "gui/plots/resources_panel.h"
#include "gui/plots/stages_panel.h"
#include "gui/plots/throughput_panel.h"
#include "support/mouse.h"
#include "support/results.h"
#include "support/test_program.h"

#include <QFile>
#include <QImage>
#include <QMenu>
#include <QTemporaryDir>
#include <QTest>
#include <QWheelEvent>
#include <QXmlStreamReader>
#include <qcustomplot.h>

#include <cmath>

namespace feedline::gui::test_plot_tools {

namespace {

constexpr Nanos kStart = 1'000'000'000;

/// A run at `t` seconds: 100 samples, ten steps and 2 MB a second; a processor and a half of two; a loss of 4 / step.
Snapshot run_at(double t) {
  Snapshot s;
  s.started = kStart;
  s.at = kStart + from_seconds(t);
  StageSample source;
  source.node = "source";
  source.workers = 2;
  source.total.bytes = static_cast<std::uint64_t>(t * 2e6);
  source.total.records = static_cast<std::uint64_t>(t * 100);
  source.by_worker = {
      {.records = source.total.records / 2, .busy = from_seconds(0.5 * t), .starved = from_seconds(0.5 * t)},
      {.records = source.total.records / 2, .busy = from_seconds(0.25 * t), .blocked = from_seconds(0.5 * t)}};
  for (const StageCounters& worker : source.by_worker) source.total += worker;
  source.total.records = static_cast<std::uint64_t>(t * 100);
  s.stages = {source};
  s.trainer.stepped = from_seconds(t);
  s.trainer.samples = static_cast<std::uint64_t>(std::llround(t * 100));
  s.trainer.steps = static_cast<std::uint64_t>(std::llround(t * 10));
  s.trainer.metrics = {test::accuracy_of(kTrainSplit, 0.5)};
  s.trainer.learning_rate = 0.001;
  s.process.cpu = from_seconds(1.5 * t);
  s.process.cores_busy = from_seconds(2 * t);
  s.process.rss_bytes = std::uint64_t{1} << 30U;
  s.process.disk_bytes = static_cast<std::uint64_t>(t * 3e6);
  for (std::uint64_t step = 1; step <= s.trainer.steps; ++step)
    s.loss_curve.push_back({static_cast<double>(step), 4.0 / static_cast<double>(step)});
  return s;
}

void feed(PlotPanel& panel, double to) {
  for (double t = 0; t <= to; t += 0.05) panel.show_snapshot(run_at(t), run_at(std::max(0.0, t - 1)));
}

template <class Panel>
void show(Panel& panel, QSize size = {900, 500}) {
  panel.resize(size);
  panel.show();
  QVERIFY(QTest::qWaitForWindowExposed(&panel));
  const int before = panel.redraws();
  feed(panel, 20);
  QTRY_VERIFY(panel.redraws() > before);
  QTest::qWait(20);
}

QCPRange across(const PlotPanel& panel) { return panel.plot()->axisRects().front()->axis(QCPAxis::atBottom)->range(); }

QPoint pixel_at(const PlotPanel& panel, double key) {
  const QCPAxisRect* rect = panel.plot()->axisRects().front();
  return {static_cast<int>(std::lround(rect->axis(QCPAxis::atBottom)->coordToPixel(key))), rect->rect().center().y()};
}

void hover(const PlotPanel& panel, double key) {
  test::send_mouse(panel.plot(), QEvent::MouseMove, pixel_at(panel, key), Qt::NoButton);
}

void turn_wheel(const PlotPanel& panel, double key, int notches, Qt::KeyboardModifiers modifiers = {}) {
  const QPoint at = pixel_at(panel, key);
  QWheelEvent event(at, panel.plot()->mapToGlobal(at), {}, {0, notches * 120}, Qt::NoButton, modifiers,
                    Qt::NoScrollPhase, false);
  QApplication::sendEvent(panel.plot(), &event);
}

}  // namespace

class TestPlotTools : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() { Theme::instance().set_mode(Theme::Mode::Light); }
  void the_cursor_maps_steps_to_seconds();
  void one_cursor_reads_all_plots();
  void the_cursor_walks_with_the_arrow_keys();
  void the_wheel_zooms_and_a_double_click_shows_all();
  void a_zoomed_window_follows_the_newest();
  void panning_away_stops_following();
  void a_box_zooms_both_ways();
  void frozen_panels_gather_on();
  void exports_are_what_they_say();
  void csv_has_the_values_drawn();
  void loss_on_a_logarithmic_axis();
  void smoothing_can_be_switched_off();
  void learning_rate_is_drawn_where_there_is_room();
  void resources_draw_the_values_given();
  void a_short_run_has_resources_too();
  void resources_tell_what_saves_memory();
  void resources_show_gpus_where_there_are_some();
  void queue_levels_are_means_of_their_window();
  void cells_go_where_room_is_short();
  void workers_have_rows_of_their_own();
  void a_million_steps_keep_the_curves_bounded();
};

void TestPlotTools::the_cursor_maps_steps_to_seconds() {
  PlotCursor cursor;
  for (double t = 0; t <= 20; t += 0.5) cursor.track(run_at(t));
  QVERIFY(std::abs(cursor.step_at(7.25) - 72.5) < 0.5);
  QVERIFY(std::abs(cursor.seconds_at(100) - 10) < 0.05);
  QVERIFY(!cursor.seconds().has_value());
  cursor.point_at_step(100);
  QVERIFY(std::abs(*cursor.seconds() - 10) < 0.05);
  cursor.reset();
  QVERIFY(!cursor.seconds().has_value());
}

void TestPlotTools::one_cursor_reads_all_plots() {
  PlotCursor cursor;
  ThroughputPanel throughput;
  LossPanel loss;
  throughput.share_cursor(&cursor);
  loss.share_cursor(&cursor);
  show(throughput);
  show(loss);
  for (double t = 0; t <= 20; t += 0.1) cursor.track(run_at(t));
  QVERIFY(throughput.cursor_texts().isEmpty());
  hover(throughput, 10);
  QVERIFY(std::abs(*cursor.seconds() - 10) < 0.1);
  QVERIFY2(throughput.cursor_texts().contains("samples/s 100"), qPrintable(throughput.cursor_texts().join('|')));
  QVERIFY(throughput.cursor_texts().contains("steps/s 10"));
  // Step 100, where the loss is 4 / 100.
  QVERIFY2(!loss.cursor_texts().filter("loss 0.04").isEmpty(), qPrintable(loss.cursor_texts().join('|')));
  hover(loss, 50);
  QVERIFY(std::abs(*cursor.seconds() - 5) < 0.2);
  QVERIFY(!throughput.cursor_texts().isEmpty());
  QEvent leave(QEvent::Leave);
  QApplication::sendEvent(loss.plot(), &leave);
  QVERIFY(!cursor.seconds().has_value());
  QVERIFY(throughput.cursor_texts().isEmpty());
}

void TestPlotTools::the_cursor_walks_with_the_arrow_keys() {
  ThroughputPanel panel;
  show(panel);
  QTest::keyClick(panel.plot(), Qt::Key_Left);
  QVERIFY(!panel.cursor_texts().isEmpty());
  QVERIFY(panel.plot()->accessibleDescription().contains("samples/s 100"));
  QTest::keyClick(panel.plot(), Qt::Key_Escape);
  QVERIFY(panel.cursor_texts().isEmpty());
}

void TestPlotTools::the_wheel_zooms_and_a_double_click_shows_all() {
  ThroughputPanel panel;
  show(panel);
  const QCPRange all = across(panel);
  turn_wheel(panel, 5, 3);
  QVERIFY(across(panel).size() < all.size() / 2);
  QVERIFY(across(panel).contains(5));
  QVERIFY(panel.navigator()->zoomed());
  // Cells share the range.
  for (const QCPAxisRect* rect : panel.plot()->axisRects())
    QCOMPARE(rect->axis(QCPAxis::atBottom)->range(), across(panel));
  const QCPRange upright = panel.plot()->yAxis->range();
  turn_wheel(panel, across(panel).center(), 2, Qt::ControlModifier);
  QVERIFY(panel.plot()->yAxis->range().size() < upright.size());
  QTest::mouseDClick(panel.plot(), Qt::LeftButton, {}, pixel_at(panel, across(panel).center()));
  QTRY_COMPARE(across(panel), all);
  QCOMPARE(panel.plot()->yAxis->range(), upright);
}

void TestPlotTools::a_zoomed_window_follows_the_newest() {
  ThroughputPanel panel;
  show(panel);
  panel.navigator()->zoom(0.25);
  QVERIFY(panel.navigator()->following());
  const double width = across(panel).size();
  const int before = panel.redraws();
  for (double t = 20; t <= 30; t += 0.05) panel.show_snapshot(run_at(t), run_at(t - 1));
  QTRY_VERIFY(panel.redraws() > before);
  QTRY_VERIFY(std::abs(across(panel).upper - 30) < 0.5);
  QVERIFY(std::abs(across(panel).size() - width) < 1e-9);
}

void TestPlotTools::panning_away_stops_following() {
  ThroughputPanel panel;
  show(panel);
  panel.navigator()->zoom(0.25);
  test::drag(panel.plot(), pixel_at(panel, across(panel).center()),
             pixel_at(panel, across(panel).center()) + QPoint(150, 0));
  QVERIFY(!panel.navigator()->following());
  const QCPRange there = across(panel);
  const int before = panel.redraws();
  for (double t = 20; t <= 25; t += 0.05) panel.show_snapshot(run_at(t), run_at(t - 1));
  QTRY_VERIFY(panel.redraws() > before);
  QCOMPARE(across(panel), there);
  QTest::keyClick(panel.plot(), Qt::Key_F);
  QVERIFY(panel.navigator()->following());
  QVERIFY(across(panel).upper > there.upper);
  QTest::keyClick(panel.plot(), Qt::Key_Home);
  QCOMPARE(across(panel).lower, 0.0);
}

void TestPlotTools::a_box_zooms_both_ways() {
  ThroughputPanel panel;
  show(panel, {900, 240});
  const QRect rect = panel.plot()->axisRects().front()->rect();
  const QCPRange upright = panel.plot()->yAxis->range();
  const QPoint from(pixel_at(panel, 5).x(), rect.top() + rect.height() / 4);
  const QPoint to(pixel_at(panel, 10).x(), rect.bottom() - rect.height() / 4);
  test::drag(panel.plot(), from, to, Qt::LeftButton, Qt::ShiftModifier);
  QVERIFY2(std::abs(across(panel).lower - 5) < 0.3, qPrintable(QString::number(across(panel).lower)));
  QVERIFY(std::abs(across(panel).upper - 10) < 0.3);
  QVERIFY(panel.plot()->yAxis->range().size() < 0.6 * upright.size());
}

void TestPlotTools::frozen_panels_gather_on() {
  ThroughputPanel panel;
  show(panel);
  QTest::keyClick(panel.plot(), Qt::Key_Space);
  QVERIFY(panel.frozen());
  const int points = panel.plot()->graph(0)->dataCount();
  for (double t = 20; t <= 30; t += 0.05) panel.show_snapshot(run_at(t), run_at(t - 1));
  QTest::qWait(250);
  QCOMPARE(panel.plot()->graph(0)->dataCount(), points);
  QTest::keyClick(panel.plot(), Qt::Key_Space);
  QTRY_VERIFY(panel.plot()->graph(0)->dataCount() > points + 15);
}

void TestPlotTools::exports_are_what_they_say() {
  QTemporaryDir folder;
  LossPanel panel;
  show(panel, {600, 300});
  const ExportedView exported = panel.exported();
  const auto path = [&](ExportFormat format) { return folder.filePath("loss." + suffix_of(format)); };
  for (const ExportFormat format : {ExportFormat::Png, ExportFormat::Svg, ExportFormat::Pdf, ExportFormat::Csv})
    QCOMPARE(save_view(exported, format, path(format)), QString());
  const QImage png(path(ExportFormat::Png));
  QCOMPARE(png.size(), exported.size * 2);
  QFile svg(path(ExportFormat::Svg));
  QVERIFY(svg.open(QIODevice::ReadOnly));
  QXmlStreamReader xml(&svg);
  int lines = 0;
  while (!xml.atEnd())
    if (xml.readNext() == QXmlStreamReader::StartElement)
      lines += xml.name() == QLatin1String("polyline") || xml.name() == QLatin1String("path") ? 1 : 0;
  QVERIFY2(!xml.hasError(), qPrintable(xml.errorString()));
  QVERIFY(lines > 10);
  QFile pdf(path(ExportFormat::Pdf));
  QVERIFY(pdf.open(QIODevice::ReadOnly));
  QVERIFY(pdf.readAll().startsWith("%PDF"));
  QVERIFY(!save_view(exported, ExportFormat::Png, folder.filePath("no/such/folder.png")).isEmpty());
}

void TestPlotTools::csv_has_the_values_drawn() {
  LossPanel panel;
  show(panel);
  const QStringList lines = panel.exported().csv().split('\n', Qt::SkipEmptyParts);
  QVERIFY2(lines.front().startsWith("step,loss,"), qPrintable(lines.front()));
  QCOMPARE(lines.size(), 201 + (panel.loss_curve()->dataCount() - 200));
  QVERIFY2(lines[8].startsWith("8,0.5,"), qPrintable(lines[8]));
}

void TestPlotTools::loss_on_a_logarithmic_axis() {
  LossPanel panel;
  show(panel);
  const int before = panel.redraws();
  panel.set_logarithmic(true);
  panel.show_snapshot(run_at(21), run_at(20));
  QTRY_VERIFY(panel.redraws() > before);
  const QCPAxis* axis = panel.plot()->axisRects().front()->axis(QCPAxis::atLeft);
  QCOMPARE(axis->scaleType(), QCPAxis::stLogarithmic);
  QVERIFY(axis->range().lower > 0);
  QVERIFY(axis->range().lower < 4.0 / 210);
}

void TestPlotTools::smoothing_can_be_switched_off() {
  LossPanel panel;
  show(panel);
  QVERIFY(panel.smooth_curve()->visible());
  const int before = panel.redraws();
  panel.set_smoothing(LossPanel::Smoothing::Off);
  QTRY_VERIFY(panel.redraws() > before);
  QVERIFY(!panel.smooth_curve()->visible());
}

void TestPlotTools::learning_rate_is_drawn_where_there_is_room() {
  LossPanel wide;
  show(wide, {900, 300});
  QVERIFY(wide.rate_curve()->dataCount() > 0);
  for (const QCPGraphData& point : *wide.rate_curve()->data()) QCOMPARE(point.value, 0.001);
  QCOMPARE(wide.plot()->axisRectCount(), 3);
  LossPanel narrow;
  show(narrow, {500, 300});
  QCOMPARE(narrow.plot()->axisRectCount(), 2);
}

void TestPlotTools::resources_draw_the_values_given() {
  ResourcesPanel panel;
  show(panel);
  const double expected[] = {1.5, 2, 1, 3};
  for (int i = 0; i < 4; ++i) {
    QVERIFY(panel.plot()->graph(i)->dataCount() > 20);
    for (const QCPGraphData& point : *panel.plot()->graph(i)->data())
      QVERIFY2(std::abs(point.value - expected[i]) < 0.05, qPrintable(QString::number(point.value)));
  }
  QStringList readings;
  for (const Readings::Item& item : panel.readings()->items()) readings << item.name + ' ' + item.value;
  QVERIFY2(readings.contains("GPU none found"), qPrintable(readings.join('|')));
}

/// It is over before half a second, and had its cores, its memory and its bytes all the same.
void TestPlotTools::a_short_run_has_resources_too() {
  ResourcesPanel panel;
  panel.resize(900, 500);
  panel.show();
  for (double t = 0.05; t <= 0.3; t += 0.05) panel.show_snapshot(run_at(t), run_at(0.05));
  QVERIFY(panel.shows_empty_state());
  RunResult result;
  result.first = run_at(0.05);
  result.last = run_at(0.3);
  panel.end_run(result);
  QVERIFY(!panel.shows_empty_state());
  const double expected[] = {1.5, 2, 1, 3};
  for (int i = 0; i < 4; ++i) {
    QTRY_COMPARE(panel.plot()->graph(i)->dataCount(), 2);
    for (const QCPGraphData& point : *panel.plot()->graph(i)->data())
      QVERIFY2(std::abs(point.value - expected[i]) < 0.05, qPrintable(QString::number(point.value)));
  }
  QStringList names;
  for (const Readings::Item& item : panel.readings()->items()) names << item.name;
  QVERIFY2(names.contains("RAM") && names.contains("disk"), qPrintable(names.join('|')));
  panel.reset();
  result.first = result.last;  // nothing was measured
  panel.end_run(result);
  QVERIFY(panel.shows_empty_state());
}

/// Bytes and time, predicted and measured.
void TestPlotTools::resources_tell_what_saves_memory() {
  ResourcesPanel panel;
  panel.resize(900, 500);
  panel.show();
  const auto recomputing = [](double t) {
    Snapshot now = run_at(t);
    now.memory = {.predicted = std::uint64_t{3} << 30U,
                  .tensors = std::uint64_t{2} << 30U,
                  .recompute_saves = std::uint64_t{1} << 30U,
                  .recompute_share = 0.5};
    now.trainer.times[Phase::Forward] = from_seconds(0.2 * t);
    now.trainer.recomputed = now.trainer.times[Phase::Forward];
    return now;
  };
  for (double t = 0; t <= 5; t += 0.05) panel.show_snapshot(recomputing(t), recomputing(std::max(0.0, t - 1)));
  const auto told = [&panel] {
    QStringList readings;
    for (const Readings::Item& item : panel.readings()->items()) readings << item.name + ' ' + item.value;
    return readings;
  };
  QTRY_VERIFY(told().contains("tensors 2.0 GiB, predicted 3.0 GiB"));
  const QStringList costs = told().filter("recompute saves 1.0 GiB, takes ");
  QVERIFY2(costs.size() == 1, qPrintable(told().join('|')));
  // Half of the forward passes were predicted to be done again, and all were.
  const QList<QString> words = costs.front().split(' ');
  const double taken = words[5].toDouble();
  QVERIFY2(std::abs(taken - 20) < 0.5 && std::abs(words.last().toDouble() - 10) < 0.5, qPrintable(costs.front()));
}

void TestPlotTools::resources_show_gpus_where_there_are_some() {
  ResourcesPanel panel;
  panel.resize(900, 500);
  panel.show();
  const int before = panel.redraws();
  for (double t = 0; t <= 5; t += 0.05) {
    Snapshot now = run_at(t);
    now.process.gpus = {{.name = "A", .utilisation = 0.75, .memory_used = std::uint64_t{2} << 30U},
                        {.name = "B", .utilisation = 0.5, .memory_used = std::uint64_t{4} << 30U}};
    panel.show_snapshot(now, now);
  }
  QTRY_VERIFY(panel.redraws() > before);
  QCOMPARE(panel.cells(), std::size_t{5});
  QCOMPARE(panel.cells_shown(), std::size_t{5});
  const double expected[] = {75, 2, 50, 4};
  for (int i = 0; i < 4; ++i) QCOMPARE(panel.plot()->graph(4 + i)->data()->at(2)->value, expected[i]);
}

void TestPlotTools::queue_levels_are_means_of_their_window() {
  LevelsPanel panel;
  panel.resize(700, 300);
  panel.show();
  const int before = panel.redraws();
  for (int i = 0; i < 100; ++i) {
    Snapshot now = run_at(0.05 * i);
    now.stages.push_back(now.stages.front());
    now.stages.push_back(now.stages.front());
    now.stages[0].queue.fill = i % 2 == 0 ? 1 : 0.5;
    now.stages[1].segment = now.stages[2].segment = 1;
    now.stages[1].node = "decode";
    now.stages[2].node = "batch";
    now.stages[1].queue.fill = now.stages[2].queue.fill = 0.25;
    for (StageSample& stage : now.stages) stage.queue.capacity = 4;
    now.stages[0].queue.waiting = i % 2 == 0 ? 4 : 2;
    now.stages[1].queue.waiting = now.stages[2].queue.waiting = 1;
    panel.show_snapshot(now, now);
  }
  QTRY_VERIFY(panel.redraws() > before);
  QCOMPARE(panel.plot()->graphCount(), 2);  // nodes of one segment share a queue
  QCOMPARE(panel.plot()->graph(0)->name(), QString("behind source"));
  QCOMPARE(panel.plot()->graph(1)->name(), QString("batches ready"));
  for (const QCPGraphData& point : *panel.plot()->graph(0)->data()) QVERIFY(point.value > 60 && point.value < 90);
  for (const QCPGraphData& point : *panel.plot()->graph(1)->data()) QCOMPARE(point.value, 25.0);
  QCOMPARE(panel.readings()->items()[1].value, QString("1.0 of 4"));
  QVERIFY2(panel.readings()->items()[0].value.endsWith(" of 4"), qPrintable(panel.readings()->items()[0].value));
  panel.reset();
  QCOMPARE(panel.plot()->graphCount(), 0);
}

void TestPlotTools::cells_go_where_room_is_short() {
  ThroughputPanel panel;
  show(panel, {400, 420});
  QCOMPARE(panel.cells_shown(), std::size_t{3});
  QCOMPARE(panel.plot()->plotLayout()->rowCount(), 3);
  panel.resize(400, 150);
  QTRY_COMPARE(panel.cells_shown(), std::size_t{1});
  panel.resize(1100, 150);
  QTRY_COMPARE(panel.cells_shown(), std::size_t{3});
  QCOMPARE(panel.plot()->plotLayout()->columnCount(), 3);
}

void TestPlotTools::workers_have_rows_of_their_own() {
  const auto rows = worker_shares(run_at(4), run_at(5));
  QCOMPARE(rows.size(), std::size_t{2});
  QCOMPARE(rows[0].name, QString("source 1"));
  QCOMPARE(rows[0].busy, 0.5);
  QCOMPARE(rows[0].starved, 0.5);
  QCOMPARE(rows[0].per_second, 50.0);
  QCOMPARE(rows[1].busy, 0.25);
  QCOMPARE(rows[1].blocked, 0.5);
  StagesPanel panel;
  panel.show_snapshot(run_at(5), run_at(4));
  QCOMPARE(panel.rows().size(), std::size_t{1});
  panel.show_workers(true);
  QCOMPARE(panel.rows().size(), std::size_t{2});
  QVERIFY(panel.exported().csv().contains("source 2,0.25,0,0.5,50"));
}

void TestPlotTools::a_million_steps_keep_the_curves_bounded() {
  ThroughputPanel panel;
  panel.resize(600, 300);
  panel.show();
  Snapshot now = run_at(0);
  for (std::uint64_t step = 0; step < 1'000'000; step += 20) {  // two days at 5 steps per second, a snapshot every 4 s
    now.at += from_seconds(4);
    now.trainer.steps = step;
    now.trainer.stepped = now.at - now.started;
    now.trainer.samples = step * 64;
    panel.show_snapshot(now, now);
  }
  const int before = panel.redraws();
  QTRY_VERIFY(panel.redraws() > before);
  QVERIFY2(panel.plot()->graph(0)->dataCount() <= 2049,
           qPrintable(QString::number(panel.plot()->graph(0)->dataCount())));
  QVERIFY(std::abs(panel.plot()->graph(0)->data()->at(10)->value - 320) < 1);
}

FEEDLINE_WINDOW_TEST(TestPlotTools)

}  // namespace feedline::gui::test_plot_tools

#include "test_plot_tools.moc"
