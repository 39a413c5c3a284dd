// SPDX-License-Identifier: GPL-3.0-or-later
// What optimiser and trainer are asked for, in whole runs: accumulation, schedules, early stopping, a rate by a test.
#include "graph/override.h"
#include "support/run_recorder.h"
#include "support/test_program.h"
#include "tuning/find_rate.h"

#include <QTemporaryDir>
#include <QTest>

#include <cmath>

namespace test_training_options {

using namespace feedline;
using namespace feedline::test;

namespace {

Document set(Document document, std::initializer_list<std::tuple<const char*, const char*, Value>> changes) {
  for (const auto& [node, param, value] : changes) document = with(std::move(document), node, param, value);
  return document;
}

Value text(const char* value) { return std::string(value); }

QString told(const RunResult& result) {
  return result.failure ? QString::fromStdString(result.failure->line()) : QString("no failure");
}

QString notices(const RunResult& result) {
  QString all;
  for (const RecordError& notice : result.notices) all += QString::fromStdString(notice.error.reason) + '\n';
  return all;
}

/// A loss that falls by `depth` between two rates and grows behind them, as such tests find it; from step to step it
/// goes up and down by `swing`.
std::vector<RateLoss> usual_curve(std::uint64_t steps, double depth = 2, double swing = 0) {
  std::vector<RateLoss> curve;
  FindRateOptions options;
  options.steps = steps;
  for (std::uint64_t i = 0; i < steps; ++i) {
    const double rate = tested_rate(options, i);
    const double fall = depth / (1 + std::exp(-2 * (std::log10(rate) + 3)));
    if (add_loss(curve, rate, 2.3 - fall + (rate > 0.1 ? 30 * (rate - 0.1) : 0) + (i % 2 == 0 ? swing : -swing))) break;
  }
  return curve;
}

}  // namespace

class TestTrainingOptions : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void accumulated_batches_train_like_a_large_one();
  void rates_follow_the_schedule();
  void a_plateau_lowers_the_rate();
  void the_run_ends_when_it_no_longer_improves();
  void an_average_changes_validation_alone();
  void refuses_data();
  void refuses();
  void a_curve_proposes_a_rate();
  void an_unsure_proposal_says_so();
  void finds_a_rate();

 private:
  [[nodiscard]] Document plain() const {
    return set(document_, {{"dropout", "probability", 0.0}, {"trainer", "replicas", std::int64_t{1}}});
  }
  QTemporaryDir folder_;
  Document document_ = small_network(folder_.path());
};

/// 240 records are eight batches of 32 (the last has 16), or three of 96.
void TestTrainingOptions::accumulated_batches_train_like_a_large_one() {
  RecordedRun parts(set(plain(), {{"trainer", "accumulate", std::int64_t{3}}}));
  RecordedRun whole(set(plain(), {{"batch", "size", std::int64_t{96}}}));
  RecordedRun small(plain());
  const RunResult& found = parts.result();
  QVERIFY2(found.end == RunResult::End::Completed, qPrintable(told(found)));
  QCOMPARE(found.last.trainer.steps, std::uint64_t{24});  // batches
  for (std::size_t i = 0; i < 3; ++i)
    for (const auto split : {kTrainSplit, kValSplit}) {
      const double difference = found.epochs[i].loss(split) - whole.result().epochs[i].loss(split);
      QVERIFY2(std::abs(difference) < 1e-4, QByteArray::number(difference));
    }
  QVERIFY(std::abs(small.result().epochs[2].loss(kTrainSplit) - found.epochs[2].loss(kTrainSplit)) > 1e-3);
}

void TestTrainingOptions::rates_follow_the_schedule() {
  RecordedRun run(set(plain(), {{"adam", "schedule", text("polynomial")},
                                {"adam", "final_factor", 0.1},
                                {"adam", "learning_rate", 0.01},
                                {"trainer", "accumulate", std::int64_t{3}}}));
  const RunResult& result = run.result();
  QVERIFY2(result.end == RunResult::End::Completed, qPrintable(told(result)));
  // Nine steps; the third, sixth and ninth end an epoch.
  for (std::size_t i = 0; i < 3; ++i)
    QVERIFY(std::abs(result.epochs[i].learning_rate - 0.01 * (0.1 + 0.9 * (1 - (3.0 * double(i) + 2) / 9))) < 1e-9);
  QCOMPARE(result.last.trainer.learning_rate, result.epochs[2].learning_rate);
}

