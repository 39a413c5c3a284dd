// SPDX-License-Identifier: GPL-3.0-or-later
// Mostly waits: for the next picture of a plot.
// Runs beside others: the slower the machine, the less is drawn.
#include "gui/app/run_bar.h"
#include "gui/base/in_view.h"
#include "gui/base/pace.h"
#include "gui/base/theme.h"
#include "gui/models/text.h"
#include "gui/plots/loss_panel.h"
#include "gui/plots/ranks_panel.h"
#include "gui/plots/stages_panel.h"
#include "gui/plots/step_panel.h"
#include "gui/plots/throughput_panel.h"
#include "support/behind_tab.h"
#include "support/results.h"
#include "support/test_program.h"

#include <QElapsedTimer>
#include <QTest>
#include <qcustomplot.h>

#include <cmath>
#include <limits>

namespace feedline::gui::test_plots {

namespace {

constexpr Nanos kStart = 1'000'000'000;

StageSample stage(const char* node, std::size_t workers, double busy, double starved, double blocked,
                  std::uint64_t records) {
  StageSample sample;
  sample.node = node;
  sample.workers = workers;
  sample.total = {.records = records,
                  .cpu = from_seconds(busy),
                  .busy = from_seconds(busy),
                  .starved = from_seconds(starved),
                  .blocked = from_seconds(blocked)};
  return sample;
}

/// A run at `t` seconds: 1000 samples and 10 steps per second; decode works 1.2 worker-seconds a second on two workers.
Snapshot run_at(double t) {
  Snapshot s;
  s.started = kStart;
  s.at = kStart + from_seconds(t);
  const auto records = static_cast<std::uint64_t>(std::llround(t * 1000));
  s.stages = {stage("source", 1, 0.2 * t, 0, 0.5 * t, records), stage("decode", 2, 1.2 * t, 0.4 * t, 0, records)};
  s.trainer.steps = static_cast<std::uint64_t>(std::llround(t * 10));
  s.trainer.samples = 100 * s.trainer.steps;
  s.trainer.stepped = from_seconds(0.1 * static_cast<double>(s.trainer.steps));
  s.trainer.total_steps = 400;
  s.trainer.epoch = 1;
  s.trainer.epochs = 4;
  s.trainer.metrics = {test::accuracy_of(kTrainSplit, 0.5)};
  s.trainer.times = test::times_of({{Phase::Wait, from_seconds(0.25 * t)},
                                    {Phase::HostToDevice, from_seconds(0.05 * t)},
                                    {Phase::Forward, from_seconds(0.2 * t)},
                                    {Phase::Backward, from_seconds(0.4 * t)},
                                    {Phase::Optimizer, from_seconds(0.08 * t)},
                                    {Phase::Other, from_seconds(0.02 * t)}});
  for (std::uint64_t step = 1; step <= s.trainer.steps; ++step) {
    s.loss_curve.push_back({static_cast<double>(step), 2.0 / static_cast<double>(step)});
  }
  return s;
}

template <class Panel>
void feed(Panel& panel, double from, double to) {
  for (double t = from; t <= to; t += 0.05) panel.show_snapshot(run_at(t), run_at(std::max(0.0, t - 1)));
}

void show(QWidget& panel) {
  panel.resize(520, 300);
  panel.show();
  QVERIFY(QTest::qWaitForWindowExposed(&panel));
}

/// Until what was fed has been drawn.
void wait_for_redraw(const PlotPanel& panel, int before) { QTRY_VERIFY(panel.redraws() > before); }

}  // namespace

class TestPlots : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() { Theme::instance().set_mode(Theme::Mode::Light); }
  void every_panel_starts_and_resets_empty();
  void stage_shares_are_of_the_workers_time();
  void stages_draws_the_shares();
  void stages_without_history_takes_the_totals();
  void throughput_draws_the_rate();
  void throughput_ends_with_the_rate_of_the_whole_run();
  void throughput_leaves_a_gap_for_validation();
  void throughput_shows_epochs_of_one_window();
  void loss_draws_the_points_given();
  void numbers_of_a_narrow_axis_stand_apart();
  void loss_leaves_out_what_has_no_meaning();
  void epochs_before_a_resume_stand_where_they_ended();
  void metrics_are_picked_by_their_unit();
  void smoothing_keeps_a_constant();
  void step_shows_shares_and_milliseconds();
  void step_keeps_its_last_second_while_nothing_steps();
  void stages_and_step_show_the_moment_of_the_cursor();
  void ranks_mark_the_slow_one();
  void the_pace_keeps_to_its_share();
  void hidden_panels_draw_nothing();
  void a_panel_behind_a_tab_draws_nothing();
  void drawing_is_bounded_however_fast_the_feed();
  void themes_recolour();
  void run_bar_tells_progress();
  void run_bar_tells_the_end_data();
  void run_bar_tells_the_end();
  void clock_text_reads_like_a_clock_data();
  void clock_text_reads_like_a_clock();
};

