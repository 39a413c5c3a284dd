// SPDX-License-Identifier: GPL-3.0-or-later
// Networks that read texts in their order, from a file of lines to validation: vocabulary, mask, layers on sequences.
#include "graph/json.h"
#include "support/fixtures.h"
#include "support/run_recorder.h"
#include "support/test_program.h"

#include <QFile>
#include <QFileInfo>
#include <QTemporaryDir>
#include <QTest>

#include <dlfcn.h>
#include <vector>

namespace test_text_runs {

using namespace feedline;
using namespace feedline::test;

namespace {

/// Generated texts, a vocabulary, an embedding, and then what `middle` names: nodes whose last is called "end".
QByteArray graph_of(const QByteArray& nodes, const QByteArray& links) {
  return R"({
  "feedline": 1,
  "title": "Texts",
  "nodes": [
    {"id": "source", "type": "generated_texts", "version": 1, "params": {"classes": 3, "count": 480, "difficulty": 0.2, "sentences": 2}, "position": [0, 0]},
    {"id": "shuffle", "type": "shuffle", "version": 1, "params": {}, "position": [260, 0]},
    {"id": "vocabulary", "type": "vocabulary", "version": 1, "params": {"length": 24, "size": 200}, "position": [520, 0]},
    {"id": "batch", "type": "batch", "version": 1, "params": {"size": 24}, "position": [780, 0]},
    {"id": "embedding", "type": "embedding", "version": 1, "params": {"width": 16}, "position": [1040, 0]},
)" + nodes +
         R"(,
    {"id": "linear", "type": "linear", "version": 1, "params": {}, "position": [0, 400]},
    {"id": "loss", "type": "cross_entropy", "version": 1, "params": {}, "position": [260, 400]},
    {"id": "adam", "type": "adam", "version": 1, "params": {"learning_rate": 0.01}, "position": [520, 400]},
    {"id": "trainer", "type": "trainer", "version": 1, "params": {"device": "cpu", "epochs": 3, "validation_split": 0.25}, "position": [780, 400]}
  ],
  "links": [
    {"from": "source.text", "to": "shuffle.sample"},
    {"from": "source.label", "to": "shuffle.label"},
    {"from": "shuffle.sample", "to": "vocabulary.text"},
    {"from": "vocabulary.tokens", "to": "batch.tokens"},
    {"from": "shuffle.label", "to": "batch.label"},
    {"from": "batch.tokens", "to": "embedding.tokens"},
)" + links +
         R"(,
    {"from": "end.y", "to": "linear.x"},
    {"from": "linear.y", "to": "loss.prediction"},
    {"from": "batch.label", "to": "loss.target"},
    {"from": "loss.loss", "to": "trainer.loss"},
    {"from": "adam.optimizer", "to": "trainer.optimizer"}
  ]
})";
}

/// The name of the file that has what the whole program sees by this symbol; empty: nobody shows it.
QString shown_by(const char* symbol) {
  void* const found = ::dlsym(RTLD_DEFAULT, symbol);
  Dl_info info{};
  if (found == nullptr || ::dladdr(found, &info) == 0 || info.dli_fname == nullptr) return {};
  return QFileInfo(QString::fromLocal8Bit(info.dli_fname)).fileName();
}

std::vector<double> losses_of(const RunResult& result) {
  std::vector<double> losses;
  for (const auto& epoch : result.epochs)
    for (const std::string_view split : {kTrainSplit, kValSplit}) losses.push_back(epoch.loss(split));
  return losses;
}

}  // namespace

