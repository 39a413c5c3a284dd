// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/process.h"
#include "support/test_program.h"

#include <QJsonArray>
#include <QTest>

namespace test_cli_launch {

using namespace feedline::test;

/// Several processes, started by the real program.
class TestCliLaunch : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  /// One result, one entry in the record.
  void two_processes_give_one_result() {
    const CliResult run = cli_.run({"launch", "--nproc", "2", "example:quickstart", "--max-steps", "4", "--epochs", "1",
                                    "--set", "source.count=1024", "--set", "batch.size=64", "--json", "-"});
    QVERIFY2(run.exit_code == 0, run.text());
    QVERIFY2(run.json().isObject(), run.text());
    QCOMPARE(run.err.count("recorded as run"), 1);
  }

  void mistakes_are_told_once_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QByteArray>("word");
    QTest::newRow("no graph") << QStringList{"--nproc", "2"} << QByteArray("no graph is given");
    QTest::newRow("no file") << QStringList{"--nproc", "2", "/nowhere.feedline"} << QByteArray("/nowhere.feedline");
    QTest::newRow("no place to meet") << QStringList{"--nproc", "2", "--nnodes", "2", "example:quickstart"}
                                      << QByteArray("--rdzv");
    QTest::newRow("nothing to go on from")
        << QStringList{"--nproc", "2", "--restarts", "1", "example:quickstart"} << QByteArray("--checkpoints");
  }
  void mistakes_are_told_once() {
    QFETCH(QStringList, arguments);
    QFETCH(QByteArray, word);
    const CliResult run = cli_.run(QStringList{"launch"} + arguments);
    QVERIFY2(run.exit_code == 2, run.text());
    QVERIFY2(run.errors().size() == 1 && run.err.contains(word), run.text());
  }

  /// Each rank would do all of it.
  void what_measures_is_for_one_process() {
    cli_.set_environment("RANK", "1");
    cli_.set_environment("WORLD_SIZE", "2");
    cli_.set_environment("MASTER_ADDR", "127.0.0.1");
    cli_.set_environment("MASTER_PORT", "29500");
    for (const char* command : {"profile", "find-lr", "whatif"}) {
      const CliResult run = cli_.run({command, "example:quickstart"});
      QVERIFY2(run.exit_code == 2 && run.errors().size() == 1 && run.err.contains("rank 1 of 2"), run.text());
    }
    cli_.set_environment("WORLD_SIZE", "");
  }

  /// As somebody's shell may be left.
  void a_place_that_is_none_is_refused() {
    cli_.set_environment("RANK", "seven");
    const CliResult run = cli_.run({"run", "example:quickstart", "--max-steps", "1"});
    QVERIFY2(run.exit_code == 2 && run.errors().size() == 1 && run.err.contains("WORLD_SIZE"), run.text());
  }

 private:
  Cli cli_{};
};

FEEDLINE_TEST(TestCliLaunch)

}  // namespace test_cli_launch

#include "test_cli_launch.moc"