void TestPlots::every_panel_starts_and_resets_empty() {
  ThroughputPanel throughput;
  StagesPanel stages;
  LossPanel loss;
  StepPanel step;
  const auto check = [&](bool empty) {
    QCOMPARE(throughput.shows_empty_state(), empty);
    QCOMPARE(stages.shows_empty_state(), empty);
    QCOMPARE(loss.shows_empty_state(), empty);
    QCOMPARE(step.shows_empty_state(), empty);
  };
  check(true);
  for (double t = 0; t < 2; t += 0.05) {
    const Snapshot now = run_at(t);
    const Snapshot earlier = run_at(std::max(0.0, t - 1));
    throughput.show_snapshot(now, earlier);
    stages.show_snapshot(now, earlier);
    loss.show_snapshot(now, earlier);
    step.show_snapshot(now, earlier);
  }
  check(false);
  throughput.reset();
  stages.reset();
  loss.reset();
  step.reset();
  check(true);
}

void TestPlots::stage_shares_are_of_the_workers_time() {
  const auto rows = stage_shares(run_at(4), run_at(5), "decode");
  QCOMPARE(rows.size(), std::size_t{3});
  QCOMPARE(rows[0].name, QString("source"));
  QCOMPARE(rows[0].busy, 0.2);
  QCOMPARE(rows[0].blocked, 0.5);
  QCOMPARE(rows[0].per_second, 1000.0);
  QVERIFY(!rows[0].bottleneck);
  QCOMPARE(rows[1].busy, 0.6);  // 1.2 worker-seconds of two
  QCOMPARE(rows[1].starved, 0.2);
  QVERIFY(rows[1].bottleneck);
  for (const StageShare& row : stage_shares(run_at(4), run_at(5))) QVERIFY(!row.bottleneck);  // without a verdict
  QVERIFY(rows[2].trainer);
  QCOMPARE(rows[2].busy, 0.75);
  QCOMPARE(rows[2].starved, 0.25);
  QCOMPARE(rows[2].per_second, 10.0);
  for (const StageShare& row : rows) QVERIFY(row.busy + row.starved + row.blocked <= 1.0 + 1e-12);

  // A network in two stages: the second waits for the first.
  const auto cut = [](double t) {
    Snapshot now = run_at(t);
    now.trainer.stages.resize(2);
    now.trainer.stages[0] = {.forward = from_seconds(0.3 * t), .backward = from_seconds(0.6 * t)};
    now.trainer.stages[0].layers = {{.node = "conv1"}};
    now.trainer.stages[1] = {.forward = from_seconds(0.1 * t), .idle = from_seconds(0.7 * t)};
    return now;
  };
  const auto all = stage_shares(cut(4), cut(5), "conv1");
  QCOMPARE(all.size(), std::size_t{5});
  QCOMPARE(all[3].name, QString("stage 1: conv1"));
  QVERIFY(std::abs(all[3].busy - 0.9) < 1e-6 && all[3].bottleneck && all[3].starved < 1e-6);
  QCOMPARE(all[4].name, QString("stage 2"));
  QVERIFY(std::abs(all[4].busy - 0.1) < 1e-6 && std::abs(all[4].starved - 0.7) < 1e-6 && !all[4].bottleneck);
}

