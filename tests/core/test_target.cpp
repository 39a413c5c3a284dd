// SPDX-License-Identifier: GPL-3.0-or-later

// When runs first reached a value of a metric: counted in time, epochs, steps and samples, on results made by hand.

#include "recording/target_text.h"
#include "runs/target.h"
#include "support/results.h"
#include "support/test_program.h"

#include <QTest>

#include <cmath>

namespace test_target {

using namespace feedline;
using namespace feedline::test;

namespace {

/// A run of 1000 samples an epoch in batches of `batch`, each epoch `epoch_s` long, with these validation accuracies.
RunRecord run_with(std::int64_t id, double epoch_s, std::uint64_t batch, const std::vector<double>& accuracies) {
  RunRecord run;
  run.id = id;
  run.status = RunStatus::Finished;
  const double per_epoch = std::ceil(1000.0 / static_cast<double>(batch));
  for (std::size_t i = 0; i < accuracies.size(); ++i)
    run.epochs.push_back({.epoch = static_cast<std::uint32_t>(i + 1),
                          .metrics = classified(1.0 / static_cast<double>(i + 1), kUnknown, kUnknown, accuracies[i]),
                          .wall_s = epoch_s,
                          .samples = 1000});
  const auto epochs = static_cast<double>(accuracies.size());
  run.figures.steps = run.figures.total_steps = per_epoch * epochs;
  run.figures.samples = 1000 * epochs;
  run.figures.epoch = run.figures.epochs = epochs;
  return run;
}

const MetricValue kAccuracy = accuracy_of(kValSplit, 0);

}  // namespace

class TestTarget : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void targets_are_read_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("key");
    QTest::addColumn<double>("value");
    QTest::newRow("plain") << "val_accuracy=0.9"
                           << "val_accuracy" << 0.9;
    QTest::newRow("at least") << "val_accuracy>=0.9"
                              << "val_accuracy" << 0.9;
    QTest::newRow("at most") << "val_loss <= 0.25"
                             << "val_loss" << 0.25;
    QTest::newRow("per cent") << "val_macro_f1=90 %"
                              << "val_macro_f1" << 0.9;
    for (const char* wrong :
         {"val_accuracy", "=0.9", "val_accuracy=", "val_accuracy=high", "val_accuracy=0.9x", "val_accuracy=nan", ">=1"})
      QTest::newRow(wrong) << wrong << "" << 0.0;
  }
  void targets_are_read() {
    QFETCH(QString, text);
    QFETCH(QString, key);
    QFETCH(double, value);
    const auto target = parse_target(text.toStdString());
    QCOMPARE(target.has_value(), !key.isEmpty());
    if (!target) {
      QCOMPARE(target.error().parameter, std::string("--target"));
      return;
    }
    QCOMPARE(QString::fromStdString(target->key), key);
    QCOMPARE(target->value, value);
  }

  void the_first_epoch_counts() {
    const RunRecord run = run_with(1, 2.5, 64, {0.5, 0.9, 0.8, 0.95});
    const auto reached = first_reached(run, {"val_accuracy", 0.9});
    QVERIFY(reached);
    QCOMPARE(reached->epoch, 2U);
    QCOMPARE(reached->wall_s, 5.0);
    QCOMPARE(reached->samples, 2000.0);
    QCOMPARE(reached->steps, 32.0);  // 16 batches an epoch, the last of them smaller
    QCOMPARE(reached->value, 0.9);
    QVERIFY(!first_reached(run, {"val_accuracy", 0.96}));
    QVERIFY(!first_reached(run, {"val_auc", 0.1}));
    // A loss is to fall: the direction is the metric's.
    const auto loss = first_reached(run, {"train_loss", 0.5});
    QVERIFY(loss);
    QCOMPARE(loss->epoch, 2U);
    QVERIFY(!first_reached(run, {"train_loss", 0.2}));
  }

  /// --max-steps cut the run short: the planned number of steps is no multiple of an epoch's.
  void steps_of_a_run_that_was_cut_short() {
    RunRecord run = run_with(1, 1, 100, {0.5, 0.6});
    run.epochs.back().samples = 300;
    run.figures.steps = run.figures.total_steps = 13;
    run.figures.samples = 1300;
    run.figures.epochs = 5;
    const std::vector<EpochEnd> ends = epoch_ends(run);
    QCOMPARE(ends.size(), std::size_t{2});
    QCOMPARE(ends[0].steps, 10.0);
    QCOMPARE(ends[1].steps, 13.0);
    QCOMPARE(ends[1].samples, 1300.0);
  }

  void runs_without_figures_have_no_steps() {
    RunRecord run = run_with(1, 1, 100, {0.5});
    run.figures = {};
    QVERIFY(std::isnan(epoch_ends(run).front().steps));
    QCOMPARE(first_reached(run, {"val_accuracy", 0.5})->samples, 1000.0);
    QVERIFY(epoch_ends(RunRecord()).empty());
  }

  void what_all_reached_is_the_common_target() {
    const RunRecord better = run_with(1, 1, 100, {0.5, 0.92, 0.91});
    const RunRecord worse = run_with(2, 1, 100, {0.4, 0.85});
    const auto common = common_target({better, worse}, kAccuracy);
    QVERIFY(common);
    QCOMPARE(common->key, std::string("val_accuracy"));
    QCOMPARE(common->value, 0.85);
    QVERIFY(!common_target({better, RunRecord()}, kAccuracy));
    const std::vector<double> levels = target_levels({better, worse}, kAccuracy);
    QCOMPARE(levels, (std::vector<double>{0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.92}));
    const MetricValue loss = loss_metric(kTrainSplit, 0);
    const std::vector<double> losses = target_levels({better}, loss);
    QVERIFY(losses.size() > 2 && losses.front() > losses.back());
    QCOMPARE(losses.back(), 1.0 / 3);
  }

  void unknown_metrics_are_named() {
    const auto kind = kind_of_target({run_with(1, 1, 100, {0.5})}, "val_auc");
    QVERIFY(!kind);
    QVERIFY(kind.error().remedy.find("val_accuracy") != std::string::npos);
    QVERIFY(kind.error().reason.find("val_auc") != std::string::npos);
    QVERIFY(!reached_table({run_with(1, 1, 100, {0.5})}, MetricTarget{"val_auc", 0.5}));
    QVERIFY(reached_table({RunRecord()})->rows.empty());
  }

  /// Half the time per epoch, twice the epochs: seen as no gain.
  void twice_as_fast_with_twice_the_epochs_is_no_gain() {
    const RunRecord before = run_with(11, 2, 100, {0.5, 0.9});
    const RunRecord after = run_with(12, 1, 100, {0.4, 0.6, 0.8, 0.9});
    const std::string text = target_sentence(before, after, {"val_accuracy", 0.9});
    QVERIFY2(text.find("in 4.0 s instead of 4.0 s") != std::string::npos, text.c_str());
    QVERIFY2(text.find("4,000 instead of 2,000 samples") != std::string::npos, text.c_str());
    QVERIFY2(text.find("no gain") != std::string::npos, text.c_str());
    const std::string sooner = target_sentence(before, run_with(13, 1, 100, {0.5, 0.9}), {"val_accuracy", 0.9});
    QVERIFY2(sooner.find("2.00 times as fast") != std::string::npos, sooner.c_str());
    QVERIFY2(sooner.find("as many samples (2,000)") != std::string::npos, sooner.c_str());
    QVERIFY2(sooner.find("no gain") == std::string::npos, sooner.c_str());
    const std::string never = target_sentence(before, run_with(14, 1, 100, {0.5, 0.7}), {"val_accuracy", 0.9});
    QVERIFY2(never.find("run 14 did not: it came to 70.0 %") != std::string::npos, never.c_str());
  }

  void curves_run_along_what_is_asked() {
    RunRecord run = run_with(1, 2, 100, {0.5, 0.9});
    run.loss = {{5, 1.0}, {15, 0.5}};
    run.series = {.columns = {"time_s", "step"}, .values = {1, 10, 3, 20}};
    for (const Along along : kAlong) QCOMPARE(along_named(name(along)), std::optional(along));
    QVERIFY(!along_named("minutes"));
    const auto last = [&](Along along) { return metric_curve(run, kAccuracy, along).back(); };
    QCOMPARE(last(Along::Time), (CurvePoint{4, 0.9}));
    QCOMPARE(last(Along::Steps), (CurvePoint{20, 0.9}));
    QCOMPARE(last(Along::Samples), (CurvePoint{2000, 0.9}));
    QCOMPARE(last(Along::Epochs), (CurvePoint{2, 0.9}));
    QCOMPARE(loss_curve(run, Along::Samples).back(), (CurvePoint{1500, 0.5}));
    QCOMPARE(loss_curve(run, Along::Epochs).back(), (CurvePoint{1.5, 0.5}));
    QCOMPARE(loss_curve(run, Along::Time), (std::vector<CurvePoint>{{0.5, 1.0}, {2, 0.5}}));
  }
};

FEEDLINE_TEST(TestTarget)

}  // namespace test_target

#include "test_target.moc"
