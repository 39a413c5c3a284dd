// SPDX-License-Identifier: GPL-3.0-or-later

// What the curves of a run say, wherever it is told: while it goes on, at its end, in its JSON, in the record, and in
// diagnose. The real program on small data.

#include "support/process.h"
#include "support/small_data.h"
#include "support/test_program.h"

#include <QJsonArray>
#include <QJsonObject>
#include <QTest>

namespace test_cli_curves {

using namespace feedline;
using namespace feedline::test;

class TestCliCurves : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() { idx_ = small_idx(cli_.path("data"), 256, 128); }

  /// A learning rate of next to nothing teaches nothing, whatever else is drawn by chance. The running statistics of
  /// the norms settle within the first half of the epochs.
  void a_finding_is_told_everywhere() {
    const CliResult before = diagnose();
    QVERIFY2(before.exit_code == 0, before.text());
    QVERIFY(before.json()["curves"].isArray() && before.json()["curves"].toArray().isEmpty());
    QVERIFY(before.json()["curves_run"].isNull());

    const CliResult run = cli_.run(QStringList{"run", "example:idx", "--device", "cpu"} + idx_ + standing_still_ +
                                   QStringList{"--epochs", "12", "--json", "-"});
    QVERIFY2(run.exit_code == 0, run.text());
    const QJsonArray curves = run.json()["curves"].toArray();
    QVERIFY2(!curves.isEmpty(), run.text());
    const QJsonObject first = curves[0].toObject();
    for (const char* key : {"kind", "headline", "evidence", "remedy"}) QVERIFY2(first.contains(key), key);
    QVERIFY(!first["kind"].toString().isEmpty() && !first["evidence"].toArray().isEmpty());
    QVERIFY2(run.err.contains(first["headline"].toString().toUtf8()), run.text());
    const CliResult shown = cli_.run({"runs", "show", "1", "--json", "-"});
    QVERIFY2(shown.json()["verdict"]["text"].toString().contains(first["headline"].toString()), shown.text());

    const CliResult same = diagnose();
    QVERIFY2(same.exit_code == 0, same.text());
    QCOMPARE(same.json()["curves_run"].toInt(), 1);
    QCOMPARE(same.json()["curves"].toArray(), curves);
    QVERIFY2(same.err.contains("The curves of run 1: "), same.text());

    // Of another graph they say nothing.
    const CliResult other = diagnose({"--set", "optimizer.learning_rate=0.01"});
    QVERIFY2(other.exit_code == 0, other.text());
    QVERIFY(other.json()["curves_run"].isNull() && other.json()["curves"].toArray().isEmpty());
  }

  void a_short_run_has_none() {
    const CliResult run = cli_.run(QStringList{"run", "example:idx", "--device", "cpu"} + idx_ +
                                   QStringList{"--epochs", "1", "--no-record", "--json", "-"});
    QVERIFY2(run.exit_code == 0, run.text());
    QVERIFY(run.json()["curves"].isArray() && run.json()["curves"].toArray().isEmpty());
  }

 private:
  [[nodiscard]] CliResult diagnose(const QStringList& more = {}) const {
    return cli_.run(QStringList{"diagnose", "example:idx", "--device", "cpu", "--seconds", "0.3", "--json", "-"} +
                    idx_ + standing_still_ + more);
  }

  Cli cli_;
  QStringList idx_;
  QStringList standing_still_{"--set", "optimizer.learning_rate=1e-12", "--set", "batch.size=32"};
};

FEEDLINE_TEST(TestCliCurves)

}  // namespace test_cli_curves

#include "test_cli_curves.moc"