void TestPlots::stages_draws_the_shares() {
  StagesPanel panel;
  show(panel);
  const int before = panel.redraws();
  panel.show_snapshot(run_at(5), run_at(4));
  wait_for_redraw(panel, before);
  QCOMPARE(panel.plot()->plottableCount(), 3);
  const double expected[3][3] = {{0.2, 0.6, 0.75}, {0.0, 0.2, 0.25}, {0.5, 0.0, 0.0}};
  for (int part = 0; part < 3; ++part) {
    const auto* bars = qobject_cast<QCPBars*>(panel.plot()->plottable(part));
    QVERIFY(bars != nullptr);
    QCOMPARE(bars->data()->size(), 3);
    for (int row = 0; row < 3; ++row) QCOMPARE(bars->data()->at(row)->value, expected[part][row]);
  }
  // What the verdict names is marked in words; without one, nothing is.
  const auto texts = [&panel] {
    QStringList all;
    for (int i = 0; i < panel.plot()->itemCount(); ++i) {
      const auto* text = qobject_cast<QCPItemText*>(panel.plot()->item(i));
      if (text != nullptr && text->visible()) all << text->text();
    }
    return all;
  };
  QCOMPARE(texts().filter("bottleneck").size(), 0);
  QVERIFY(texts().filter("busy 60 %").size() == 1);
  const int unmarked = panel.redraws();
  panel.show_bottleneck(kTrainerRow);
  wait_for_redraw(panel, unmarked);
  QCOMPARE(texts().filter("bottleneck").size(), 1);
  QVERIFY(panel.rows()[2].bottleneck);
}

void TestPlots::stages_without_history_takes_the_totals() {
  Snapshot first = run_at(0);
  first.stages.clear();
  const auto rows = stage_shares(first, run_at(1));
  QCOMPARE(rows[0].per_second, 1000.0);
}

void TestPlots::throughput_draws_the_rate() {
  ThroughputPanel panel;
  show(panel);
  const int before = panel.redraws();
  feed(panel, 0, 10);
  wait_for_redraw(panel, before);
  const auto data = panel.plot()->graph(0)->data();
  QVERIFY(data->size() >= 15);
  for (const QCPGraphData& point : *data)
    QVERIFY2(std::abs(point.value - 1000) < 25, qPrintable(QString::number(point.value)));
  QCOMPARE(panel.plot()->yAxis->label(), QString("samples/s"));
  QVERIFY(panel.readings()->items()[0].value.contains("samples/s"));
}

/// The last window is not cut off at the end, nor is the run before it.
void TestPlots::throughput_ends_with_the_rate_of_the_whole_run() {
  ThroughputPanel panel;
  show(panel);
  feed(panel, 0, 5);
  Snapshot last = run_at(5);
  last.at += from_seconds(0.1);
  last.trainer.steps += 9;
  last.trainer.samples += 900;
  last.trainer.stepped += from_seconds(0.1);
  panel.show_snapshot(last, run_at(4));
  panel.show_end(last);
  const QString rate = short_number(training_rate({}, last.trainer)) + " samples/s";
  QVERIFY(rate != short_number(training_rate({}, run_at(5).trainer)) + " samples/s");
  const auto told = [&panel] {
    QStringList all;
    for (const Readings::Item& item : panel.readings()->items()) all << item.value;
    return all;
  };
  QTRY_COMPARE(told(), QStringList{rate});

  // A run that was over before a window was.
  ThroughputPanel brief;
  show(brief);
  brief.show_snapshot(run_at(0.3), run_at(0));
  QVERIFY(brief.shows_empty_state());
  brief.show_end(run_at(0.3));
  QVERIFY(!brief.shows_empty_state());
  QTRY_COMPARE(brief.readings()->items().size(), std::size_t{1});
  QCOMPARE(brief.readings()->items().front().value, QString("1,000 samples/s"));
}

