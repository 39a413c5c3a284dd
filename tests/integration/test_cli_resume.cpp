// SPDX-License-Identifier: GPL-3.0-or-later

// Training that is killed at random moments and started again by the same command: the real program, the real SIGKILL.
// FEEDLINE_KILLS=50 kills that often (the test takes three times in each row otherwise).

#include "state/checkpoint_files.h"
#include "support/places.h"
#include "support/process.h"
#include "support/small_data.h"
#include "support/test_program.h"
#include "training/run_progress.h"

#include <QDir>
#include <QElapsedTimer>
#include <QJsonArray>
#include <QJsonObject>
#include <QRandomGenerator>
#include <QTest>

#include <signal.h>

namespace test_cli_resume {

using namespace feedline;
using namespace feedline::test;

namespace {

int kills() {
  const int asked = qEnvironmentVariableIntValue("FEEDLINE_KILLS");
  return asked > 0 ? asked : 3;
}

/// The newest checkpoint without what depends on time.
QByteArray essence_of(const QString& folder) {
  auto found = find_checkpoint(folder.toStdString());
  if (!found || !*found) return "no checkpoint";
  const TrainingState& state = (*found)->state;
  QByteArray all = QByteArray::number(static_cast<qulonglong>(state.position.step));
  for (const NamedTensors* part : {&state.parameters, &state.buffers, &state.optimizer, &state.generators})
    for (const auto& [name, value] : *part) {
      all += QByteArray::fromStdString(name);
      all.append(reinterpret_cast<const char*>(value.data.data()), static_cast<qsizetype>(value.data.size()));
    }
  const auto progress = run_progress_of(state.texts.at("progress"));
  if (!progress) return "no progress";
  for (const Point& point : progress->curve.points) all += QByteArray::number(point.y, 'g', 17) + ' ';
  return all;
}

/// What the JSON says of each epoch's learning.
QByteArray epochs_of(const QJsonDocument& json) {
  QJsonArray all;
  for (const QJsonValue& epoch : json["epochs"].toArray())
    all.append(QJsonArray{epoch["epoch"], epoch["metrics"], epoch["samples"]});
  return QJsonDocument(all).toJson(QJsonDocument::Compact);
}

}  // namespace

class TestCliResume : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  /// The idx example, which crops and flips at random, with dropout before its last layer.
  void initTestCase() {
    idx_ = small_idx(cli_.path("data"), 1024, 256);
    QJsonObject graph = QJsonDocument::fromJson(read_file(source_dir("/resources/examples/idx.feedline"))).object();
    QJsonArray nodes = graph["nodes"].toArray();
    nodes.append(QJsonObject{{"id", "dropout"},
                             {"type", "dropout"},
                             {"version", 1},
                             {"params", QJsonObject{{"probability", 0.2}}},
                             {"position", QJsonArray{0, 0}}});
    QJsonArray links;
    for (const QJsonValue& link : graph["links"].toArray())
      links.append(link["to"] == "linear2.x" ? QJsonObject{{"from", "dropout.y"}, {"to", "linear2.x"}} : link);
    links.append(QJsonObject{{"from", "relu3.y"}, {"to", "dropout.x"}});
    graph["nodes"] = nodes;
    graph["links"] = links;
    write_file(cli_.path("idx.feedline"), QJsonDocument(graph).toJson());
  }

  void killed_at_any_moment_it_ends_the_same_data() {
    QTest::addColumn<int>("replicas");
    QTest::addColumn<QStringList>("workers");
    QTest::addColumn<QString>("every");
    QTest::newRow("one replica") << 1 << QStringList{"1", "3", "2"} << "1steps";
    QTest::newRow("two replicas") << 2 << QStringList{"2", "1", "4"} << "3steps";
    QTest::newRow("by epoch") << 1 << QStringList{"2"} << "1epoch";
  }
  void killed_at_any_moment_it_ends_the_same() {
    QFETCH(int, replicas);
    QFETCH(QStringList, workers);
    QFETCH(QString, every);
    const QString name = QTest::currentDataTag();
    const QStringList common =
        train({"--epochs", "8", "--set", QString("trainer.replicas=%1").arg(replicas), "--checkpoint-every", every});
    QElapsedTimer timer;
    timer.start();
    const QString whole_folder = cli_.path("whole " + name);
    const CliResult whole = cli_.run(common + QStringList{"--checkpoints", whole_folder, "--json", "-"});
    QVERIFY2(!whole.crashed && whole.exit_code == 0, whole.text());
    const auto takes = static_cast<int>(timer.elapsed());
    QVERIFY(whole.json()["checkpoint"].toString().startsWith(whole_folder));

    const QString folder = cli_.path("killed " + name);
    auto* random = QRandomGenerator::global();
    int killed = 0;
    for (int start = 0; killed < kills() && start < 20 * kills(); ++start) {
      QProcess process;
      cli_.start(process, common + again(folder, workers[start % workers.size()]));
      QVERIFY(process.waitForStarted());
      if (process.waitForFinished(random->bounded(takes / 3, takes))) {
        // It came to its end: begin anew, so that there is something to kill.
        QVERIFY2(process.exitCode() == 0, process.readAllStandardError());
        if (killed < kills()) QDir(folder).removeRecursively();
        continue;
      }
      ::kill(static_cast<pid_t>(process.processId()), SIGKILL);
      process.waitForFinished();
      ++killed;
    }
    QCOMPARE(killed, kills());
    const CliResult rest = cli_.run(common + again(folder, workers.front()) + QStringList{"--json", "-"});
    QVERIFY2(!rest.crashed && rest.exit_code == 0, rest.text());
    QCOMPARE(epochs_of(rest.json()), epochs_of(whole.json()));
    QCOMPARE(rest.json()["steps"].toInt(), whole.json()["steps"].toInt());
    QVERIFY(essence_of(folder) == essence_of(whole_folder));
  }

