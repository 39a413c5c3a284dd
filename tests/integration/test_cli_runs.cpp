// SPDX-License-Identifier: GPL-3.0-or-later
// Runs beside others: its clock only says how long it has waited.

// `feedline-cli run` is recorded, and `feedline-cli runs` looks it up: the real program on small data.

#include "runs/run_store.h"
#include "support/process.h"
#include "support/small_data.h"
#include "support/test_program.h"

#include <QElapsedTimer>
#include <QJsonArray>
#include <QJsonObject>
#include <QRandomGenerator>
#include <QRegularExpression>
#include <QTest>

#include <cmath>
#include <signal.h>

namespace test_cli_runs {

using namespace feedline;
using namespace feedline::test;

class TestCliRuns : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase();
  void a_run_is_recorded_whole();
  void a_run_has_one_rate_wherever_it_is_told();
  void runs_are_compared();
  void figures_are_exported();
  void marks_deleting_and_restoring();
  void what_failed_and_what_was_interrupted_says_so();
  void a_record_that_cannot_be_written_harms_no_run();
  void mistakes_are_named_data();
  void mistakes_are_named();
  void killed_runs_have_died();

 private:
  [[nodiscard]] QStringList train(const QStringList& more) const {
    return QStringList{"run", "example:idx", "--device", "cpu"} + idx_ + more;
  }
  [[nodiscard]] QJsonDocument runs(const QStringList& arguments) const {
    const CliResult done = cli_.run(QStringList{"runs"} + arguments);
    if (done.exit_code != 0) qWarning("%s", done.text().constData());
    return done.json();
  }

  Cli cli_;
  QStringList idx_;
  QByteArray first_told_{};  ///< by the first run, on standard error
};

void TestCliRuns::initTestCase() {
  idx_ = small_idx(cli_.path("data"));
  const CliResult none = cli_.run({"runs", "list"});
  QVERIFY2(none.exit_code == 0 && none.out.contains("No run is recorded"), none.text());
  const CliResult first = cli_.run(train({"--epochs", "2", "--seed", "5", "--json", cli_.path("first.json")}));
  QVERIFY2(first.exit_code == 0 && first.err.contains("recorded as run 1\n"), first.text());
  first_told_ = first.err;
  const CliResult second = cli_.run(train({"--epochs", "1", "--seed", "6", "--set", "batch.size=32"}));
  QVERIFY2(second.exit_code == 0, second.text());
  const CliResult unrecorded = cli_.run(train({"--epochs", "1", "--no-record"}));
  QVERIFY2(unrecorded.exit_code == 0 && !unrecorded.err.contains("recorded"), unrecorded.text());
}

void TestCliRuns::a_run_is_recorded_whole() {
  QCOMPARE(runs({"list", "--json", "-"}).array().size(), 2);
  const CliResult none = cli_.run({"runs", "list", "--tag", "nobody"});
  QVERIFY2(none.exit_code == 0 && none.out.contains("runs list shows all"), none.text());
  const QJsonDocument run = runs({"show", "1", "--json", "-"});
  const QJsonDocument result = QJsonDocument::fromJson(read_file(cli_.path("first.json")));
  QCOMPARE(run["status"].toString(), QString("finished"));
  QCOMPARE(run["file"].toString(), QString("example:idx"));
  QCOMPARE(run["seed"].toInt(), 5);
  QCOMPARE(run["device"].toString(), QString("cpu"));
  QCOMPARE(run["figures"]["steps"], result["steps"]);
  QCOMPARE(run["figures"]["samples"], result["samples"]);
  QCOMPARE(run["figures"]["loss"], result["epochs"][1]["train_loss"]);
  QCOMPARE(run["figures"]["val_accuracy"], result["epochs"][1]["val_accuracy"]);
  QVERIFY(run["figures"]["samples_per_s"].toDouble() > 0 && run["figures"]["cpu_s"].toDouble() > 0);
  QCOMPARE(run["epochs"].toArray().size(), 2);
  QCOMPARE(run["epochs"][0]["train_loss"], result["epochs"][0]["train_loss"]);
  QCOMPARE(run["stages"].toArray().size(), result["stages"].toArray().size());
  QCOMPARE(run["stages"][1]["records"], result["stages"][1]["records"]);
  QCOMPARE(run["parameters"]["trainer.epochs"].toString(), QString("2"));
  QCOMPARE(run["parameters"]["trainer.seed"].toString(), QString("5"));
  QVERIFY(run["parameters"].toObject().contains("source.images"));
  QVERIFY(!run["environment"]["libtorch"].toString().isEmpty() && !run["environment"]["cores"].toString().isEmpty());

  const CliResult shown = cli_.run({"runs", "show", "1"});
  for (const char* word : {"run 1", "finished", "samples/s", "batch", "queue fill", "validation loss", "environment"})
    QVERIFY2(shown.out.contains(word), shown.text());
  const CliResult listed = cli_.run({"runs", "list", "--search", "batch.size=32", "--limit", "5"});
  QVERIFY2(listed.out.startsWith("run") && listed.out.count('\n') == 2 && listed.out.contains("\n2 "), listed.text());
}