void TestTrainingOptions::a_plateau_lowers_the_rate() {
  RecordedRun run(set(plain(), {{"adam", "schedule", text("plateau")},
                                {"adam", "watch", text("train_loss")},
                                {"adam", "plateau_least_change", 1.0},
                                {"adam", "plateau_patience", std::int64_t{0}},
                                {"adam", "drop_factor", 0.5},
                                {"adam", "learning_rate", 0.01},
                                {"trainer", "epochs", std::int64_t{4}}}));
  const RunResult& result = run.result();
  QVERIFY2(result.end == RunResult::End::Completed, qPrintable(told(result)));
  const double wanted[] = {0.01, 0.01, 0.005, 0.0025};  // nothing improves on the first epoch by so much
  for (std::size_t i = 0; i < 4; ++i) QCOMPARE(result.epochs[i].learning_rate, wanted[i]);
}

void TestTrainingOptions::the_run_ends_when_it_no_longer_improves() {
  const auto still = [&](const char* metric, bool restore) {
    return set(plain(), {{"adam", "learning_rate", 0.0},
                         {"trainer", "epochs", std::int64_t{20}},
                         {"trainer", "stop_early", text(metric)},
                         {"trainer", "patience", std::int64_t{2}},
                         {"trainer", "restore_best", restore}});
  };
  for (const char* metric : {"val_loss", "val_accuracy"}) {
    RecordedRun run(still(metric, true));
    const RunResult& result = run.result();
    QVERIFY2(result.end == RunResult::End::Completed, qPrintable(told(result)));
    QCOMPARE(result.epochs.size(), 3U);
    QVERIFY2(notices(result).contains("after epoch 3") && notices(result).contains("those of epoch 1"),
             qPrintable(notices(result)));
    QCOMPARE(result.weights_of_epoch, 1U);
    QCOMPARE(result.final_epoch()->epoch, 1U);
    QVERIFY(run.story().contains("Noticed"));
  }
  RecordedRun kept(still("val_loss", false));
  QVERIFY2(notices(kept.result()).contains("after epoch 3") && !notices(kept.result()).contains("those of"),
           qPrintable(notices(kept.result())));
  QCOMPARE(kept.result().weights_of_epoch, 0U);
  QCOMPARE(kept.result().final_epoch()->epoch, 3U);
  RecordedRun learns(set(plain(), {{"trainer", "stop_early", text("val_loss")}}));
  QCOMPARE(learns.result().epochs.size(), 3U);
  QVERIFY(!notices(learns.result()).contains("its own accord"));
}

void TestTrainingOptions::an_average_changes_validation_alone() {
  RecordedRun plain_run(plain());
  RecordedRun averaged(set(plain(), {{"adam", "ema", 0.9}}));
  for (std::size_t i = 0; i < 3; ++i) {
    const EpochResult& a = plain_run.result().epochs[i];
    const EpochResult& b = averaged.result().epochs[i];
    QCOMPARE(a.loss(kTrainSplit), b.loss(kTrainSplit));
    QVERIFY(a.loss(kValSplit) != b.loss(kValSplit));
  }
}

void TestTrainingOptions::refuses_data() {
  QTest::addColumn<QStringList>("changes");  // node.param=value, as for --set
  QTest::addColumn<QStringList>("words");
  QTest::newRow("unknown metric") << QStringList{"trainer.stop_early=val_f9"}
                                  << QStringList{"trainer.stop_early", "val_f9", "val_loss"};
  QTest::newRow("no validation data") << QStringList{"trainer.stop_early=val_loss", "trainer.validation_split=0"}
                                      << QStringList{"no validation data", "validation_split"};
  QTest::newRow("one fold") << QStringList{"trainer.folds=1"} << QStringList{"trainer.folds", "one fold"};
  QTest::newRow("no such fold") << QStringList{"trainer.folds=5", "trainer.fold=6"}
                                << QStringList{"trainer.fold:", "folds is 5"};
  QTest::newRow("no column named") << QStringList{"trainer.split_by=group"} << QStringList{"trainer.split_column"};
  QTest::newRow("no columns") << QStringList{"trainer.split_by=group", "trainer.split_column=who"}
                              << QStringList{"trainer.split_column", "no columns or folders", "stratified"};
  QTest::newRow("watched metric") << QStringList{"adam.schedule=plateau", "adam.watch=nothing"}
                                  << QStringList{"adam.watch", "nothing"};
  QTest::newRow("no end") << QStringList{"adam.schedule=cosine", "trainer.epochs=0"}
                          << QStringList{"adam.schedule", "epochs"};
  QTest::newRow("no such layer") << QStringList{"adam.rates=head=2"} << QStringList{"adam.rates", "head", "last"};
  QTest::newRow("no factor") << QStringList{"adam.rates=last"} << QStringList{"rates", "last", "FACTOR"};
}
void TestTrainingOptions::refuses() {
  QFETCH(QStringList, changes);
  QFETCH(QStringList, words);
  Document document = plain();
  for (const QString& change : changes) {
    const auto edit = parse_override(document, change.toStdString());
    if (!edit) {  // a value that no run need see
      for (const QString& word : words)
        QVERIFY2(QString::fromStdString(edit.error().line()).contains(word), edit.error().line().c_str());
      return;
    }
    QVERIFY(document.apply(*edit));
  }
  RecordedRun run(document);
  QVERIFY(run.result().end == RunResult::End::Failed);
  for (const QString& word : words) QVERIFY2(told(run.result()).contains(word), qPrintable(told(run.result())));
}

