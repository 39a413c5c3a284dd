// SPDX-License-Identifier: GPL-3.0-or-later

// An estimator in the place of a network, for all that looks at a run: record, comparison, report, profile, diagnosis
// and proof. The real program on the example that ships.

#include "support/fixtures.h"
#include "support/process.h"
#include "support/test_program.h"

#include <QJsonArray>
#include <QJsonObject>
#include <QTest>

namespace test_cli_estimator {

using namespace feedline::test;

class TestCliEstimator : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase();
  void a_run_is_recorded();
  void runs_are_compared();
  void a_report_is_written();
  void a_profile_names_its_phases();
  void a_diagnosis_offers_no_fix_of_networks();
  void a_proof_runs_both_graphs();

 private:
  [[nodiscard]] CliResult run(const QStringList& arguments) const {
    CliResult done = cli_.run(arguments);
    if (done.exit_code != 0) qWarning("%s", done.text().constData());
    return done;
  }
  /// With a quarter of its pictures, which are painted first.
  [[nodiscard]] CliResult on_example(const QString& command, const QStringList& more) const {
    return run(QStringList{command, "example:baseline", "--set", "source.count=1000"} + more);
  }

  Cli cli_;
};

void TestCliEstimator::initTestCase() {
  QVERIFY(on_example("run", {"--seed", "3", "--json", cli_.path("first.json")}).exit_code == 0);
  QVERIFY(on_example("run", {"--set", "majority.smoothing=5", "--seed", "3"}).exit_code == 0);
}

void TestCliEstimator::a_run_is_recorded() {
  const QJsonDocument told = QJsonDocument::fromJson(read_file(cli_.path("first.json")));
  const QJsonDocument kept = run({"runs", "show", "1", "--json", "-"}).json();
  QCOMPARE(kept["status"].toString(), QString("finished"));
  QCOMPARE(kept["figures"]["samples"].toInt(), 800);
  QCOMPARE(kept["figures"]["val_accuracy"], told["epochs"][0]["val_accuracy"]);
  const double accuracy = kept["figures"]["val_accuracy"].toDouble();
  QVERIFY2(accuracy > 0.05 && accuracy < 0.4, qPrintable(QString::number(accuracy)));  // one of eight classes
  const QByteArray text = run({"runs", "show", "1"}).out;
  QVERIFY2(text.contains("majority_class") && !text.contains("0.00 ms"), text.constData());
}

void TestCliEstimator::runs_are_compared() {
  const CliResult compared = run({"runs", "compare", "1", "2"});
  QVERIFY2(compared.exit_code == 0 && compared.out.contains("majority.smoothing"), compared.text());
  QVERIFY2(compared.out.contains("validation accuracy"), compared.text());
}

void TestCliEstimator::a_report_is_written() {
  QVERIFY(run({"report", "1", "--out", cli_.path("run1.html")}).exit_code == 0);
  const QByteArray page = read_file(cli_.path("run1.html"));
  QVERIFY(page.contains("majority_class") && page.contains("validation accuracy"));
  QVERIFY2(!page.contains("NaN") && !page.contains(">nan"), "figures that an estimator lacks are left out");
}

void TestCliEstimator::a_profile_names_its_phases() {
  const CliResult done = on_example("profile", {"--seconds", "1"});
  QVERIFY2(done.exit_code == 0, done.text());
  QVERIFY2(done.out.contains("source") && done.out.contains("batch"), done.text());
  QVERIFY2(!done.out.contains("backward") && !done.out.contains("optimiser"), done.text());
}

void TestCliEstimator::a_diagnosis_offers_no_fix_of_networks() {
  const CliResult done = on_example("diagnose", {"--seconds", "1"});
  QVERIFY2(done.exit_code == 0, done.text());
  for (const char* of_networks : {"bfloat16", "channels_last", "replicas"})
    QVERIFY2(!done.out.contains(of_networks), done.text());
}

void TestCliEstimator::a_proof_runs_both_graphs() {
  const QString larger = cli_.path("larger.feedline");
  QVERIFY(run({"new", "baseline", larger}).exit_code == 0);
  const QByteArray source = "\"generated_pictures\", \"version\": 1, \"params\": {}";
  QByteArray graph = read_file(larger);
  QVERIFY(graph.contains(source));
  graph.replace(source, "\"generated_pictures\", \"version\": 1, \"params\": {\"count\": 1000}");
  write_file(larger, graph.replace("\"size\": 64", "\"size\": 512"));
  const CliResult done = on_example("prove", {"--with", larger, "--seconds", "1"});
  QVERIFY2(done.exit_code == 0 && done.out.contains("95 % interval"), done.text());
}

FEEDLINE_TEST(TestCliEstimator)

}  // namespace test_cli_estimator

#include "test_cli_estimator.moc"
