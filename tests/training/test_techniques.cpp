// SPDX-License-Identifier: GPL-3.0-or-later
// Metrics that are chosen, augmentation and regularisation, losses and verdicts on curves in whole runs.
#include "state/checkpoint_files.h"
#include "support/fake_nodes.h"
#include "support/run_recorder.h"
#include "support/small_data.h"
#include "support/test_program.h"
#include "training/inference/inference.h"
#include "training/resume.h"
#include "tuning/curve_points.h"

#include <QTemporaryDir>
#include <QTest>

#include <cmath>
#include <set>

namespace test_techniques {

using namespace feedline;
using namespace feedline::test;

namespace {

/// Losses and metrics to the last bit.
std::vector<double> values(const RunResult& result) {
  std::vector<double> all;
  for (const EpochResult& epoch : result.epochs)
    for (const MetricValue& metric : epoch.metrics) all.push_back(metric.value);
  return all;
}

QString line(const RunResult& result) {
  return result.failure ? QString::fromStdString(result.failure->line()) : QString();
}

std::set<std::string> keys_of(const EpochResult& epoch) {
  std::set<std::string> keys;
  for (const MetricValue& metric : epoch.metrics) keys.insert(metric_key(metric));
  return keys;
}

}  // namespace

class TestTechniques : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void the_trainer_chooses_metrics();
  void a_metric_that_does_not_fit_is_refused_before_the_run();
  void augmented_runs_depend_on_no_worker_data();
  void augmented_runs_depend_on_no_worker();
  void two_classes_from_one_score();
  void losses_of_classes_learn_data();
  void losses_of_classes_learn();
  void balanced_weights_are_those_of_the_counts();
  void a_balanced_loss_is_measured_as_it_was_trained();
  void a_learning_rate_that_is_too_low_is_told();

 private:
  /// small_network() on its files, with `nodes` and `wires` between the batch and the first layer, and cutout.
  [[nodiscard]] Document augmented(const std::string& mixer) const;

  QTemporaryDir folder_;
  Document document_ = small_network(folder_.path());
};

void TestTechniques::the_trainer_chooses_metrics() {
  RecordedRun usual(document_);
  QCOMPARE(keys_of(usual.result().epochs.back()),
           (std::set<std::string>{"train_loss", "train_accuracy", "val_loss", "val_accuracy", "val_macro_f1"}));
  const ValueList wanted = {std::string("auc"), std::string("macro_recall"), std::string("accuracy")};
  RecordedRun run(with(document_, "trainer", "metrics", wanted));
  const RunResult& result = run.result();
  QVERIFY2(result.end == RunResult::End::Completed, qPrintable(line(result)));
  const EpochResult& last = result.epochs.back();
  QCOMPARE(keys_of(last), (std::set<std::string>{"train_loss", "train_accuracy", "val_loss", "val_auc",
                                                 "val_macro_recall", "val_accuracy"}));
  QCOMPARE(headline(last.metrics, kValSplit)->name, std::string("AUC"));
  // What is measured changes nothing that is learnt.
  for (const std::string_view split : {kTrainSplit, kValSplit})
    QCOMPARE(last.loss(split), usual.result().epochs.back().loss(split));
}

void TestTechniques::a_metric_that_does_not_fit_is_refused_before_the_run() {
  RecordedRun run(with(document_, "trainer", "metrics", ValueList{std::string("accuracy"), std::string("r2")}));
  const RunResult& result = run.result();
  QVERIFY(result.end == RunResult::End::Failed && result.failure);
  QCOMPARE(result.failure->node, std::string("trainer"));
  QCOMPARE(result.failure->parameter, std::string("metrics"));
  QVERIFY(result.epochs.empty());
}

Document TestTechniques::augmented(const std::string& mixer) const {
  Graph graph("source:idx shuffle:shuffle cutout:cutout normalise:normalise batch:batch mixer:" + mixer +
              " flatten:flatten hidden:linear norm:layer_norm silu:silu last:linear loss:cross_entropy adam:adam "
              "trainer:trainer source.image>shuffle.sample source.label>shuffle.label shuffle.sample>cutout.image "
              "cutout.image>normalise.image normalise.image>batch.image shuffle.label>batch.label batch.image>mixer.x "
              "mixer.y>flatten.x flatten.y>hidden.x hidden.y>norm.x norm.y>silu.x silu.y>last.x last.y>loss.prediction "
              "batch.label>loss.target loss.loss>trainer.loss adam.optimizer>trainer.optimizer");
  graph.set("source", "images", (folder_.path() + "/images").toStdString())
      .set("source", "labels", (folder_.path() + "/labels").toStdString())
      .set("cutout", "size", std::int64_t{8})
      .set("batch", "size", std::int64_t{32})
      .set("hidden", "units", std::int64_t{32})
      .set("trainer", "validation_split", 0.25)
      .set("trainer", "device", std::string("cpu"))
      .set("trainer", "replicas", std::int64_t{2})
      .set("trainer", "epochs", std::int64_t{3});
  return graph.document();
}