void TestPlots::throughput_leaves_a_gap_for_validation() {
  ThroughputPanel panel;
  show(panel);
  feed(panel, 0, 3);
  const int before = panel.redraws();
  Snapshot validating = run_at(3);
  validating.trainer.validating = true;
  for (double t = 3; t < 5; t += 0.05) {
    validating.at = kStart + from_seconds(t);
    panel.show_snapshot(validating, validating);
  }
  for (double t = 5; t < 8; t += 0.05) {
    Snapshot now = run_at(t - 2);
    now.at = kStart + from_seconds(t);
    panel.show_snapshot(now, now);
  }
  wait_for_redraw(panel, before);
  int gaps = 0;
  for (const QCPGraphData& point : *panel.plot()->graph(0)->data()) {
    gaps += std::isnan(point.value) ? 1 : 0;
    if (!std::isnan(point.value)) QVERIFY2(point.value > 900, "validation was taken for a slump of training");
  }
  QCOMPARE(gaps, 1);
}

/// A validation that is shorter than a window leaves no gap: rates are of training alone anyway.
void TestPlots::throughput_shows_epochs_of_one_window() {
  ThroughputPanel panel;
  show(panel);
  const int before = panel.redraws();
  for (int epoch = 0; epoch < 3; ++epoch)
    for (double t = epoch; t < epoch + 1; t += 0.05) {
      Snapshot now = run_at(t);
      now.trainer.validating = t > epoch + 0.75;
      panel.show_snapshot(now, now);
    }
  wait_for_redraw(panel, before);
  int lines = 0;
  int points = 0;
  for (const QCPGraphData& point : *panel.plot()->graph(0)->data()) {
    points = std::isnan(point.value) ? 0 : points + 1;
    lines += points == 2 ? 1 : 0;
  }
  QCOMPARE(lines, 1);
  QVERIFY(points >= 4);
}

void TestPlots::loss_draws_the_points_given() {
  LossPanel panel;
  show(panel);
  feed(panel, 0, 3);
  const int before = panel.redraws();
  EpochResult epoch{.epoch = 1, .metrics = test::classified(1.5, 0.4, 1.25, 0.5)};
  panel.add_epoch(epoch);
  epoch = {.epoch = 2, .metrics = test::classified(1.0, 0.6, 0.75, 0.7)};
  panel.add_epoch(epoch);
  wait_for_redraw(panel, before);
  const auto at = [](QCPGraph* graph, int i) {
    return std::pair(graph->data()->at(i)->key, graph->data()->at(i)->value);
  };
  // 400 steps in 4 epochs: the first ends at step 100, whatever the newest snapshot says.
  QCOMPARE(at(panel.train_loss_points(), 0), std::pair(100.0, 1.5));
  QCOMPARE(at(panel.train_loss_points(), 1), std::pair(200.0, 1.0));
  QCOMPARE(at(panel.validation_loss_points(), 1), std::pair(200.0, 0.75));
  QCOMPARE(at(panel.metrics().points("accuracy", kTrainSplit), 0), std::pair(100.0, 40.0));
  QCOMPARE(at(panel.metrics().points("accuracy", kValSplit), 1), std::pair(200.0, 70.0));
  const auto curve = panel.loss_curve()->data();
  QCOMPARE(curve->size(), 30);
  QCOMPARE(curve->at(9)->value, 0.2);
}

void TestPlots::numbers_of_a_narrow_axis_stand_apart() {
  LossPanel panel;
  panel.resize(424, 300);  // a third of a window of 1280
  panel.show();
  QVERIFY(QTest::qWaitForWindowExposed(&panel));
  for (const double t : {5.0, 12.0, 24.0, 33.0, 37.0, 59.0}) {
    const int before = panel.redraws();
    panel.show_snapshot(run_at(t), run_at(t - 1));
    wait_for_redraw(panel, before);
    panel.plot()->replot();
    for (const QCPAxisRect* rect : panel.plot()->axisRects()) {
      const QCPAxis* axis = rect->axis(QCPAxis::atBottom);
      const QFontMetrics metrics(axis->tickLabelFont());
      const QVector<double> ticks = axis->tickVector();
      const QVector<QString> labels = axis->tickVectorLabels();
      for (qsizetype i = 1; i < ticks.size(); ++i) {
        const double apart = axis->coordToPixel(ticks[i]) - axis->coordToPixel(ticks[i - 1]);
        const int needed = (metrics.horizontalAdvance(labels[i]) + metrics.horizontalAdvance(labels[i - 1])) / 2;
        QVERIFY2(apart >= needed + 4, qPrintable(labels.join(' ')));
      }
    }
  }
}

