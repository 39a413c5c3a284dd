// SPDX-License-Identifier: GPL-3.0-or-later

// `study` and `baselines` of the real program on small data: the ranking, the record, what ends it early and what it
// refuses.

#include "graph/json.h"
#include "runs/run_store.h"
#include "support/fixtures.h"
#include "support/process.h"
#include "support/run_recorder.h"
#include "support/test_program.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonObject>
#include <QProcess>
#include <QTest>

#include <signal.h>

namespace test_cli_study {

using namespace feedline;
using namespace feedline::test;

class TestCliStudy : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() {
    const Document graph = with(small_network(cli_.path("")), "trainer", "epochs", std::int64_t{4});
    QVERIFY(save_document(graph, graph_.toStdString()));
  }

  void settings_are_ranked_and_recorded() {
    const CliResult first = cli_.run(study("first"));
    QVERIFY2(!first.crashed && first.exit_code == 0, first.text());
    const QJsonDocument json = first.json();
    QVERIFY2(json.isObject(), first.text());
    first_ = json;
    QCOMPARE(json["end"].toString(), QString("complete"));
    QCOMPARE(json["metric"].toString(), QString("val_accuracy"));
    // Four settings, four epochs: one, then two of the better half, then all of the best.
    QCOMPARE(json["rungs"].toArray().size(), 3);
    const QJsonArray settings = json["settings"].toArray();
    QCOMPARE(settings.size(), 4);
    QStringList states;
    for (const QJsonValue setting : settings) states << setting["state"].toString();
    QCOMPARE(states, QStringList({"complete", "stopped", "stopped", "stopped"}));
    QCOMPARE(settings[0]["epochs"].toInt(), 4);
    QCOMPARE(settings[1]["epochs"].toInt(), 2);
    QCOMPARE(settings[3]["epochs"].toInt(), 1);
    QVERIFY2(settings[0]["setting"].toString() != "adam.learning_rate=0.0000001", first.text());
    QCOMPARE(settings[0]["value"]["n"].toInt(), 2);
    QCOMPARE(settings[0]["value"]["interval"].toArray().size(), 2);
    bool front = false;
    for (const QJsonValue setting : settings) front = front || setting["front"].toBool();
    QVERIFY2(front, first.text());
    QVERIFY2(first.err.contains("runs list --tag first"), first.text());

    // The same seeds have the same ranking, and the same losses.
    const CliResult again = cli_.run(study("again"));
    QVERIFY2(again.exit_code == 0, again.text());
    QCOMPARE(ranking_of(again.json()), ranking_of(json));
    QCOMPARE(losses_of(again.json()), losses_of(json));

    // Each trial is one run, however often it was stopped and went on; its epochs are those of all its parts.
    const CliResult list = cli_.run({"runs", "list", "--tag", "first", "--json", "-"});
    QCOMPARE(list.json().array().size(), 8);
    const int best = settings[0]["runs"][0].toInt();
    QVERIFY(best > 0);
    const QJsonDocument run = cli_.run({"runs", "show", QString::number(best), "--json", "-"}).json();
    QCOMPARE(run["epochs"].toArray().size(), 4);
    QVERIFY2(run["note"].toString().contains(settings[0]["setting"].toString()), run["note"].toString().toUtf8());
  }

  /// Stopping at rungs changes nothing: the losses are those of a run that was never stopped.
  void a_trial_that_went_on_equals_a_whole_run() {
    const QJsonDocument& json = first_;
    const QString best = json["settings"][0]["setting"].toString();
    for (const QJsonValue trial : json["trials"].toArray()) {
      if (trial["setting"].toString() != best || trial["seed"].toInt() != json["trials"][0]["seed"].toInt()) continue;
      const CliResult run = cli_.run({"run", graph_, "--device", "cpu", "--no-record", "--no-checkpoints", "--set",
                                      best, "--seed", QString::number(trial["seed"].toInt()), "--json", "-"});
      const QJsonArray epochs = run.json()["epochs"].toArray();
      QCOMPARE(epochs.size(), trial["epochs"].toArray().size());
      for (int i = 0; i < epochs.size(); ++i)
        QCOMPARE(trial["epochs"][i]["metrics"][0]["value"].toDouble(), epochs[i]["train_loss"].toDouble());
    }
  }