class TestTextRuns : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void learn_the_topic_data() {
    QTest::addColumn<QByteArray>("graph");
    QTest::newRow("gru") << graph_of(
        R"({"id": "end", "type": "gru", "version": 1, "params": {"units": 16}, "position": [0, 200]})",
        R"({"from": "embedding.y", "to": "end.x"}, {"from": "batch.tokens", "to": "end.tokens"})");
    QTest::newRow("lstm both ways") << graph_of(
        R"({"id": "end", "type": "lstm", "version": 1, "params": {"bidirectional": true, "units": 12}, "position": [0, 200]})",
        R"({"from": "embedding.y", "to": "end.x"}, {"from": "batch.tokens", "to": "end.tokens"})");
    QTest::newRow("convolution") << graph_of(
        R"({"id": "conv", "type": "conv1d", "version": 1, "params": {"filters": 24}, "position": [0, 200]},
           {"id": "relu", "type": "relu", "version": 1, "params": {}, "position": [260, 200]},
           {"id": "end", "type": "sequence_pool", "version": 1, "params": {"pooling": "max"}, "position": [520, 200]})",
        R"({"from": "embedding.y", "to": "conv.x"}, {"from": "batch.tokens", "to": "conv.tokens"},
           {"from": "conv.y", "to": "relu.x"}, {"from": "relu.y", "to": "end.x"},
           {"from": "batch.tokens", "to": "end.tokens"})");
    QTest::newRow("transformer") << graph_of(
        R"({"id": "place", "type": "positional_encoding", "version": 1, "params": {}, "position": [0, 200]},
           {"id": "encoder", "type": "transformer_encoder", "version": 1, "params": {"heads": 2, "norm": "before"}, "position": [260, 200]},
           {"id": "end", "type": "sequence_pool", "version": 1, "params": {}, "position": [520, 200]})",
        R"({"from": "embedding.y", "to": "place.x"}, {"from": "batch.tokens", "to": "place.tokens"},
           {"from": "place.y", "to": "encoder.x"}, {"from": "batch.tokens", "to": "encoder.tokens"},
           {"from": "encoder.y", "to": "end.x"}, {"from": "batch.tokens", "to": "end.tokens"})");
  }

  /// It learns, and the same to the last bit for any number of workers.
  void learn_the_topic() {
    QFETCH(QByteArray, graph);
    const auto loaded = from_json(graph.toStdString());
    QVERIFY2(loaded, loaded ? "" : loaded.error().line().c_str());
    const Document& texts = loaded->document;
    const RunOptions options{.cache_folder = cache_.path().toStdString()};
    RecordedRun run(with(texts, "trainer", "workers", std::int64_t{1}), options);
    const RunResult& result = run.result();
    QVERIFY2(result.end == RunResult::End::Completed,
             result.failure ? result.failure->line().c_str() : "it did not end");
    QCOMPARE(result.epochs.size(), std::size_t{3});
    const double accuracy = result.epochs.back().value("accuracy", kValSplit);
    QVERIFY2(accuracy > 0.8, QByteArray::number(accuracy));
    RecordedRun others(with(texts, "trainer", "workers", std::int64_t{3}), options);
    QCOMPARE(losses_of(others.result()), losses_of(result));
  }

  /// Debian's sentencepiece has a protobuf of its own, which must not be taken for LibTorch's nor be taken by it.
  void sentencepiece_lives_beside_libtorch() {
    QByteArray graph = graph_of(
        R"({"id": "end", "type": "sequence_pool", "version": 1, "params": {"pooling": "max"}, "position": [0, 200]})",
        R"({"from": "embedding.y", "to": "end.x"}, {"from": "batch.tokens", "to": "end.tokens"})");
    const QByteArray vocabulary = R"("type": "vocabulary", "version": 1, "params": {"length": 24, "size": 200})";
    QVERIFY(graph.contains(vocabulary));
    graph.replace(vocabulary, R"("type": "sentencepiece", "version": 1, "params": {"length": 48, "size": 200})");
    const auto loaded = from_json(graph.toStdString());
    QVERIFY2(loaded, loaded ? "" : loaded.error().line().c_str());
    const RunOptions options{.cache_folder = cache_.path().toStdString()};
    RecordedRun run(with(loaded->document, "trainer", "workers", std::int64_t{1}), options);
    const RunResult& result = run.result();
    QVERIFY2(result.end == RunResult::End::Completed,
             result.failure ? result.failure->line().c_str() : "it did not end");
    QCOMPARE(result.epochs.size(), std::size_t{3});
    QVERIFY(result.epochs.back().loss(kTrainSplit) < result.epochs.front().loss(kTrainSplit));
    RecordedRun others(with(loaded->document, "trainer", "workers", std::int64_t{3}), options);
    QCOMPARE(losses_of(others.result()), losses_of(result));

    QFile maps("/proc/self/maps");
    QVERIFY(maps.open(QIODevice::ReadOnly) && maps.readAll().contains("/libsentencepiece.so"));
    for (const char* symbol :
         {"feedline_pieces", "_ZN13sentencepiece22SentencePieceProcessorC1Ev",
          "_ZN6google8protobuf8internal13OnShutdownRunEPFvPKvES3_"})  // of either protobuf; LibTorch may hide its own
      QVERIFY2(!shown_by(symbol).contains("piece"), symbol);
  }

 private:
  QTemporaryDir cache_{};
};

FEEDLINE_TEST(TestTextRuns)

}  // namespace test_text_runs

#include "test_text_runs.moc"
