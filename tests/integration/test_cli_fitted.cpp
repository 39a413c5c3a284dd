// SPDX-License-Identifier: GPL-3.0-or-later

// `fitted` of the real program.

#include "support/places.h"
#include "support/process.h"
#include "support/small_data.h"
#include "support/test_program.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

namespace test_cli_fitted {

using namespace feedline::test;

class TestCliFitted : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() { idx_ = small_idx(cli_.path("data")) + QStringList{"--set", "normalise.statistics=fitted"}; }

  void shows_what_was_learnt() {
    const CliResult run = cli_.run(QStringList{"fitted", "example:idx"} + idx_);
    QVERIFY2(run.exit_code == 0, run.text());
    QVERIFY2(run.out.startsWith("normalise  normalise\n"), run.out);
    for (const char* tensor : {"mean", "stddev", "pixels"}) QVERIFY2(run.out.contains(tensor), run.out);
    QVERIFY2(run.out.contains("F64 1"), run.out);
  }

  void json_has_the_same() {
    const CliResult run = cli_.run(QStringList{"fitted", "example:idx", "normalise", "--json"} + idx_);
    QVERIFY2(run.exit_code == 0, run.text());
    const QJsonArray nodes = QJsonDocument::fromJson(run.out).array();
    QCOMPARE(nodes.size(), 1);
    QCOMPARE(nodes[0]["node"].toString(), QStringLiteral("normalise"));
    const QJsonArray tensors = nodes[0]["tensors"].toArray();
    QCOMPARE(tensors.size(), 3);
    QCOMPARE(tensors[0]["name"].toString(), QStringLiteral("mean"));
    const double mean = tensors[0]["values"].toArray().at(0).toString().toDouble();
    QVERIFY(mean > 0 && mean < 1);
    QVERIFY(!tensors[0]["more"].toBool());
  }

  /// A run's checkpoint holds what its graph has learnt.
  void a_checkpoint_says_the_same() {
    const QString folder = cli_.path("checkpoints");
    const CliResult run = cli_.run(
        QStringList{"run", "example:idx", "--epochs", "1", "--device", "cpu", "--checkpoints", folder, "--no-record"} +
        idx_);
    QVERIFY2(run.exit_code == 0, run.text());
    const CliResult kept = cli_.run({"fitted", folder, "--json"});
    QVERIFY2(kept.exit_code == 0, kept.text());
    const CliResult graph = cli_.run(QStringList{"fitted", "example:idx", "--json"} + idx_);
    QCOMPARE(kept.out, graph.out);
    QCOMPARE(cli_.run({"fitted", cli_.path("data")}).exit_code, 2);  // a folder without checkpoints
  }

  void bad_input() {
    const CliResult other = cli_.run(QStringList{"fitted", "example:idx", "batch"} + idx_);
    QCOMPARE(other.exit_code, 2);
    QVERIFY2(other.err.contains("has learnt nothing") && other.err.contains("normalise"), other.text());
    const CliResult none = cli_.run(QStringList{"fitted", "example:idx"} + small_idx(cli_.path("data")));
    QCOMPARE(none.exit_code, 0);
    QVERIFY2(none.out.contains("no node"), none.out);
  }

 private:
  Cli cli_;
  QStringList idx_;
};

FEEDLINE_TEST(TestCliFitted)

}  // namespace test_cli_fitted

#include "test_cli_fitted.moc"