void TestTechniques::augmented_runs_depend_on_no_worker_data() {
  QTest::addColumn<QString>("mixer");
  for (const char* mixer : {"mixup", "cutmix", "spatial_dropout", "stochastic_depth"}) QTest::newRow(mixer) << mixer;
}

void TestTechniques::augmented_runs_depend_on_no_worker() {
  QFETCH(QString, mixer);
  const Document document = augmented(mixer.toStdString());
  RecordedRun one(with(document, "trainer", "workers", std::int64_t{1}));
  RecordedRun three(with(document, "trainer", "workers", std::int64_t{3}));
  QVERIFY2(one.result().end == RunResult::End::Completed, qPrintable(line(one.result())));
  QCOMPARE(values(one.result()), values(three.result()));
  RecordedRun other(with(document, "trainer", "seed", std::int64_t{2}));
  QVERIFY(values(other.result()) != values(one.result()));
}

/// A prediction of one column is measured, and judged class by class, as two are.
void TestTechniques::two_classes_from_one_score() {
  QTemporaryDir folder;
  write_file(folder.path() + "/images", idx_images(160));
  QByteArray labels = idx_labels(160, 2);
  for (int i = 0; i < 160; ++i)
    labels[labels.size() - 160 + i] = static_cast<char>(i % 10 < 5 ? 0 : 1);  // dark, bright
  write_file(folder.path() + "/labels", labels);
  Document document = document_;
  for (const Edit& edit : {Edit{RemoveNode{.id = "loss"}}, Edit{AddNode{{.id = "yes", .type = "binary_cross_entropy"}}},
                           Edit{AddLink{{.from = {"last", "y"}, .to = {"yes", "prediction"}}}},
                           Edit{AddLink{{.from = {"batch", "label"}, .to = {"yes", "target"}}}},
                           Edit{AddLink{{.from = {"yes", "loss"}, .to = {"trainer", "loss"}}}},
                           Edit{SetParam{"last", "units", std::int64_t{1}}},
                           Edit{SetParam{"source", "images", (folder.path() + "/images").toStdString()}},
                           Edit{SetParam{"source", "labels", (folder.path() + "/labels").toStdString()}}}) {
    const auto done = document.apply(edit);
    QVERIFY2(done.has_value(), done ? "" : done.error().line().c_str());
  }
  RecordedRun run(with(document, "trainer", "epochs", std::int64_t{6}));
  const RunResult& result = run.result();
  QVERIFY2(result.end == RunResult::End::Completed, qPrintable(line(result)));
  const EpochResult& last = result.epochs.back();
  QVERIFY(last.loss(kTrainSplit) < result.epochs.front().loss(kTrainSplit));
  QVERIFY(std::isfinite(last.value("macro F1", kValSplit)));
  QVERIFY(last.evaluation != nullptr);
  QCOMPARE(last.evaluation->classes, std::size_t{2});
  const auto right = static_cast<double>(last.evaluation->count(0, 0) + last.evaluation->count(1, 1));
  QVERIFY(std::abs(right / 40 - last.value("accuracy", kValSplit)) < 1e-9);
}

void TestTechniques::losses_of_classes_learn_data() {
  QTest::addColumn<QString>("type");
  QTest::addColumn<ParamMap>("params");
  ValueList weights;
  for (int i = 0; i < 10; ++i) weights.emplace_back(1.0 + i);
  QTest::newRow("hinge") << "hinge" << ParamMap{};
  QTest::newRow("focal") << "focal" << ParamMap{};
  QTest::newRow("weights") << "cross_entropy" << ParamMap{{"class_weights", weights}};
}