void TestPlots::loss_leaves_out_what_has_no_meaning() {
  LossPanel panel;
  show(panel);
  const int before = panel.redraws();
  panel.add_epoch({.epoch = 1, .metrics = test::classified(3)});
  wait_for_redraw(panel, before);
  QCOMPARE(panel.train_loss_points()->data()->size(), 1);
  QCOMPARE(panel.validation_loss_points()->data()->size(), 0);
  QVERIFY(panel.metrics().points("accuracy", kTrainSplit) == nullptr);
  QVERIFY(std::isfinite(panel.plot()->axisRect(1)->axis(QCPAxis::atLeft)->range().lower));
}

/// They are told before the first numbers of the run that goes on, and by those not all are known.
void TestPlots::epochs_before_a_resume_stand_where_they_ended() {
  LossPanel panel;
  show(panel);
  const int before = panel.redraws();
  for (const std::uint32_t epoch : {1U, 2U})
    panel.add_epoch({.epoch = epoch, .metrics = test::classified(3, 0.5), .step = 40 * std::uint64_t{epoch}});
  wait_for_redraw(panel, before);
  const auto points = panel.train_loss_points()->data();
  QCOMPARE(points->size(), 2);
  QCOMPARE(points->at(0)->key, 40.0);
  QCOMPARE(points->at(1)->key, 80.0);
  const auto accuracy = panel.metrics().points("accuracy", kTrainSplit)->data();
  QCOMPARE(accuracy->at(1)->key, 80.0);
}

/// The pane takes what there is, in the unit of the first; what is written otherwise stands in the readings alone.
void TestPlots::metrics_are_picked_by_their_unit() {
  LossPanel panel;
  show(panel);
  int before = panel.redraws();
  Metrics metrics = test::classified(1.5, 0.4, 1.25, 0.5);
  metrics.push_back({.name = "recall", .split = "val", .value = 0.25, .unit = "share"});
  metrics.push_back({.name = "R2", .split = "val", .value = 0.875, .unit = "score"});
  panel.add_epoch({.epoch = 1, .metrics = metrics});
  wait_for_redraw(panel, before);
  QCPGraph* recall = panel.metrics().points("recall", kValSplit);
  QVERIFY(recall != nullptr && panel.metrics().points("R2", kValSplit) == nullptr);
  QCOMPARE(recall->data()->at(0)->value, 25.0);
  QCOMPARE(recall->valueAxis()->label(), QString("metrics (%)"));
  QVERIFY(recall->valueAxis()->range().contains(25.0));
  QVERIFY(recall->pen().style() != panel.metrics().points("accuracy", kValSplit)->pen().style());

  panel.reset();
  before = panel.redraws();
  panel.add_epoch({.epoch = 1, .metrics = {loss_metric(kValSplit, 2), metrics.back()}});
  wait_for_redraw(panel, before);
  QVERIFY(panel.metrics().points("recall", kValSplit) == nullptr);
  QCPGraph* score = panel.metrics().points("R2", kValSplit);
  QCOMPARE(score->data()->at(0)->value, 0.875);
  QCOMPARE(score->valueAxis()->label(), QString("R2"));
  QVERIFY(score->valueAxis()->range().contains(0.875) && !score->valueAxis()->range().contains(50.0));
}

void TestPlots::smoothing_keeps_a_constant() {
  std::vector<Point> points;
  for (int i = 0; i < 100; ++i) points.push_back({static_cast<double>(i), 3.0});
  points[7].y = std::numeric_limits<double>::quiet_NaN();
  const auto smooth = smoothed(points);
  QCOMPARE(smooth.size(), std::size_t{99});
  for (const Point& point : smooth) QCOMPARE(point.y, 3.0);
}

