// SPDX-License-Identifier: GPL-3.0-or-later

// `find-lr` of the real program: the table, the JSON, what it writes and what it refuses.

#include "graph/edit.h"
#include "graph/json.h"
#include "support/places.h"
#include "support/process.h"
#include "support/small_data.h"
#include "support/test_program.h"

#include <QFile>
#include <QJsonArray>
#include <QJsonObject>
#include <QTest>

namespace test_cli_find_lr {

using namespace feedline;
using namespace feedline::test;

class TestCliFindLr : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void initTestCase() {
    QVERIFY(QFile::copy(source_dir("/resources/examples/idx.feedline"), graph_));
    QVERIFY(QFile::setPermissions(graph_, QFile::ReadOwner | QFile::WriteOwner));
    before_ = read();
  }

  void proposes_and_writes_only_when_asked() {
    const CliResult run = cli_.run(test_of_rates_ + QStringList{"--json", "-"});
    QVERIFY2(!run.crashed && run.exit_code == 0, run.text());
    const QJsonDocument json = run.json();
    QVERIFY2(json.isObject(), run.text());
    QCOMPARE(json["node"].toString(), QString("optimizer"));
    const double proposed = json["proposed"].toDouble();
    QVERIFY2(proposed > 1e-7 && proposed < 10, run.text());
    QVERIFY(json["curve"].toArray().size() > 20);
    QVERIFY2(run.err.contains("Proposed: optimizer.learning_rate="), run.text());
    QVERIFY2(run.err.contains("smoothed loss over learning rate"), run.text());
    QCOMPARE(read(), before_);

    const CliResult written = cli_.run(test_of_rates_ + QStringList{"--set", "optimizer.beta1=0.8", "--write"});
    QVERIFY2(written.exit_code == 0 && written.out.contains("Proposed"), written.text());
    const auto loaded = from_json(read().toStdString());
    QVERIFY(loaded);
    const double rate = std::get<double>(loaded->document.find("optimizer")->params.at("learning_rate"));
    QVERIFY2(written.err.contains("wrote optimizer.learning_rate="), written.text());
    QVERIFY(rate > 1e-7 && rate < 10);
    // Nothing else in the file is another: what --set changed counts for the test alone.
    auto original = from_json(before_.toStdString());
    QVERIFY(original);
    QVERIFY(
        original->document.apply(Edit{SetParam{.node = "optimizer", .param = "learning_rate", .value = Value(rate)}}));
    QVERIFY(loaded->document == original->document);
  }

  void refuses_data() {
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("word");
    QTest::newRow("range") << QStringList{graph_, "--from", "1", "--to", "0.1"} << "--from";
    QTest::newRow("no rate") << QStringList{graph_, "--from", "abc"} << "'abc' is no rate above 0";
    QTest::newRow("few steps") << QStringList{graph_, "--steps", "3"} << "--steps";
    QTest::newRow("example") << QStringList{"example:quickstart", "--write"} << "example";
    QTest::newRow("no optimiser") << QStringList{"example:baseline"} << "optimiser";
    QTest::newRow("no file") << QStringList{cli_.path("none.feedline")} << "none.feedline";
  }
  void refuses() {
    QFETCH(QStringList, arguments);
    QFETCH(QString, word);
    const CliResult run = cli_.run(QStringList{"find-lr"} + arguments);
    QVERIFY2(!run.crashed && run.exit_code == 2, run.text());
    QCOMPARE(run.errors().size(), 1);
    QVERIFY2(run.errors().front().contains(word), run.text());
  }

 private:
  [[nodiscard]] QByteArray read() const {
    QFile file(graph_);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
  }

  Cli cli_;
  QString graph_ = cli_.path("graph.feedline");
  QStringList test_of_rates_ = QStringList{"find-lr", graph_, "--steps", "60"} + small_idx(cli_.path("data"));
  QByteArray before_{};
};

FEEDLINE_TEST(TestCliFindLr)

}  // namespace test_cli_find_lr

#include "test_cli_find_lr.moc"
