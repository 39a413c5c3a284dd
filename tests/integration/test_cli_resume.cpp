// SPDX-License-Identifier: GPL-3.0-or-later
// Runs beside others: its clock only says how long it has waited.

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
#include <QRegularExpression>
#include <QTest>

#include <signal.h>

namespace test_cli_resume {

using namespace feedline;
using namespace feedline::test;

namespace {

constexpr int kNotForEverMs = 120'000;

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
    const QString whole_folder = cli_.path("whole " + name);
    const CliResult whole = cli_.run(common + QStringList{"--checkpoints", whole_folder, "--json", "-"});
    QVERIFY2(!whole.crashed && whole.exit_code == 0, whole.text());
    const double epoch_s = whole.json()["whole_wall_s"].toDouble() / 8;
    QVERIFY(whole.json()["checkpoint"].toString().startsWith(whole_folder));

    const QString folder = cli_.path("killed " + name);
    auto* random = QRandomGenerator::global();
    int killed = 0;
    for (int start = 0; killed < kills() && start < 20 * kills(); ++start) {
      QProcess process;
      cli_.start(process, common + again(folder, workers[start % workers.size()]));
      QVERIFY(process.waitForStarted());
      // While it begins, or anywhere in an epoch: how long either takes depends on the machine.
      QByteArray seen;
      const bool begins = random->bounded(4) > 0;
      bool lives = !begins || Cli::wait_for_error_text(process, "training on", seen);
      for (int epochs = begins ? random->bounded(3) : 0; lives && epochs > 0; --epochs) {
        const QByteArray end_of_another = "\nepoch ";
        const auto had = seen.count(end_of_another);
        while (lives && seen.count(end_of_another) == had) {
          lives = process.waitForReadyRead(kNotForEverMs);
          seen += process.readAllStandardError();
        }
      }
      if (lives) process.waitForFinished(random->bounded(begins ? 1 + static_cast<int>(epoch_s * 1e3) : 400));
      if (process.state() == QProcess::NotRunning) {
        // It came to its end: begin anew, so that there is something to kill.
        QVERIFY2(process.exitCode() == 0, seen + process.readAllStandardError());
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
    QVERIFY2(rest.err.contains(QString("after step").toUtf8()), rest.text());
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

  /// A launcher repeats the command line; what was written since then is newer than what that names.
  void a_restart_goes_on_from_what_was_written_since() {
    const QString before = cli_.path("before");
    const QString since = cli_.path("since");
    QVERIFY(cli_.run(train({"--epochs", "1", "--checkpoints", before})).exit_code == 0);
    const QStringList same = train({"--epochs", "2", "--checkpoints", since, "--resume", before, "--json", "-"});
    const CliResult first = cli_.run(same);
    QVERIFY2(first.exit_code == 0 && first.json()["resumed_from"].toString().startsWith(before), first.text());
    const std::pair<const char*, const char*> rank[] = {{"RANK", "0"},
                                                        {"WORLD_SIZE", "1"},
                                                        {"LOCAL_RANK", "0"},
                                                        {"MASTER_ADDR", "127.0.0.1"},
                                                        {"MASTER_PORT", "29500"},
                                                        {"TORCHELASTIC_RESTART_COUNT", "1"}};
    for (const auto& [name, value] : rank) cli_.set_environment(name, value);
    const CliResult again = cli_.run(same);
    for (const auto& [name, value] : rank) cli_.set_environment(name, {});
    QVERIFY2(again.exit_code == 0 && again.json()["resumed_from"].toString().startsWith(since), again.text());
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

  /// One run in the record, whatever stopped it: its epochs, totals and time are those of all its parts.
  void a_resumed_run_is_the_same_run_in_the_record() {
    const QString folder = cli_.path("same run");
    const CliResult first = cli_.run(train({"--epochs", "2", "--checkpoints", folder, "--json", "-"}));
    QVERIFY2(first.exit_code == 0, first.text());
    const int run = recorded_as(first);
    QVERIFY2(run > 0, first.text());
    const auto runs_before = list().size();
    QVERIFY(cli_.run({"runs", "tag", QString::number(run), "kept"}).exit_code == 0);
    const double wall_before = show(run)["figures"]["wall_s"].toDouble();

    // It ends before anything is validated again: the last matrix is that of the part before.
    const int steps = first.json()["steps"].toInt();
    const CliResult more = cli_.run(train({"--epochs", "4", "--checkpoints", folder + '/', "--resume", "--max-steps",
                                           QString::number(steps + 1), "--json", "-"}));
    QVERIFY2(more.exit_code == 0, more.text());
    QCOMPARE(recorded_as(more), run);
    QCOMPARE(more.json()["confusion"]["epoch"].toInt(), 2);
    QCOMPARE(more.json()["confusion"]["counts"], first.json()["confusion"]["counts"]);
    const CliResult rest = cli_.run(train({"--epochs", "4", "--checkpoints", folder, "--resume", "--json", "-"}));
    QVERIFY2(rest.exit_code == 0, rest.text());
    QCOMPARE(recorded_as(rest), run);
    QCOMPARE(list().size(), runs_before);
    const QJsonDocument whole = show(run);
    QCOMPARE(whole["status"].toString(), QString("finished"));
    QCOMPARE(whole["tags"].toArray(), QJsonArray{"kept"});
    QCOMPARE(whole["epochs"].toArray().size(), 4);
    QCOMPARE(whole["figures"]["steps"], rest.json()["steps"]);
    QCOMPARE(whole["figures"]["samples"], rest.json()["samples"]);
    const double wall = whole["figures"]["wall_s"].toDouble();
    QVERIFY2(wall > wall_before && wall > rest.json()["wall_s"].toDouble(), rest.text());
    QCOMPARE(wall, rest.json()["whole_wall_s"].toDouble());
    QCOMPARE(whole["parameters"]["trainer.epochs"].toString(), QString("4"));
    // The source has read for four epochs, about half of them before the last part.
    QVERIFY(whole["stages"][0]["records"].toDouble() > 1.3 * rest.json()["stages"][0]["records"].toDouble());
    const QJsonDocument exported = cli_.run({"runs", "export", QString::number(run), "--format", "json"}).json();
    const QJsonArray times = exported["series"]["time_s"].toArray();
    for (qsizetype i = 1; i < times.size(); ++i) QVERIFY(times[i].toDouble() > times[i - 1].toDouble());

    // Going back to an earlier checkpoint, for other checkpoints, is another run: nothing of this one is lost.
    const auto files = list_checkpoints(folder.toStdString());
    QVERIFY(files.size() > 1);
    const CliResult branch =
        cli_.run(train({"--epochs", "4", "--resume", QString::fromStdString(files.back().path.string()),
                        "--checkpoints", cli_.path("branch"), "--json", "-"}));
    QVERIFY2(branch.exit_code == 0, branch.text());
    QVERIFY2(recorded_as(branch) > run, branch.text());
    QCOMPARE(show(run)["epochs"].toArray().size(), 4);
    QCOMPARE(show(recorded_as(branch))["epochs"].toArray().size(), 4);

    // A run that was deleted is not brought back: a new one has all of it.
    QVERIFY(cli_.run({"runs", "delete", QString::number(run)}).exit_code == 0);
    const CliResult anew = cli_.run(train({"--epochs", "5", "--checkpoints", folder, "--resume"}));
    QVERIFY2(anew.exit_code == 0 && recorded_as(anew) > run, anew.text());
    QCOMPARE(show(recorded_as(anew))["epochs"].toArray().size(), 5);
  }

  void a_killed_run_goes_on_in_the_record() {
    const QString folder = cli_.path("killed run");
    const QStringList common = train({"--epochs", "100000", "--checkpoint-every", "1steps", "--checkpoints", folder});
    QProcess process;
    QByteArray seen;
    cli_.start(process, common);
    QVERIFY2(Cli::wait_for_error_text(process, "epoch 20/100000", seen), seen);
    ::kill(static_cast<pid_t>(process.processId()), SIGKILL);
    process.waitForFinished();
    const auto runs = list();
    const int run = runs[0]["id"].toInt();
    QCOMPARE(runs[0]["status"].toString(), QString("died"));
    const auto found = find_checkpoint(folder.toStdString());
    QVERIFY(found && *found);
    const auto step = (*found)->state.position.step;
    const CliResult rest =
        cli_.run(common + QStringList{"--resume", "--max-steps", QString::number(step + 20), "--json", "-"});
    QVERIFY2(rest.exit_code == 0, rest.text());
    QVERIFY2(rest.err.contains(QString("continues run %1 after step").arg(run).toUtf8()), rest.text());
    QCOMPARE(recorded_as(rest), run);
    QCOMPARE(list().size(), runs.size());
    const QJsonDocument whole = show(run);
    QCOMPARE(whole["status"].toString(), QString("finished"));
    QCOMPARE(whole["figures"]["steps"].toInteger(), static_cast<qint64>(step) + 20);
    const QJsonArray epochs = whole["epochs"].toArray();
    QCOMPARE(epochs.size(), rest.json()["epochs"].toArray().size());
    for (qsizetype i = 0; i < epochs.size(); ++i) QCOMPARE(epochs[i]["epoch"].toInt(), static_cast<int>(i) + 1);
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
  /// The number that the run told on standard error; 0: none.
  [[nodiscard]] static int recorded_as(const CliResult& run) {
    static const QRegularExpression told("recorded as run ([0-9]+)");
    return told.match(QString::fromUtf8(run.err)).captured(1).toInt();
  }
  [[nodiscard]] QJsonArray list() const { return cli_.run({"runs", "list", "--json", "-"}).json().array(); }
  [[nodiscard]] QJsonDocument show(int run) const {
    return cli_.run({"runs", "show", QString::number(run), "--json", "-"}).json();
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