void TestPlots::step_shows_shares_and_milliseconds() {
  StepPanel panel;
  panel.show_snapshot(run_at(6), run_at(5));
  const double expected[kStepPhaseCount] = {0.25, 0.05, 0.2, 0.4, 0, 0.08, 0, 0, 0, 0, 0.02};
  for (std::size_t i = 0; i < kStepPhaseCount; ++i) QVERIFY(std::abs(panel.shares().parts[i] - expected[i]) < 1e-6);
  QVERIFY(std::abs(panel.milliseconds(Phase::Backward) - 40) < 1e-6);  // 0.4 s over ten steps
}

void TestPlots::step_keeps_its_last_second_while_nothing_steps() {
  StepPanel panel;
  panel.show_snapshot(run_at(6), run_at(5));
  Snapshot resting = run_at(6);
  resting.at += from_seconds(3);
  panel.show_snapshot(resting, run_at(6));
  QVERIFY(!panel.shows_empty_state());
  QVERIFY(std::abs(panel.shares()[Phase::Backward] - 0.4) < 1e-6);
}

/// Three ranks of 0.1 s a step, the last of which waits for its batches; alone, the panel says why it is empty.
void TestPlots::ranks_mark_the_slow_one() {
  RanksPanel panel;
  show(panel);
  panel.show_snapshot(run_at(6), run_at(5));
  QVERIFY(panel.shows_empty_state() && panel.empty_state().text().contains("alone"));
  const auto with_ranks = [](double t) {
    Snapshot now = run_at(t);
    for (int i = 0; i < 3; ++i) {
      RankSample& rank = now.ranks.emplace_back();
      rank.rank = i;
      rank.host = "node" + std::to_string(i);
      rank.steps = now.trainer.steps;
      rank.times = test::times_of({{Phase::Wait, from_seconds((i == 2 ? 0.5 : 0.1) * t)},
                                   {Phase::Forward, from_seconds(0.4 * t)},
                                   {Phase::Reduce, from_seconds((i == 2 ? 0.1 : 0.5) * t)}});
    }
    return now;
  };
  panel.show_snapshot(with_ranks(6), with_ranks(5));
  QVERIFY(!panel.shows_empty_state());
  QCOMPARE(panel.ranks().size(), std::size_t{3});
  QVERIFY(std::abs(panel.ranks()[2].share(Phase::Wait) - 0.5) < 1e-6);
  QVERIFY2(panel.headline().startsWith("Rank 2 holds the others up (loader)"), qPrintable(panel.headline()));
  QVERIFY2(panel.headline().contains("40"), qPrintable(panel.headline()));
  Snapshot known = with_ranks(8);
  known.ranks[2].slowest_stage = "decode";
  panel.show_snapshot(known, with_ranks(7));
  QVERIFY2(panel.headline().startsWith("Rank 2's stage decode holds the others up"), qPrintable(panel.headline()));
  QCOMPARE(panel.exported().csv().count('\n'), 4);
  const QColor busy = Theme::instance().colors().busy;
  const QImage picture = panel.grab().toImage();
  int drawn = 0;
  for (int y = 0; y < picture.height(); ++y)
    for (int x = 0; x < picture.width(); ++x) drawn += picture.pixelColor(x, y) == busy ? 1 : 0;
  QVERIFY(drawn > 300);
  panel.begin_run({}, false);
  QVERIFY(panel.shows_empty_state() && !panel.empty_state().text().contains("alone"));
}

