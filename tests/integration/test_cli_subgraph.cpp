// SPDX-License-Identifier: GPL-3.0-or-later

// The real program on a graph with sub-graphs, a repeated one and a muted node: it checks them, trains them, and
// reaches into them.

#include "support/fixtures.h"
#include "support/places.h"
#include "support/process.h"
#include "support/test_program.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonObject>
#include <QTest>

#include <cmath>

namespace test_cli_subgraph {

using namespace feedline::test;

namespace {

const QString kGraph = feedline::test::source_dir("/tests/data/block.feedline");

QStringList stage_nodes(const QJsonDocument& json) {
  QStringList nodes;
  for (const QJsonValue& stage : json["stages"].toArray()) nodes << stage["node"].toString();
  return nodes;
}

double loss_of(const QJsonDocument& json) { return json["epochs"].toArray().last()["train_loss"].toDouble(); }

}  // namespace

class TestCliSubgraph : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void validates() {
    const CliResult done = cli_.run({"validate", kGraph});
    QVERIFY2(done.exit_code == 0, done.text().constData());
    QVERIFY2(done.out.contains("no problems"), done.text().constData());
  }

  void trains_with_weights_of_their_own() {
    const CliResult done = cli_.run({"run", kGraph, "--device", "cpu", "--json", "-"});
    QVERIFY2(done.exit_code == 0, done.text().constData());
    const QJsonDocument json = done.json();
    QCOMPARE(json["epochs"].toArray().size(), 2);
    QVERIFY(std::isfinite(loss_of(json)));
    QVERIFY(loss_of(json) < json["epochs"].toArray().first()["train_loss"].toDouble());
    const QStringList nodes = stage_nodes(json);
    QVERIFY2(nodes.contains("prepare/decode") && nodes.contains("prepare/resize"), qPrintable(nodes.join(' ')));
    QVERIFY2(!nodes.contains("prepare/flip"), qPrintable(nodes.join(' ')));  // muted
    // Another number of copies is another model: the losses differ from the first step on.
    const CliResult once = cli_.run({"run", kGraph, "--device", "cpu", "--set", "block.repeat=1", "--json", "-"});
    QVERIFY2(once.exit_code == 0, once.text().constData());
    QVERIFY(loss_of(once.json()) != loss_of(json));
  }

  void a_muted_node_is_as_if_it_were_not_there() {
    const QByteArray text = read_file(kGraph);
    QByteArray without = text;
    without.replace(
        R"(        {"id": "flip", "type": "horizontal_flip", "version": 1, "params": {}, "position": [780, 0], "muted": true},)",
        "");
    without.replace(R"(        {"from": "resize.image", "to": "flip.image"},)", "");
    without.replace("flip.image", "resize.image");
    QVERIFY(!without.contains("flip"));
    const QString path = cli_.path("without.feedline");
    write_file(path, without);
    const auto hash = [&](const QString& graph) {
      const CliResult done = cli_.run({"batches", graph, "--hash"});
      return done.exit_code == 0 ? done.out : done.text();
    };
    const QByteArray muted = hash(kGraph);
    QCOMPARE(muted, hash(path));
    QByteArray heard = text;
    heard.replace(R"(, "muted": true)", "");
    write_file(cli_.path("heard.feedline"), heard);
    QVERIFY(hash(cli_.path("heard.feedline")) != muted);
  }

  void set_reaches_inside() {
    const CliResult done = cli_.run({"validate", kGraph, "--set", "prepare/resize.height=0"});
    QCOMPARE(done.exit_code, 2);
    QVERIFY2(done.errors().join('\n').contains("prepare/resize.height"), done.text().constData());
    const CliResult narrow = cli_.run({"validate", kGraph, "--set", "block/conv.filters=12"});
    QCOMPARE(narrow.exit_code, 2);  // 8 and 12 channels cannot be added
    QVERIFY2(narrow.errors().join('\n').contains("block/sum"), narrow.text().constData());
    const CliResult wrong = cli_.run({"validate", kGraph, "--set", "block/cnv.filters=12"});
    QVERIFY2(wrong.errors().join('\n').contains("block/conv"), wrong.text().constData());
  }

  void a_mute_that_cannot_be_is_refused() {
    QByteArray text = read_file(kGraph);
    text.replace(R"("params": {"size": 16}, "position": [780, 0]})",
                 R"("params": {"size": 16}, "position": [780, 0], "muted": true})");
    write_file(cli_.path("muted.feedline"), text);
    const CliResult done = cli_.run({"validate", cli_.path("muted.feedline")});
    QCOMPARE(done.exit_code, 2);
    QVERIFY2(done.errors().join('\n').contains("batch:image: it cannot be muted"), done.text().constData());
  }

 private:
  Cli cli_;
};

FEEDLINE_TEST(TestCliSubgraph)

}  // namespace test_cli_subgraph

#include "test_cli_subgraph.moc"