void TestTechniques::losses_of_classes_learn() {
  QFETCH(QString, type);
  QFETCH(ParamMap, params);
  Document document = document_;
  for (const Edit& edit :
       {Edit{RemoveNode{.id = "loss"}}, Edit{AddNode{{.id = "other", .type = type.toStdString(), .params = params}}},
        Edit{AddLink{{.from = {"last", "y"}, .to = {"other", "prediction"}}}},
        Edit{AddLink{{.from = {"batch", "label"}, .to = {"other", "target"}}}},
        Edit{AddLink{{.from = {"other", "loss"}, .to = {"trainer", "loss"}}}}}) {
    const auto done = document.apply(edit);
    QVERIFY2(done.has_value(), done ? "" : done.error().line().c_str());
  }
  RecordedRun run(with(document, "trainer", "epochs", std::int64_t{4}));
  const RunResult& result = run.result();
  QVERIFY2(result.end == RunResult::End::Completed, qPrintable(line(result)));
  QVERIFY(result.epochs.back().loss(kTrainSplit) < result.epochs.front().loss(kTrainSplit));
  QVERIFY(std::isfinite(result.epochs.back().value("accuracy", kTrainSplit)));
}

/// The weights go with the checkpoint: data that lack a class, from which none could be found, are measured by them.
void TestTechniques::a_balanced_loss_is_measured_as_it_was_trained() {
  const QTemporaryDir folder;
  RunOptions options;
  options.checkpoints.folder = folder.path().toStdString();
  RecordedRun run(with(with(document_, "loss", "balanced", true), "trainer", "epochs", std::int64_t{1}), options);
  QVERIFY2(run.result().end == RunResult::End::Completed, qPrintable(line(run.result())));
  const auto found = find_checkpoint(options.checkpoints.folder);
  QVERIFY(found && *found);
  TrainingState state = (*found)->state;
  const Document graph = graph_of(state).value();
  const auto loss_of = [](const Result<CheckpointEvaluation>& measured) {
    if (!measured) qFatal("%s", measured.error().line().c_str());
    return value_of(measured->metrics, "loss", kValSplit);
  };
  const auto held_out = evaluate(state, graph, false, {});
  QVERIFY(std::abs(loss_of(held_out) - run.result().epochs.back().loss(kValSplit)) < 1e-6);

  QByteArray labels = read_file(folder_.filePath("labels"));
  for (int i = 8; i < labels.size(); ++i)
    if (labels[i] == 3) labels[i] = 4;
  const QString path = folder.filePath("labels");
  write_file(path, labels);
  const Document lacking = with(graph, "source", "labels", path.toStdString());
  const double weighed = loss_of(evaluate(state, lacking, true, {}));
  state.texts.erase(std::string(kClassWeightsText));  // as an older version wrote it: all records count the same
  const double plain = loss_of(evaluate(state, lacking, true, {}));
  QVERIFY2(std::isfinite(plain) && std::abs(weighed - plain) > 1e-9, qPrintable(QString::number(weighed - plain)));
}

/// The weights that the counts give, written out, teach the same to the last bit.
void TestTechniques::balanced_weights_are_those_of_the_counts() {
  const auto plan = make_plan(with(document_, "loss", "balanced", true), {});
  QVERIFY2(plan, plan ? "" : plan.error().line().c_str());
  const auto weights = reals_of((*plan)->network()->loss.params.at("class_weights"));
  QVERIFY(weights && weights->size() == 10);
  const SamplerPlan& trains = (*plan)->train.sampler;
  QCOMPARE(trains.count, 240U);
  std::vector<double> counts(10, 0);  // of the records that train alone
  for (std::uint64_t i = 0; i < trains.count; ++i) ++counts[trains.record(1, i) % 10];
  for (std::size_t i = 0; i < weights->size(); ++i) QCOMPARE((*weights)[i], 240.0 / (10.0 * counts[i]));
  const auto both = make_plan(
      with(with(document_, "loss", "balanced", true), "loss", "class_weights", ValueList(10, ListItem(1.0))), {});
  QVERIFY(!both && both.error().parameter == "balanced" && both.error().node == "loss");
  QVERIFY(make_plan(document_, {}).value()->network()->loss.params.at("class_weights") == Value(ValueList{}));
}

void TestTechniques::a_learning_rate_that_is_too_low_is_told() {
  Document slow = with(document_, "adam", "learning_rate", 3e-6);
  slow = with(std::move(slow), "dropout", "probability", 0.0);
  slow = with(std::move(slow), "trainer", "epochs", std::int64_t{6});
  RecordedRun run(slow);
  const RunResult& result = run.result();
  QVERIFY2(result.end == RunResult::End::Completed, qPrintable(line(result)));
  const std::vector<CurveFinding> found = judge_run(slow, result.epochs);
  QCOMPARE(found.size(), std::size_t{1});
  QVERIFY2(found[0].kind == CurveKind::RateTooLow, found[0].text().c_str());
  QVERIFY(found[0].remedy.find("adam.learning_rate") != std::string::npos);
  QVERIFY(judge_run(slow, {}).empty());
}

FEEDLINE_TEST(TestTechniques)

}  // namespace test_techniques

#include "test_techniques.moc"