/// Of a time when decode did nothing; without the cursor, the last second again.
void TestPlots::stages_and_step_show_the_moment_of_the_cursor() {
  StagesPanel stages;
  StepPanel step;
  feed(stages, 4, 5);
  feed(step, 4, 5);
  const double busy = stages.rows()[1].busy;
  const double backward = step.milliseconds(Phase::Backward);
  Moment other{.earlier = run_at(2), .now = run_at(3)};
  other.now.stages[1].total = other.earlier.stages[1].total;
  other.now.trainer.times[Phase::Backward] = other.earlier.trainer.times[Phase::Backward];
  stages.show_moment(other);
  step.show_moment(other);
  QCOMPARE(stages.rows()[1].busy, 0.0);
  QCOMPARE(step.milliseconds(Phase::Backward), 0.0);
  feed(stages, 5, 6);  // the run goes on: what the cursor shows stays
  feed(step, 5, 6);
  QCOMPARE(stages.rows()[1].busy, 0.0);
  QCOMPARE(step.milliseconds(Phase::Backward), 0.0);
  stages.show_moment(std::nullopt);
  step.show_moment(std::nullopt);
  QVERIFY(std::abs(stages.rows()[1].busy - busy) < 1e-6);
  QVERIFY(std::abs(step.milliseconds(Phase::Backward) - backward) < 1e-6);
}

void TestPlots::the_pace_keeps_to_its_share() {
  Pace pace;
  QCOMPARE(pace.interval_ms(), Pace::kShortestMs);
  pace.judge(0.5 * Pace::kShare, 1);
  QCOMPARE(pace.interval_ms(), Pace::kShortestMs);  // never faster than can be read
  // A view that costs three times its share at the shortest interval, and in proportion less at longer ones.
  const auto cost = [&pace] { return 3 * Pace::kShare * Pace::kShortestMs / pace.interval_ms(); };
  for (int look = 0; look < 20; ++look) pace.judge(cost(), 1);
  QVERIFY2(cost() <= 1.1 * Pace::kShare, qPrintable(QString::number(pace.interval_ms())));
  for (int look = 0; look < 20; ++look) pace.judge(0.1 * Pace::kShare, 1);
  QCOMPARE(pace.interval_ms(), Pace::kShortestMs);
  for (int look = 0; look < 20; ++look) pace.judge(1, 1);
  QCOMPARE(pace.interval_ms(), Pace::kLongestMs);
}

void TestPlots::a_panel_behind_a_tab_draws_nothing() {
  auto* panel = new ThroughputPanel;
  test::BehindTab tabs(panel);
  tabs.front->raise();
  show(tabs.window);
  QTRY_VERIFY(!in_view(*panel));
  const int before = panel->redraws();
  feed(*panel, 0, 5);
  QTest::qWait(2 * Pace::kShortestMs);
  QCOMPARE(panel->redraws(), before);
  tabs.back->raise();  // it catches up without being fed
  wait_for_redraw(*panel, before);
  QVERIFY(!panel->plot()->graph(0)->data()->isEmpty());
}

void TestPlots::hidden_panels_draw_nothing() {
  StagesPanel panel;
  feed(panel, 1, 2);
  QTest::qWait(150);
  QCOMPARE(panel.redraws(), 0);
  show(panel);
  QTRY_VERIFY(panel.redraws() > 0);  // and what it missed is there once it is seen
  QCOMPARE(qobject_cast<QCPBars*>(panel.plot()->plottable(0))->data()->size(), 3);
}

void TestPlots::drawing_is_bounded_however_fast_the_feed() {
  StagesPanel panel;
  show(panel);
  QElapsedTimer clock;
  clock.start();
  const int before = panel.redraws();
  for (int i = 0; clock.elapsed() < 600; ++i) {
    panel.show_snapshot(run_at(1 + i * 1e-3), run_at(0));
    QCoreApplication::processEvents();
  }
  const auto allowed = static_cast<int>(clock.elapsed() / 100 + 2);
  QVERIFY2(panel.redraws() - before <= allowed, qPrintable(QString::number(panel.redraws() - before)));
}

void TestPlots::themes_recolour() {
  ThroughputPanel panel;
  show(panel);
  Theme::instance().set_mode(Theme::Mode::Dark);
  QVERIFY(Theme::instance().dark());
  QCOMPARE(panel.plot()->graph(0)->pen().color(), Theme::instance().colors().train);
  QCOMPARE(panel.plot()->xAxis->tickLabelColor(), Theme::instance().colors().muted);
  Theme::instance().set_mode(Theme::Mode::Light);
  QVERIFY(!Theme::instance().dark());
  QCOMPARE(panel.plot()->graph(0)->pen().color(), Theme::instance().colors().train);
}