  void a_target_and_a_table() {
    const CliResult run = cli_.run({"study", graph_, "--device", "cpu", "--vary", "batch.size=16,32", "--target",
                                    "val_accuracy=0.01", "--no-record", "--csv", cli_.path("study.csv")});
    QVERIFY2(run.exit_code == 0, run.text());
    for (const char* word : {"batch.size=16", "Pareto front of time to target", "<- front", "One seed"})
      QVERIFY2(run.out.contains(word), run.text());
    QFile csv(cli_.path("study.csv"));
    QVERIFY(csv.open(QIODevice::ReadOnly));
    const QByteArray text = csv.readAll();
    QVERIFY2(text.startsWith("setting,seed,run,complete,epochs,") && text.count("\r\n") == 3, text.constData());
    QCOMPARE(cli_.run({"runs", "list", "--search", "batch.size=16", "--json", "-"}).json().array().size(), 0);
  }

  void other_graphs_are_settings() {
    const Document small = with(small_network(cli_.path("")), "trainer", "epochs", std::int64_t{1});
    QVERIFY(save_document(small, cli_.path("short.feedline").toStdString()));
    const CliResult run = cli_.run({"study", graph_, "--device", "cpu", "--no-record", "--with",
                                    "short=" + cli_.path("short.feedline"), "--json", "-"});
    QVERIFY2(run.exit_code == 0, run.text());
    QStringList names = ranking_of(run.json());
    names.sort();
    QCOMPARE(names, QStringList({"as it is", "short"}));
  }

  void a_budget_bounds_it() {
    const CliResult small =
        cli_.run({"study", graph_, "--device", "cpu", "--no-record", "--set", "trainer.epochs=100000", "--vary",
                  "adam.learning_rate=0.001,0.01", "--budget", "8s", "--json", "-"});
    QVERIFY2(small.exit_code == 0, small.text());
    QVERIFY2(small.json()["seconds"].toDouble() < 30, small.text());
    const QJsonArray rungs = small.json()["rungs"].toArray();
    QVERIFY2(rungs.last()["epochs"].toInt() < 100000, small.text());
    const CliResult none = cli_.run({"study", graph_, "--device", "cpu", "--no-record", "--vary",
                                     "adam.learning_rate=0.001,0.01", "--budget", "0.001s"});
    QVERIFY2(none.exit_code == 2, none.text());
    QVERIFY2(none.errors().front().contains("budget"), none.text());
  }