void TestTrainingOptions::a_curve_proposes_a_rate() {
  FindRateOptions options;
  QVERIFY(std::abs(tested_rate(options, 0) / 1e-7 - 1) < 1e-9 && std::abs(tested_rate(options, 99) / 10 - 1) < 1e-9);
  const auto curve = usual_curve(100);
  QVERIFY(curve.size() < 100);  // it diverged
  QCOMPARE(curve.front().smoothed, curve.front().loss);
  const auto found = propose_rate(curve);
  QVERIFY(found);
  QVERIFY2(found->proposed > 1e-6 && found->proposed < found->lowest, QByteArray::number(found->proposed));
  QVERIFY2(found->steepest > 1e-4 && found->steepest < found->lowest, QByteArray::number(found->steepest));
  QVERIFY(found->lowest < 1);

  std::vector<RateLoss> flat;
  for (int i = 0; i < 50; ++i) QVERIFY(!add_loss(flat, 0.001 * (i + 1), 1 + 0.01 * i));
  QVERIFY(!propose_rate(flat));
  QVERIFY(!propose_rate({}));
  QVERIFY(add_loss(flat, 1, std::nan("")));
  QVERIFY(add_loss(flat, 1, HUGE_VAL));
  QVERIFY(add_loss(flat, 1, 1000));
}

void TestTrainingOptions::an_unsure_proposal_says_so() {
  for (const double swing : {0.0, 0.1}) QCOMPARE(doubt_about(usual_curve(100, 2, swing)), std::string());
  const std::string coarse = doubt_about(usual_curve(20));
  QVERIFY2(coarse.find("so few steps") != std::string::npos, coarse.c_str());
  const std::string noisy = doubt_about(usual_curve(100, 0.2, 0.5));
  QVERIFY2(noisy.find("from batch to batch") != std::string::npos, noisy.c_str());
  QVERIFY(!doubt_about({}).empty());
}

void TestTrainingOptions::finds_a_rate() {
  const Document graph = set(plain(), {{"adam", "schedule", text("cosine")}});
  FindRateOptions options;
  options.steps = 60;
  const auto found = find_rate(graph, options);
  QVERIFY2(found, found ? "" : found.error().line().c_str());
  QCOMPARE(QString::fromStdString(found->optimizer_node), QString("adam"));
  QVERIFY(found->curve.size() > 20 && found->curve.size() <= 60);
  for (std::size_t i = 0; i < found->curve.size(); ++i)
    QVERIFY(std::abs(found->curve[i].rate / tested_rate(options, i) - 1) < 1e-9);
  QVERIFY(found->proposal.proposed > 1e-6 && found->proposal.proposed < 1);
  QCOMPARE(found->doubt, doubt_about(found->curve));
  const auto again = find_rate(graph, options);
  QVERIFY(again && again->proposal.proposed == found->proposal.proposed);

  options.low = 1e-30;
  options.high = 1e-29;
  const auto nothing = find_rate(graph, options);
  QVERIFY(!nothing || nothing->proposal.proposed < 1e-28);
  std::stop_source stop;
  stop.request_stop();
  options.measure.stop = stop.get_token();
  const auto stopped = find_rate(graph, options);
  QVERIFY(!stopped && stopped.error().code == ErrorCode::Cancelled);
}

FEEDLINE_TEST(TestTrainingOptions)

}  // namespace test_training_options

#include "test_training_options.moc"