void TestPlots::run_bar_tells_progress() {
  RunBar bar;
  QCOMPARE(bar.state_text(), QString("Ready"));
  bar.set_state(RunController::State::Preparing);
  bar.show_preparing("Painting pictures", 0.5);
  QCOMPARE(bar.progress_text(), QString("Painting pictures"));
  bar.set_state(RunController::State::Running);
  for (double t = 0; t <= 10.01; t += 0.25) bar.show_snapshot(run_at(t), run_at(std::max(0.0, t - 1)));
  QCOMPARE(bar.state_text(), QString("Running"));
  QCOMPARE(bar.progress_text(), QString("Epoch 1 of 4 · step 100 of 400"));
  QCOMPARE(bar.eta_text(), QString("0:30 to go"));
  // Time that passes in a pause is not counted as work.
  bar.set_state(RunController::State::Paused);
  Snapshot resting = run_at(10);
  resting.at = kStart + from_seconds(100);
  bar.show_snapshot(resting, resting);
  QCOMPARE(bar.eta_text(), QString("0:30 to go"));
}

void TestPlots::run_bar_tells_the_end_data() {
  QTest::addColumn<int>("end");
  QTest::addColumn<QString>("chip");
  QTest::addColumn<QString>("text");
  QTest::newRow("completed") << 0 << "Finished"
                             << "Finished after 1 epoch in 0:20, validation accuracy 96.5 %";
  QTest::newRow("stopped") << 1 << "Stopped"
                           << "Stopped after 1 epoch in 0:20, validation accuracy 96.5 %";
  QTest::newRow("failed") << 2 << "Failed"
                          << "Failed: ";
}

void TestPlots::run_bar_tells_the_end() {
  QFETCH(int, end);
  QFETCH(QString, chip);
  QFETCH(QString, text);
  RunResult result;
  result.end = static_cast<RunResult::End>(end);
  result.epochs.push_back({.epoch = 1, .metrics = test::classified(0.2, 0.9, 0.3, 0.965)});
  result.last = run_at(20);
  if (end == 2) result.failure = Error{.reason = "the loss is not a number", .node = "trainer"};
  RunBar bar;
  bar.set_state(RunController::State::Preparing);
  bar.set_state(RunController::State::Idle);
  bar.show_end(result);
  QCOMPARE(bar.state_text(), chip);
  QVERIFY2(end_text(result).startsWith(text), qPrintable(end_text(result)));
  if (end == 2) QVERIFY(end_text(result).contains("trainer"));
  if (end == 0) {  // early stopping went back: what is told is what these weights are worth
    result.epochs.push_back({.epoch = 2, .metrics = test::classified(0.1, 0.95, 0.4, 0.9)});
    result.weights_of_epoch = 1;
    QVERIFY2(end_text(result).contains("2 epochs in 0:20, validation accuracy 96.5 % (weights of epoch 1)"),
             qPrintable(end_text(result)));
    result.epochs.pop_back();
  }
  result.earlier_wall_s = 60;  // it went on: epochs and time are of all of it
  if (end != 2) QVERIFY2(end_text(result).contains("1 epoch in 1:20"), qPrintable(end_text(result)));
}

void TestPlots::clock_text_reads_like_a_clock_data() {
  QTest::addColumn<double>("seconds");
  QTest::addColumn<QString>("text");
  QTest::newRow("zero") << 0.0 << "0:00";
  QTest::newRow("below") << -3.0 << "0:00";
  QTest::newRow("rounds") << 59.6 << "1:00";
  QTest::newRow("minutes") << 754.0 << "12:34";
  QTest::newRow("hours") << 3723.0 << "1:02:03";
}

void TestPlots::clock_text_reads_like_a_clock() {
  QFETCH(double, seconds);
  QFETCH(QString, text);
  QCOMPARE(clock_text(seconds), text);
}

FEEDLINE_WINDOW_TEST(TestPlots)

}  // namespace feedline::gui::test_plots

#include "test_plots.moc"