/// Terminal, JSON, record and report: training only, whole run.
void TestCliRuns::a_run_has_one_rate_wherever_it_is_told() {
  static const QRegularExpression told("([0-9][0-9,.]*) samples/s \\(training only, whole run\\)");
  static const QRegularExpression reported("samples/s \\(training only, whole run\\)[^0-9]*([0-9][0-9,.]*)");
  const auto number = [](const QRegularExpression& where, const QByteArray& text) {
    return where.match(QString::fromUtf8(text)).captured(1).remove(',').toDouble();
  };
  const QByteArray json = read_file(cli_.path("first.json"));
  const double rate = QJsonDocument::fromJson(json)["samples_per_s"].toDouble();
  QVERIFY(rate > 0);
  QCOMPARE(runs({"show", "1", "--json", "-"})["figures"]["samples_per_s"].toDouble(), rate);
  const double rounding = 0.5 + 0.005 * rate;
  QVERIFY2(std::abs(number(told, first_told_) - rate) <= rounding, first_told_.constData());
  const CliResult shown = cli_.run({"runs", "show", "1"});
  QVERIFY2(std::abs(number(reported, shown.out) - rate) <= rounding, shown.text());
  QVERIFY(cli_.run({"report", "1", "--out", cli_.path("one.html")}).exit_code == 0);
  const QByteArray page = read_file(cli_.path("one.html"));
  QVERIFY(std::abs(number(reported, page) - rate) <= rounding);
}

void TestCliRuns::runs_are_compared() {
  const CliResult compared = cli_.run({"runs", "compare", "1", "2"});
  QVERIFY2(compared.exit_code == 0, compared.text());
  for (const char* word :
       {"run 1", "run 2", "batch.size", "32", "trainer.epochs", "Run 2 trained at", "validation accuracy"})
    QVERIFY2(compared.out.contains(word), compared.text());
  QVERIFY2(!compared.out.contains("source.images"), compared.text());
  const QJsonDocument json = runs({"compare", "1", "2", "--json", "-"});
  QCOMPARE(json["parameters"]["batch.size"][1].toString(), QString("32"));
  QVERIFY(json["changes"][0]["text"].toString().contains("batch.size went from "));
  QVERIFY2(compared.out.contains("time to validation accuracy") &&
               compared.out.contains("training samples to validation accuracy") &&
               compared.out.contains("validation accuracy over time\n") &&
               compared.out.contains("validation accuracy over training samples\n") &&
               compared.out.contains("a run 1, b run 2"),
           compared.text());
  QVERIFY(json["targets"].toArray().size() > 0);
  const CliResult steps = cli_.run({"runs", "compare", "1", "2", "--target", "val_accuracy=0.01", "--over", "steps"});
  QVERIFY2(steps.exit_code == 0 && steps.out.contains("steps to validation accuracy") && steps.out.contains("1.0 %"),
           steps.text());
  QVERIFY2(steps.out.contains("Run 2 reached validation accuracy 1.0 %"), steps.text());
  const QJsonDocument shown = runs({"show", "1", "--target", "val_accuracy=0.01", "--json", "-"});
  QCOMPARE(shown["targets"][0]["reached"]["epoch"].toInt(), 1);
  QCOMPARE(shown["targets"][0]["reached"]["samples"].toDouble(), shown["epochs"][0]["samples"].toDouble());
  QCOMPARE(shown["targets"][0]["reached"]["wall_s"], shown["epochs"][0]["wall_s"]);
  const CliResult unknown = cli_.run({"runs", "compare", "1", "2", "--target", "val_auk=0.5"});
  QVERIFY2(unknown.exit_code == 2 && unknown.errors().front().contains("val_auk"), unknown.text());
  const CliResult same = cli_.run({"runs", "compare", "1", "1"});
  QVERIFY2(same.out.contains("The graph is the same"), same.text());
}

