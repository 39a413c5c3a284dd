// SPDX-License-Identifier: GPL-3.0-or-later
// Which features a network rests on: one that tells the class, beside one that tells nothing.
#include "graph/json.h"
#include "state/checkpoint_files.h"
#include "support/fixtures.h"
#include "support/run_recorder.h"
#include "support/test_program.h"
#include "training/inference/importance.h"
#include "training/resume.h"

#include <QTemporaryDir>
#include <QTest>

namespace test_importance {

using namespace feedline;
using namespace feedline::test;

namespace {

/// 240 rows: "signal" is 0.1 or 0.9 by the class, "noise" takes turns in its own way, "constant" is always 1.
QByteArray rows_of_two_classes() {
  QByteArray text = "noise,signal,constant,class\n";
  for (int i = 0; i < 240; ++i) {
    const bool yes = i * 37 % 5 < 2;
    text += QByteArray::number((i * 29 % 17) / 17.0) + (yes ? ",0.9,1,yes\n" : ",0.1,1,no\n");
  }
  return text;
}

Document graph_of_rows(const QString& file) {
  QByteArray json = R"({"feedline": 1, "nodes": [
    {"id": "source", "type": "csv", "version": 1, "params": {"file": "FILE", "label": "class"}},
    {"id": "features", "type": "features", "version": 1, "params": {}},
    {"id": "batch", "type": "batch", "version": 1, "params": {"size": 32}},
    {"id": "linear", "type": "linear", "version": 1, "params": {"units": 0}},
    {"id": "loss", "type": "cross_entropy", "version": 1, "params": {}},
    {"id": "adam", "type": "adam", "version": 1, "params": {"learning_rate": 0.1}},
    {"id": "trainer", "type": "trainer", "version": 1,
     "params": {"device": "cpu", "epochs": 12, "replicas": 1, "validation_split": 0.25}}],
    "links": [
    {"from": "source.row", "to": "features.row"}, {"from": "features.features", "to": "batch.features"},
    {"from": "source.label", "to": "batch.label"}, {"from": "batch.features", "to": "linear.x"},
    {"from": "linear.y", "to": "loss.prediction"}, {"from": "batch.label", "to": "loss.target"},
    {"from": "loss.loss", "to": "trainer.loss"}, {"from": "adam.optimizer", "to": "trainer.optimizer"}]})";
  json.replace("FILE", file.toUtf8());
  auto loaded = from_json(json.toStdString());
  if (!loaded) qFatal("%s", loaded.error().line().c_str());
  return std::move(loaded->document);
}

}  // namespace

class TestImportance : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void what_tells_the_class_matters() {
    QTemporaryDir folder;
    write_file(folder.filePath("rows.csv"), rows_of_two_classes());
    const Document graph = graph_of_rows(folder.filePath("rows.csv"));
    RunOptions run_options;
    run_options.checkpoints.folder = folder.filePath("kept").toStdString();
    run_options.cache_folder = folder.filePath("cache").toStdString();
    RecordedRun run(graph, run_options);
    QCOMPARE(run.result().end, RunResult::End::Completed);
    const auto kept = find_checkpoint(folder.filePath("kept").toStdString());
    QVERIFY(kept && *kept);
    const TrainingState& state = (*kept)->state;
    const InferenceOptions options{.cache_folder = run_options.cache_folder};

    const auto found = feature_importance(state, graph, false, {}, options);
    QVERIFY2(found, found ? "" : found.error().line().c_str());
    QCOMPARE(found->metric.name, std::string("accuracy"));
    QVERIFY(found->metric.value > 0.9);
    QCOMPARE(found->records, std::uint64_t{60});
    QCOMPARE(found->features.size(), std::size_t{3});
    QCOMPARE(found->features.front().name, std::string("signal"));
    QVERIFY(found->features.front().loss > 0.25 && found->features.front().deviation < 0.2);
    for (std::size_t i = 1; i < 3; ++i) QVERIFY(found->features[i].loss < 0.1);

    // The loss is a metric too, of which less is better; the same again, for all records.
    const ImportanceOptions by_loss{.metric = "loss", .repeats = 3, .seed = 9};
    const auto first = feature_importance(state, graph, true, by_loss, options);
    const auto second = feature_importance(state, graph, true, by_loss, options);
    QVERIFY2(first && second, first ? "" : first.error().line().c_str());
    QCOMPARE(first->records, std::uint64_t{240});
    QVERIFY(first->features.front().name == "signal" && first->features.front().loss > 0);
    for (std::size_t i = 0; i < 3; ++i) {
      QCOMPARE(second->features[i].name, first->features[i].name);
      QCOMPARE(second->features[i].loss, first->features[i].loss);
      if (first->features[i].name == "constant") QCOMPARE(first->features[i].loss, 0.0);
    }
    const auto few = feature_importance(state, graph, true, {.repeats = 1, .records = 40}, options);
    QVERIFY(few && few->records == 64);  // whole batches

    const auto unknown = feature_importance(state, graph, false, {.metric = "beauty"}, options);
    QVERIFY(!unknown && unknown.error().parameter == "metric" &&
            unknown.error().remedy.find("accuracy") != std::string::npos);
  }
};

FEEDLINE_TEST(TestImportance)

}  // namespace test_importance

#include "test_importance.moc"