  void ctrl_c_shows_what_is_known() {
    QProcess process;
    cli_.start(process, {"study", graph_, "--device", "cpu", "--set", "trainer.epochs=1000000", "--vary",
                         "adam.learning_rate=0.001,0.01", "--name", "cut", "--json", cli_.path("cut.json")});
    QVERIFY(process.waitForStarted());
    // Its first run has an epoch in the record.
    QTRY_VERIFY_WITH_TIMEOUT(newest_epochs() > 0, 60'000);
    ::kill(static_cast<pid_t>(process.processId()), SIGINT);
    const CliResult cut = Cli::finish(process);
    QVERIFY2(!cut.crashed && cut.exit_code == 130, cut.text());
    QFile file(cli_.path("cut.json"));
    QVERIFY2(file.open(QIODevice::ReadOnly), cut.text());
    const QJsonDocument json = QJsonDocument::fromJson(file.readAll());
    QCOMPARE(json["end"].toString(), QString("interrupted"));
    QVERIFY2(json["trials"][0]["epochs"].toArray().size() > 0, cut.text());
  }

  void baselines_say_whether_it_is_worth_its_time() {
    const CliResult run = cli_.run({"baselines", graph_, "--device", "cpu", "--models", "majority_class,as_drawn",
                                    "--folds", "2", "--name", "simple", "--json", cli_.path("baselines.json")});
    QVERIFY2(run.exit_code == 0, run.text());
    for (const char* word :
         {"Majority class", "As drawn", "validation", "fitting", "<- front", "Predicting", "2 models in 2 "})
      QVERIFY2(run.out.contains(word), run.text());
    const QJsonDocument json = QJsonDocument::fromJson(read_file(cli_.path("baselines.json")));
    QCOMPARE(json["metric"].toString(), QString("val_accuracy"));
    QCOMPARE(json["models"][0]["model"].toString(), QString("majority_class"));
    QCOMPARE(json["models"][1]["values"].toArray().size(), 2);
    QVERIFY2(json["models"][1]["fit_s"]["mean"].toDouble() > json["models"][0]["fit_s"]["mean"].toDouble(), run.text());
    QVERIFY2(!json["words"].toArray().isEmpty() && json["steps"].isArray(), run.text());
    QCOMPARE(cli_.run({"runs", "list", "--tag", "simple", "--json", "-"}).json().array().size(), 4);
    const CliResult none = cli_.run({"baselines", graph_, "--models", "perceptron"});
    QVERIFY2(none.exit_code == 2 && none.errors().front().contains("majority_class"), none.text());
  }

  void refuses_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("word");
    QTest::newRow("nothing to compare") << QStringList{} << "--vary";
    QTest::newRow("no parameter") << QStringList{"--vary", "batch.sise=1,2"} << "batch.sise";
    QTest::newRow("no node") << QStringList{"--vary", "bach.size=1,2"} << "bach";
    QTest::newRow("value") << QStringList{"--vary", "batch.size=16,-1"} << "batch.size";
    QTest::newRow("no values") << QStringList{"--vary", "batch.size"} << "--vary";
    QTest::newRow("target") << QStringList{"--seeds", "2", "--target", "val_accuracy"} << "--target";
    QTest::newRow("unknown metric") << QStringList{"--seeds", "2", "--target", "val_auk=0.9"} << "val_auk";
    QTest::newRow("fix") << QStringList{"--fix", "no-such-fix"} << "no-such-fix";
    QTest::newRow("with") << QStringList{"--with", "file"} << "--with";
    QTest::newRow("no end") << QStringList{"--seeds", "2", "--set", "trainer.epochs=0"} << "--budget";
    QTest::newRow("name") << QStringList{"--seeds", "2", "--name", "two words"} << "--name";
    QTest::newRow("budget") << QStringList{"--seeds", "2", "--budget", "soon"} << "--budget";
  }
  void refuses() {
    QFETCH(QStringList, arguments);
    QFETCH(QString, word);
    const CliResult run = cli_.run(QStringList{"study", graph_, "--device", "cpu", "--no-record"} + arguments);
    QVERIFY2(!run.crashed && run.exit_code == 2, run.text());
    QVERIFY2(run.errors().size() == 1 && run.errors().front().contains(word), run.text());
  }

 private:
  [[nodiscard]] QStringList study(const QString& name) const {
    return {"study",   graph_, "--device", "cpu", "--vary", "adam.learning_rate=0.0000001,0.001,0.003,0.01",
            "--seeds", "2",    "--name",   name,  "--json", "-"};
  }
  /// Of the run that began last, in the record.
  [[nodiscard]] std::size_t newest_epochs() const {
    auto database = Database::open(cli_.path("record/runs.db").toStdString());
    if (!database) return 0;
    const auto runs = list_runs(*database, {.text = "trainer.epochs=1000000"});
    if (!runs || runs->empty()) return 0;
    const auto run = load_run(*database, runs->front().id);
    return run ? run->epochs.size() : 0;
  }
  [[nodiscard]] static QStringList ranking_of(const QJsonDocument& json) {
    QStringList names;
    for (const QJsonValue setting : json["settings"].toArray()) names << setting["setting"].toString();
    return names;
  }
  [[nodiscard]] static QList<double> losses_of(const QJsonDocument& json) {
    QList<double> losses;
    for (const QJsonValue trial : json["trials"].toArray())
      for (const QJsonValue epoch : trial["epochs"].toArray()) losses << epoch["metrics"][0]["value"].toDouble();
    return losses;
  }

  Cli cli_;
  QJsonDocument first_{};  ///< of the first study
  QString graph_ = cli_.path("graph.feedline");
};

FEEDLINE_TEST(TestCliStudy)

}  // namespace test_cli_study

#include "test_cli_study.moc"