void TestCliRuns::figures_are_exported() {
  const CliResult epochs = cli_.run({"runs", "export", "1", "--table", "epochs"});
  QVERIFY2(epochs.out.startsWith("epoch,train_loss,") && epochs.out.count("\r\n") == 3, epochs.text());
  const CliResult stages = cli_.run({"runs", "export", "1", "--table", "stages", "--out", cli_.path("stages.csv")});
  QVERIFY2(stages.exit_code == 0 && stages.out.isEmpty(), stages.text());
  QVERIFY(read_file(cli_.path("stages.csv")).contains("\r\nbatch,batch,"));
  QVERIFY(cli_.run({"runs", "export", "1"}).out.startsWith("time_s,step,samples_per_s,"));
  QVERIFY(cli_.run({"runs", "export", "1", "--table", "loss"}).out.count("\r\n") > 4);
  const QJsonDocument all = runs({"export", "1", "--format", "json"});
  QVERIFY(all["graph"]["nodes"].toArray().size() > 5);
  QVERIFY(all["loss_curve"].toArray().size() >= 4);
  QCOMPARE(all["series"]["step"].toArray().size(), all["series"]["busy:batch"].toArray().size());
}

void TestCliRuns::marks_deleting_and_restoring() {
  for (const QStringList& arguments :
       QList<QStringList>{{"tag", "1", "baseline"}, {"note", "1", "the first one"}, {"pin", "1"}, {"delete", "2"}})
    QCOMPARE(cli_.run(QStringList{"runs"} + arguments).exit_code, 0);
  const CliResult list = cli_.run({"runs", "list", "--tag", "baseline"});
  QVERIFY2(list.out.contains("* #baseline the first one"), list.text());
  QCOMPARE(runs({"list", "--json", "-"}).array().size(), 1);
  QCOMPARE(cli_.run({"runs", "show", "2"}).exit_code, 2);
  QCOMPARE(runs({"list", "--deleted", "--json", "-"})[0]["id"].toInt(), 2);
  QCOMPARE(cli_.run({"runs", "restore", "2"}).exit_code, 0);
  QCOMPARE(cli_.run({"runs", "tag", "1", "baseline", "--off"}).exit_code, 0);
  const QJsonDocument all = runs({"list", "--json", "-"});
  QCOMPARE(all.array().size(), 2);
  QVERIFY(all[0]["pinned"].toBool() && all[0]["tags"].toArray().isEmpty());
}