  void a_signal_keeps_all_and_ends_in_time_data() {
    QTest::addColumn<int>("signal");
    QTest::newRow("Ctrl-C") << SIGINT;
    QTest::newRow("SIGTERM") << SIGTERM;
  }
  void a_signal_keeps_all_and_ends_in_time() {
    QFETCH(int, signal);
    const QString folder = cli_.path(QString("signal %1").arg(signal));
    const QStringList command = train({"--epochs", "100000", "--checkpoints", folder, "--resume"});
    QProcess process;
    QByteArray seen;
    cli_.start(process, command);
    QVERIFY2(Cli::wait_for_error_text(process, "epoch 1/100000", seen), seen);
    QElapsedTimer timer;
    timer.start();
    ::kill(static_cast<pid_t>(process.processId()), signal);
    const CliResult run = Cli::finish(process, seen);
    QVERIFY2(!run.crashed && run.exit_code == 130, run.text());
    QVERIFY2(timer.elapsed() < 5000, run.text());
    QVERIFY2(run.err.contains("begins anew") && run.err.contains("checkpoint: "), run.text());
    const auto found = find_checkpoint(folder.toStdString());
    QVERIFY(found && *found);
    const auto step = (*found)->state.position.step;
    QVERIFY(step > 0);
    const CliResult rest = cli_.run(train({"--max-steps", QString::number(step + 3), "--checkpoints", folder,
                                           "--resume", "--epochs", "100000", "--json", "-"}));
    QVERIFY2(!rest.crashed && rest.exit_code == 0, rest.text());
    QVERIFY2(rest.err.contains(QString("behind step").toUtf8()), rest.text());
    QCOMPARE(rest.json()["steps"].toInteger(), static_cast<qint64>(step) + 3);
    QVERIFY(rest.json()["resumed_from"].toString().startsWith(folder));
  }

  void folders_of_other_runs_are_not_mixed() {
    const QString folder = cli_.path("mine");
    QVERIFY(cli_.run(train({"--epochs", "1", "--checkpoints", folder})).exit_code == 0);
    const CliResult anew = cli_.run(train({"--epochs", "1", "--checkpoints", folder}));
    QVERIFY2(anew.exit_code == 2 && anew.errors().join(' ').contains("--resume"), anew.text());
    const CliResult changed = cli_.run(train({"--epochs", "2", "--seed", "77", "--checkpoints", folder, "--resume"}));
    QVERIFY2(changed.exit_code == 2 && changed.errors().join(' ').contains("trainer.seed went from"), changed.text());
    const CliResult more = cli_.run(train({"--epochs", "2", "--checkpoints", folder, "--resume", "--json", "-"}));
    QVERIFY2(more.exit_code == 0 && more.json()["epochs"].toArray().size() == 2, more.text());
  }

  void by_default_they_lie_in_the_data_folder() {
    const CliResult run = cli_.run(train({"--epochs", "1", "--json", "-"}));
    QVERIFY2(run.exit_code == 0, run.text());
    const QString newest = run.json()["checkpoint"].toString();
    QVERIFY2(newest.startsWith(cli_.path("record/checkpoints/idx-")) && QFile::exists(newest), run.text());
    QVERIFY(QFile::exists(run.json()["best_checkpoint"].toString()));
    const CliResult more = cli_.run(train({"--epochs", "2", "--resume", "--json", "-"}));
    QVERIFY2(more.exit_code == 0 && more.json()["resumed_from"].toString() == newest, more.text());
    const CliResult none = cli_.run(train({"--epochs", "1", "--no-checkpoints", "--json", "-"}));
    QVERIFY2(none.exit_code == 0 && none.json()["checkpoint"].isNull(), none.text());
  }

  void wrong_words_are_named_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("says");
    QTest::newRow("no unit") << QStringList{"--checkpoint-every", "500"} << "no interval";
    QTest::newRow("half a step") << QStringList{"--checkpoint-every", "0.5steps"} << "no interval";
    QTest::newRow("both") << QStringList{"--no-checkpoints", "--checkpoints", "x"} << "excludes";
    QTest::newRow("missing") << QStringList{"--resume", "gone.safetensors"} << "no such checkpoint";
    QTest::newRow("resume and begin") << QStringList{"--init-from", "x", "--resume"} << "exclude each other";
  }
  void wrong_words_are_named() {
    QFETCH(QStringList, arguments);
    QFETCH(QString, says);
    const CliResult run = cli_.run(train(arguments));
    QVERIFY2(run.exit_code == 2 && run.errors().join(' ').contains(says), run.text());
  }

 private:
  [[nodiscard]] QStringList train(const QStringList& more) const {
    return QStringList{"run", cli_.path("idx.feedline")} + idx_ + QStringList{"--device", "cpu"} +
           (more.contains("--epochs") ? more : QStringList{"--epochs", "4"} + more);
  }
  /// The same command for every start.
  [[nodiscard]] static QStringList again(const QString& folder, const QString& workers) {
    return {"--checkpoints", folder, "--resume", "--workers", workers};
  }

  Cli cli_;
  QStringList idx_;
};

FEEDLINE_TEST(TestCliResume)

}  // namespace test_cli_resume

#include "test_cli_resume.moc"
