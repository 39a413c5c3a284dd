// SPDX-License-Identifier: GPL-3.0-or-later

// diagnose, whatif, prove, tune and track-record of the real program, on graphs of synthetic loads.

#include "graph/json.h"
#include "support/other_load.h"
#include "support/process.h"
#include "support/synthetic.h"
#include "support/test_program.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonObject>
#include <QTest>

#include <cmath>
#include <optional>

namespace test_cli_diagnose {

using namespace feedline;
using namespace feedline::test;
using Done = feedline::test::CliResult;

class TestCliDiagnose : public QObject {
  Q_OBJECT

 private:
  QString write(const char* name, const SyntheticPipeline& pipeline) {
    const QString path = cli_.path(name);
    const auto saved = save_document(synthetic_graph(cli_.path("data"), pipeline), path.toStdString());
    if (!saved) qFatal("%s", saved.error().line().c_str());
    return path;
  }
  /// Two proofs that look at no verdict, at the same time, since their records only wait.
  struct Proofs {
    Done ranks{};   ///< of two processes, on graphs with one worker and with two
    Done graphs{};  ///< of graphs with one worker and with four
    bool busy = false;
  };
  const Proofs& proofs() {
    if (proofs_) return *proofs_;
    const QString two = write("faster_ranks.feedline", {.stages = {{.wait_ms = 3}, {.wait_ms = 1}}, .workers = 2});
    const QString four = write("fast.feedline", {.stages = {{.wait_ms = 3}, {.wait_ms = 1}}, .workers = 4});
    const OtherLoad load;
    QProcess ranks;  // by the program's own file: it starts itself once more
    cli_.start(ranks, {"prove", slow_, "--with", two, "--nproc", "2", "--seconds", "1", "--json", "-"});
    QProcess graphs;
    cli_.start(graphs, {"prove", slow_, "--with", four, "--seconds", "2", "--json", "-"});
    proofs_ = Proofs{.ranks = Cli::finish(ranks), .graphs = Cli::finish(graphs)};
    proofs_->busy = load.is_high();
    return *proofs_;
  }
  Cli cli_;
  QString slow_;
  std::optional<Proofs> proofs_{};

 private Q_SLOTS:
  void initTestCase() {
    cli_.set_environment("FEEDLINE_DATA", cli_.path("record"));
    slow_ = write("slow.feedline", {.stages = {{.wait_ms = 3}, {.wait_ms = 1}}, .workers = 1});
  }

  void diagnose_holds_the_interface() {
    const OtherLoad load;
    const Done run = cli_.run({"diagnose", slow_, "--seconds", "0.8", "--json", "-"});
    QVERIFY2(run.exit_code == 0, run.text());
    const QJsonObject json = run.json().object();
    const QJsonObject verdict = json["verdict"].toObject();
    for (const char* key : {"kind", "node", "share", "confidence", "text"}) QVERIFY2(verdict.contains(key), key);
    if (load.is_high()) QSKIP(kTooBusy);
    QCOMPARE(verdict["kind"].toString(), QString("preparation_bound"));
    QCOMPARE(verdict["node"].toString(), QString("load1"));
    QVERIFY(verdict["text"].toString().startsWith("Highly input-bound"));
    const double measured = json["measured_samples_per_s"].toDouble();
    QVERIFY2(measured > 150 && measured < 260, QByteArray::number(measured));
    QVERIFY(json["ceiling_samples_per_s"].toDouble() > 4 * measured);
    for (const QJsonValue limit : json["limits"].toArray())
      QVERIFY(limit.toObject().contains("kind") && limit["samples_per_s"].toDouble() > 0);
    QVERIFY(!json["fixes"].toArray().isEmpty());
    for (const QJsonValue fix : json["fixes"].toArray())
      for (const char* key : {"id", "title", "predicted_ratio", "changes_results"})
        QVERIFY2(fix.toObject().contains(key), key);
    QVERIFY2(run.err.contains("ceiling") && run.err.contains("measured"), run.text());  // for people
  }

  void whatif_answers() {
    const OtherLoad load;
    const Done run = cli_.run({"whatif", slow_, "--seconds", "0.6", "--workers", "2", "--json", "-"});
    QVERIFY2(run.exit_code == 0, run.text());
    const QJsonDocument json = run.json();
    // Records wait 4 ms: two workers could do 500 a second, however busy the machine was meanwhile.
    const double two_workers = json["whatif_samples_per_s"].toDouble();
    QVERIFY2(two_workers > 400 && two_workers < 600, run.text());
    const Done faster =
        cli_.run({"whatif", slow_, "--seconds", "0.6", "--workers", "1", "--faster", "load1=3", "--json", "-"});
    QVERIFY2(faster.exit_code == 0, faster.text());
    const QJsonDocument answer = faster.json();
    const double faster_node = answer["whatif_samples_per_s"].toDouble();
    QCOMPARE(cli_.run({"whatif", slow_, "--faster", "nothing=2"}).exit_code, 2);
    QCOMPARE(cli_.run({"whatif", slow_, "--faster", "load1"}).exit_code, 2);
    if (load.is_high()) QSKIP(kTooBusy);
    QVERIFY2(faster_node > 400 && faster_node < 600, faster.text());
  }