void TestCliRuns::what_failed_and_what_was_interrupted_says_so() {
  const CliResult failed =
      cli_.run({"run", "example:image-folder", "--set", "source.folder=" + cli_.path("empty"), "--epochs", "1"});
  QVERIFY(failed.exit_code != 0);
  QProcess process;
  cli_.start(process, train({"--epochs", "1000"}));
  QByteArray seen;
  QVERIFY2(Cli::wait_for_error_text(process, "epoch 1/1000", seen), seen);
  ::kill(static_cast<pid_t>(process.processId()), SIGINT);
  QCOMPARE(Cli::finish(process, seen).exit_code, 130);
  const QJsonDocument list = runs({"list", "--search", "stopped", "--json", "-"});
  QCOMPARE(list.array().size(), 1);
  QVERIFY(list[0]["figures"]["epoch"].toInt() >= 1);
}

void TestCliRuns::a_record_that_cannot_be_written_harms_no_run() {
  Cli other;
  write_file(other.path("record/runs.db"), QByteArray(4096, 'x'));
  const CliResult run = other.run(train({"--epochs", "1", "--json", "-"}));
  QVERIFY2(run.exit_code == 0 && run.json()["result"].toString() == "completed", run.text());
  QCOMPARE(run.err.count("warning: "), 1);
  QVERIFY2(run.err.contains("runs.db") && !run.err.contains("recorded as"), run.text());
}

void TestCliRuns::mistakes_are_named_data() {
  QTest::addColumn<QStringList>("arguments");
  QTest::addColumn<QByteArray>("words");
  QTest::newRow("no such run") << QStringList{"show", "77"} << QByteArray("there is no run 77");
  QTest::newRow("misspelled") << QStringList{"lst"} << QByteArray("Did you mean list?");
  QTest::newRow("no command") << QStringList{} << QByteArray("Choose one of list, show, compare");
  QTest::newRow("one run to compare") << QStringList{"compare", "1"} << QByteArray("error: ");
  QTest::newRow("not a tag") << QStringList{"tag", "1", "a b"} << QByteArray("'a b' cannot be a tag");
  QTest::newRow("no such table") << QStringList{"export", "1", "--table", "x"} << QByteArray("error: ");
}

void TestCliRuns::mistakes_are_named() {
  QFETCH(QStringList, arguments);
  QFETCH(QByteArray, words);
  const CliResult run = cli_.run(QStringList{"runs"} + arguments);
  QCOMPARE(run.exit_code, 2);
  QVERIFY2(run.out.isEmpty() && run.err.contains(words), run.text());
}

/// The rest of it, with more kills and without a model in the way: test_runs_killed.
void TestCliRuns::killed_runs_have_died() {
  QRandomGenerator random(7);
  int known = 0;
  for (int i = 0; i < 4; ++i) {
    QProcess process;
    cli_.start(process, train({"--epochs", "100000", "--set", QString("trainer.seed=%1").arg(100 + i)}));
    QByteArray seen;
    QVERIFY2(Cli::wait_for_error_text(process, "epoch 1/100000", seen), seen);
    QTest::qWait(random.bounded(50, 300) + 250 * i);  // spread over the second in which the record is written
    seen += process.readAllStandardError();
    const auto epochs = seen.count("\nepoch ");
    if (i % 2 == 0) QTest::qWait(1000);  // what was seen until then must be there
    process.kill();
    process.waitForFinished();
    auto database = Database::open(cli_.path("record/runs.db").toStdString());
    QVERIFY2(database, database ? "" : database.error().line().c_str());
    auto integrity = database->prepare("PRAGMA integrity_check");
    QVERIFY(integrity && integrity->step());
    QCOMPARE(integrity->text(0), std::string("ok"));
    const auto found = list_runs(*database, {.text = "trainer.seed=" + std::to_string(100 + i)});
    QVERIFY(found && found->size() == 1);
    QCOMPARE(name(found->front().status), name(RunStatus::Died));
    if (i % 2 != 0) continue;
    const auto run = load_run(*database, found->front().id);
    QVERIFY2(run && static_cast<qsizetype>(run->epochs.size()) >= epochs, seen);
    known += static_cast<int>(epochs);
  }
  QVERIFY(known > 0);
}

FEEDLINE_TEST(TestCliRuns)

}  // namespace test_cli_runs

#include "test_cli_runs.moc"
