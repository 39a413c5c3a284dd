// SPDX-License-Identifier: GPL-3.0-or-later

// `bench` of the real program: the table, the JSON, interruption.

#include "support/process.h"
#include "support/test_program.h"

#include <QJsonArray>
#include <QJsonObject>
#include <QTest>

#include <signal.h>

namespace test_cli_bench {

using namespace feedline::test;

class TestCliBench : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void json_goes_to_standard_output_and_the_table_to_people() {
    const CliResult run = cli_.run({"bench", "--seconds", "0.01", "--rounds", "1", "--photos", "16", "--json", "-"});
    QVERIFY2(!run.crashed && run.exit_code == 0, run.text());
    const QJsonDocument json = run.json();
    QVERIFY2(json.isObject(), run.text());
    QCOMPARE(json["rounds"].toInt(), 1);
    QVERIFY(json["workers"].toInt() >= 1 && json["versions"].toObject().contains("feedline"));
    QVERIFY(json["figures"].toArray().size() >= 8);
    for (const QJsonValue& figure : json["figures"].toArray()) {
      for (const char* key : {"id", "text", "unit", "median", "least", "most", "values"})
        QVERIFY2(figure.toObject().contains(QLatin1String(key)), key);
      const QByteArray text = figure["text"].toString().toUtf8();
      QVERIFY2(run.err.contains(text.left(40)), text + " is missing in the table\n" + run.err);
    }
  }

  void an_interrupt_stops_it() {
    QProcess process;
    cli_.start(process, {"bench", "--photos", "16", "--seconds", "3600"});
    QByteArray seen;
    QVERIFY2(Cli::wait_for_error_text(process, "photos\n", seen), seen);
    ::kill(static_cast<pid_t>(process.processId()), SIGINT);
    const CliResult run = Cli::finish(process, seen);
    QVERIFY2(!run.crashed && run.exit_code == 130, run.text());
    QVERIFY2(run.err.contains("stopped cleanly") && run.out.isEmpty(), run.text());
  }

  void bad_input_is_told_before_anything_is_measured_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("word");
    QTest::newRow("no time") << QStringList{"--seconds", "0"} << "--seconds";
    QTest::newRow("no rounds") << QStringList{"--rounds", "0"} << "--rounds";
    QTest::newRow("no such folder") << QStringList{"--json", cli_.path("none/x.json")} << "none/x.json";
  }
  void bad_input_is_told_before_anything_is_measured() {
    QFETCH(QStringList, arguments);
    QFETCH(QString, word);
    const CliResult run = cli_.run(QStringList{"bench"} + arguments);
    QVERIFY2(!run.crashed && run.exit_code == 2, run.text());
    QCOMPARE(run.errors().size(), 1);
    QVERIFY2(run.errors().front().contains(word), run.text());
    QVERIFY(run.out.isEmpty());
  }

 private:
  Cli cli_;
};

FEEDLINE_TEST(TestCliBench)

}  // namespace test_cli_bench

#include "test_cli_bench.moc"