  /// More processes than cores, on one machine: the table is there with what it rests on.
  void whatif_of_ranks_says_what_it_rests_on() {
    const Done run = cli_.run({"whatif", slow_, "--seconds", "0.4", "--ranks", "2", "--ranks-per-machine", "2",
                               "--cores", "1", "--json", "-"});
    QVERIFY2(run.exit_code == 0, run.text());
    const QJsonObject scaling = run.json()["scaling"].toObject();
    QVERIFY(scaling["assumptions"].toArray().size() >= 5);
    QCOMPARE(scaling["cores_per_machine"].toDouble(), 1.0);
    const QJsonArray points = scaling["points"].toArray();
    QCOMPARE(points.size(), qsizetype{11});
    QCOMPARE(points[0].toObject()["cores_per_rank"].toDouble(), 1.0);
    QCOMPARE(points[1].toObject()["cores_per_rank"].toDouble(), 0.5);
    QVERIFY(scaling["within_machine"].toObject()["latency_s"].toDouble() >= 0);
    for (const char* part : {"rows", "threads", "rows_s", "optimizer_s", "loader_core_s_a_sample"})
      QVERIFY2(scaling["step"].toObject()[part].isDouble(), part);
  }

  /// A side is a run of two processes, each with the workers of its graph: twice as many are twice as fast.
  void prove_with_two_processes() {
    const Done& run = proofs().ranks;
    if (run.err.contains("Gloo")) QSKIP("this build has no Gloo");
    QVERIFY2(run.exit_code == 0, run.text());
    const QJsonObject json = run.json().object();
    QCOMPARE(json["ranks"].toInt(), 2);
    QVERIFY(json["pairs"].toInt() >= 5);
    const double measured = json["measured_ratio"].toDouble();
    const double rate = json["a"]["samples_per_s"].toDouble();
    QCOMPARE(cli_.run({"diagnose", slow_, "--nproc", "2", "--stalls"}).exit_code, 2);
    if (proofs().busy) QSKIP(kTooBusy);
    QVERIFY2(rate > 300 && rate < 520, run.text());  // 4 ms a record in each of two processes
    QVERIFY2(measured > 1.6 && measured < 2.3, run.text());
    QVERIFY(json["keep"].toBool());
  }

  void prove_measures_and_remembers() {
    const QString out = cli_.path("faster.feedline");
    const OtherLoad load;
    const Done run = cli_.run({"prove", slow_, "--fix", "workers", "--seconds", "2", "--out", out, "--json", "-"});
    if (run.exit_code != 0 && load.is_high()) QSKIP(kTooBusy);  // where cores are taken, no fix is offered
    QVERIFY2(run.exit_code == 0, run.text());
    const QJsonDocument json = run.json();
    for (const char* key : {"predicted_ratio", "measured_ratio", "interval", "pairs", "keep", "a", "b"})
      QVERIFY2(json.object().contains(key), key);
    const double predicted = json["predicted_ratio"].toDouble();
    const double measured = json["measured_ratio"].toDouble();
    QVERIFY(json["interval"][0].toDouble() <= measured && measured <= json["interval"][1].toDouble());
    QVERIFY(QFile::exists(out));

    const Done record = cli_.run({"track-record", "--json", "-"});
    QVERIFY2(record.exit_code == 0, record.text());
    QCOMPARE(record.json()["count"].toInt(), 1);
    QVERIFY(std::abs(record.json()["predictions"][0]["measured_ratio"].toDouble() - measured) < 1e-9);

    const Done unknown = cli_.run({"prove", slow_, "--fix", "magic", "--seconds", "1"});
    QCOMPARE(unknown.exit_code, 2);
    QVERIFY2(unknown.err.contains("workers"), unknown.text());  // what it offers
    QCOMPARE(cli_.run({"prove", slow_}).exit_code, 2);

    if (load.is_high()) QSKIP(kTooBusy);
    QVERIFY2(predicted > 3, run.text());
    QVERIFY2(measured > 2, run.text());
    QVERIFY(json["keep"].toBool());
    QVERIFY(load_document(out.toStdString())->document.find("trainer")->params.at("workers") != Value(std::int64_t{1}));
  }

  void prove_compares_two_graphs() {
    const Done& run = proofs().graphs;
    QVERIFY2(run.exit_code == 0, run.text());
    QVERIFY(run.json()["predicted_ratio"].isNull());
    if (proofs().busy) QSKIP(kTooBusy);
    QVERIFY2(std::abs(run.json()["measured_ratio"].toDouble() - 4) < 0.8, run.text());
    QVERIFY(run.json()["a"]["preparation_s_per_epoch"].toDouble() >
            2 * run.json()["b"]["preparation_s_per_epoch"].toDouble());
  }

  void tune_writes_a_faster_graph() {
    const QString out = cli_.path("tuned.feedline");
    const OtherLoad load;
    const Done run =
        cli_.run({"tune", slow_, "--budget-seconds", "6", "--memory", "100MB", "--out", out, "--json", "-"});
    QVERIFY2(run.exit_code == 0, run.text());
    for (const QJsonValue step : run.json()["steps"].toArray())
      for (const char* key : {"fix", "title", "why", "predicted_ratio", "measured_ratio", "kept"})
        QVERIFY2(step.toObject().contains(key), key);
    QCOMPARE(cli_.run({"validate", out}).exit_code, 0);
    QCOMPARE(cli_.run({"tune", slow_, "--out", "/nowhere/x.feedline"}).exit_code, 2);
    if (load.is_high()) QSKIP(kTooBusy);
    QVERIFY2(run.json()["improved"].toBool(), run.text());
    QVERIFY2(run.json()["ratio"].toDouble() > 2, run.text());
  }

  void mistakes_are_told() {
    QCOMPARE(cli_.run({"diagnose", "/nowhere.feedline"}).exit_code, 2);
    QCOMPARE(cli_.run({"diagnose", "example:idx", "--set", "source.images="}).exit_code, 2);  // no file chosen
    for (const char* command : {"diagnose", "whatif", "prove", "tune", "track-record"})
      QCOMPARE(cli_.run({command, "--help"}).exit_code, 0);
  }
};

FEEDLINE_TEST(TestCliDiagnose)

}  // namespace test_cli_diagnose

#include "test_cli_diagnose.moc"
