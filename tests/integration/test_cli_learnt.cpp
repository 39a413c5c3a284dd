// SPDX-License-Identifier: GPL-3.0-or-later

// The real program on a graph whose first layer is as large as the vocabulary that is learnt: every command sees the
// same sizes, and a run goes on from its checkpoint to the same losses, with batches of like length too.

#include "support/places.h"
#include "support/process.h"
#include "support/small_data.h"
#include "support/test_program.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

namespace test_cli_learnt {

using namespace feedline::test;

class TestCliLearnt : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() {
    if (cli_.run({"nodes", "vocabulary"}).exit_code != 0) QSKIP("this program has no vocabulary");
    write_file(cli_.path("lines.tsv"), text_lines(150));
    QByteArray graph = text_graph(cli_.path("lines.tsv"));
    graph.replace(
        R"("type": "byte_tokens", "version": 1, "params": {"length": 48})",
        R"("type": "vocabulary", "version": 1, "params": {"least_count": 1, "length": 48, "tokens": "characters"})");
    graph_ = cli_.path("texts.feedline");
    write_file(graph_, graph);
  }

  void every_command_knows_it_data() {
    QTest::addColumn<QStringList>("command");
    QTest::newRow("validate") << QStringList{"validate", "FILE"};
    QTest::newRow("check") << QStringList{"check", "FILE"};
    QTest::newRow("batches") << QStringList{"batches", "FILE", "--count", "2"};
    QTest::newRow("preview") << QStringList{"preview", "FILE", "--node", "bag"};
    QTest::newRow("profile") << QStringList{"profile", "FILE", "--max-steps", "20"};
  }
  void every_command_knows_it() {
    QFETCH(QStringList, command);
    command.replaceInStrings("FILE", graph_);
    const CliResult run = cli_.run(command);
    const bool found = command.front() == "check" && run.exit_code == 2;  // texts that are empty, of two classes
    QVERIFY2(!run.crashed && (run.exit_code == 0 || found), run.text());
  }

  void the_batches_hang_on_no_worker() {
    const auto hashes = [&](const QStringList& more) {
      return cli_.run(QStringList{"batches", graph_, "--epochs", "2", "--hash", "--set", kByLength} + more).out;
    };
    const QByteArray first = hashes({"--workers", "1"});
    QCOMPARE(first.count('\n'), 16);  // 120 of 150 records train, in batches of 16
    QCOMPARE(hashes({"--workers", "5"}), first);
    QCOMPARE(hashes({"--workers", "2", "--staged"}), first);
  }

  /// From the midst of a group of batches that are sorted together.
  void a_run_goes_on_to_the_same_losses() {
    const auto run = [&](const QString& folder, const QStringList& more) {
      return cli_.run(QStringList{"run", graph_, "--set", kByLength, "--epochs", "3", "--checkpoint-every", "1steps",
                                  "--no-record", "--json", "-", "--checkpoints", folder} +
                      more);
    };
    const CliResult whole = run(cli_.path("whole"), {"--workers", "1"});
    QVERIFY2(whole.exit_code == 0, whole.text());
    const QString folder = cli_.path("parts");
    const CliResult part = run(folder, {"--max-steps", "13", "--workers", "3"});  // within the second epoch
    QVERIFY2(part.exit_code == 0, part.text());
    const CliResult rest = run(folder, {"--resume", "--workers", "2"});
    QVERIFY2(rest.exit_code == 0, rest.text());
    QVERIFY(!losses(whole).isEmpty());
    QCOMPARE(losses(rest), losses(whole));

    // The model is asked again: by itself it knows the vocabulary.
    const CliResult predicted = cli_.run({"predict", folder, cli_.path("lines.tsv"), "--json", "-"});
    QVERIFY2(predicted.exit_code == 0, predicted.text());
    QCOMPARE(predicted.json()["predictions"].toArray().size(), 150);
    const CliResult evaluated = cli_.run({"evaluate", folder, "--json", "-"});
    QVERIFY2(evaluated.exit_code == 0, evaluated.text());
    const CliResult kept = cli_.run({"fitted", folder});
    QVERIFY2(kept.exit_code == 0 && kept.out.contains("texts"), kept.text());
  }

 private:
  static constexpr const char* kByLength = "batch.by_length=4";
  static QJsonArray losses(const CliResult& run) {
    QJsonArray all;
    for (const QJsonValue& epoch : run.json()["epochs"].toArray()) {
      all.append(epoch["train_loss"]);
      all.append(epoch["val_loss"]);
    }
    return all;
  }

  Cli cli_;
  QString graph_;
};

FEEDLINE_TEST(TestCliLearnt)

}  // namespace test_cli_learnt

#include "test_cli_learnt.moc"
