// SPDX-License-Identifier: GPL-3.0-or-later
// Records with any number of labels: from a table to what a checkpoint says of other tables.
#include "graph/json.h"
#include "state/checkpoint_files.h"
#include "support/fixtures.h"
#include "support/run_recorder.h"
#include "support/test_program.h"
#include "training/inference/inference.h"

#include <QTemporaryDir>
#include <QTest>

#include <algorithm>

namespace test_several_labels {

using namespace feedline;
using namespace feedline::test;

namespace {

/// A record is "right" where x is over 0, "high" where y is: both, one or none.
QByteArray points(int count, const QByteArray& label) {
  QByteArray table = "x,y," + label + "\n";
  for (int i = 0; i < count; ++i) {
    const int x = (i * 37) % 21 - 10;
    const int y = (i * 53) % 19 - 9;
    const QByteArray labels = QByteArray(x > 0 ? "right" : "") + (x > 0 && y > 0 ? ";" : "") + (y > 0 ? "high" : "");
    table += QByteArray::number(x / 10.0) + "," + QByteArray::number(y / 9.0) + "," + labels + "\n";
  }
  return table;
}

QByteArray graph_of(const QString& file) {
  QByteArray graph = R"({
  "feedline": 1,
  "title": "Labels",
  "nodes": [
    {"id": "source", "type": "csv", "version": 1, "params": {"file": "FILE", "label_kind": "labels", "label_separator": ";"}, "position": [0, 0]},
    {"id": "shuffle", "type": "shuffle", "version": 1, "params": {}, "position": [260, 0]},
    {"id": "features", "type": "features", "version": 1, "params": {}, "position": [520, 0]},
    {"id": "batch", "type": "batch", "version": 1, "params": {"size": 16}, "position": [780, 0]},
    {"id": "linear", "type": "linear", "version": 1, "params": {}, "position": [0, 400]},
    {"id": "loss", "type": "multi_label_cross_entropy", "version": 1, "params": {}, "position": [260, 400]},
    {"id": "adam", "type": "adam", "version": 1, "params": {"learning_rate": 0.1}, "position": [520, 400]},
    {"id": "trainer", "type": "trainer", "version": 1, "params": {"device": "cpu", "epochs": 8, "validation_split": 0.25, "workers": 1}, "position": [780, 400]}
  ],
  "links": [
    {"from": "source.row", "to": "shuffle.sample"},
    {"from": "source.label", "to": "shuffle.label"},
    {"from": "shuffle.sample", "to": "features.row"},
    {"from": "features.features", "to": "batch.features"},
    {"from": "shuffle.label", "to": "batch.label"},
    {"from": "batch.features", "to": "linear.x"},
    {"from": "linear.y", "to": "loss.prediction"},
    {"from": "batch.label", "to": "loss.target"},
    {"from": "loss.loss", "to": "trainer.loss"},
    {"from": "adam.optimizer", "to": "trainer.optimizer"}
  ]
})";
  return graph.replace("FILE", file.toUtf8());
}

std::vector<std::string> labels_said(const RecordPrediction& record) {
  std::vector<std::string> said;
  for (const auto& value : record.values)
    if (has_label(value)) said.push_back(value.name);
  std::sort(said.begin(), said.end());
  return said;
}

}  // namespace

class TestSeveralLabels : public QObject {
  Q_OBJECT

  QTemporaryDir folder_{};

 private Q_SLOTS:
  void from_a_table_to_predictions() {
    const QString file = folder_.filePath("points.csv");
    write_file(file, points(400, "what"));
    const auto loaded = from_json(graph_of(file).toStdString());
    QVERIFY2(loaded, loaded ? "" : qPrintable(line(loaded.error())));
    const std::string checkpoints = folder_.filePath("checkpoints").toStdString();
    RunOptions options{.cache_folder = folder_.filePath("cache").toStdString()};
    options.checkpoints.folder = checkpoints;
    RecordedRun run(loaded->document, options);
    const RunResult& result = run.result();
    QVERIFY2(result.end == RunResult::End::Completed,
             result.failure ? result.failure->line().c_str() : "it did not end");
    QVERIFY(result.errors.empty());
    const EpochResult& last = result.epochs.back();
    QVERIFY2(last.value("label F1", kValSplit) > 0.9, QByteArray::number(last.value("label F1", kValSplit)));

    // What is wrong is told label by label, the worst first.
    const auto& evaluation = result.epochs.front().evaluation;
    QVERIFY(evaluation != nullptr && evaluation->several_labels && evaluation->classes == 0);
    QCOMPARE(evaluation->class_names, (std::vector<std::string>{"high", "right"}));
    QVERIFY(!evaluation->worst.empty());
    for (std::size_t i = 0; i < evaluation->worst.size(); ++i) {
      const WorstSample& sample = evaluation->worst[i];
      QCOMPARE(sample.right(), sample.truth >= 0.5);
      QVERIFY(i == 0 || evaluation->worst[i - 1].truth <= sample.truth);
    }

    // A table without the label, its columns in another order.
    const auto found = find_checkpoint(checkpoints);
    QVERIFY(found && *found);
    const QString asked = folder_.filePath("asked.csv");
    write_file(asked, "y,x\n1,1\n-1,1\n-1,-1\n1,-1\n");
    const auto said = predict((*found)->state, {asked.toStdString()}, {});
    QVERIFY2(said, said ? "" : qPrintable(line(said.error())));
    QVERIFY(said->classes && said->several_labels);
    QCOMPARE(said->predictions.size(), std::size_t{4});
    using Names = std::vector<std::string>;
    QCOMPARE(labels_said(said->predictions[0]), (Names{"high", "right"}));
    QCOMPARE(labels_said(said->predictions[1]), Names{"right"});
    QCOMPARE(labels_said(said->predictions[2]), Names{});
    QCOMPARE(labels_said(said->predictions[3]), Names{"high"});
    for (const RecordPrediction& record : said->predictions) QCOMPARE(record.values.size(), std::size_t{2});

    // Other data, one label of which is never there: matched by name.
    const QString other = folder_.filePath("other.csv");
    write_file(other, "x,y,what\n1,-1,right\n-1,-1,\n0.8,-0.9,right\n0.9,-1,right\n");
    auto data = with_data(loaded->document, other.toStdString());
    QVERIFY2(data, data ? "" : qPrintable(line(data.error())));
    const auto judged = evaluate((*found)->state, *data, true, {});
    QVERIFY2(judged, judged ? "" : qPrintable(line(judged.error())));
    QCOMPARE(judged->samples, std::uint64_t{4});
    QVERIFY(judged->confusion != nullptr && judged->confusion->several_labels);
    QVERIFY(judged->bad.empty());
  }
};

FEEDLINE_TEST(TestSeveralLabels)

}  // namespace test_several_labels

#include "test_several_labels.moc"
