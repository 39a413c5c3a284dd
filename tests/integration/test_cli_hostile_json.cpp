// SPDX-License-Identifier: GPL-3.0-or-later

// Every file of the JSON test suites through `validate`: none is a graph, so each gets one line that names it.

#include "support/places.h"
#include "support/process.h"
#include "support/small_data.h"
#include "support/test_program.h"

#include <QDir>
#include <QDirIterator>
#include <QTest>

namespace test_cli_hostile_json {

using namespace feedline::test;

class TestCliHostileJson : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void every_file_is_refused_by_name();
  void made_up_files_are_refused_data();
  void made_up_files_are_refused();

 private:
  Cli cli_;
};

void TestCliHostileJson::every_file_is_refused_by_name() {
  const QString folder = feedline::test::shared_data("/hostile/json");
  QStringList files;
  for (QDirIterator it(folder, QDir::Files, QDirIterator::Subdirectories); it.hasNext();) files << it.next();
  if (files.isEmpty()) QSKIP("no hostile JSON below shared/data");
  files.sort();

  // One process for all: a crash anywhere loses the lines of every later file.
  const CliResult run = cli_.run(QStringList{"validate"} + files);
  QVERIFY2(!run.crashed && run.exit_code == 2, run.text());
  QVERIFY2(run.out.isEmpty(), run.text());
  const QStringList errors = run.errors();
  QCOMPARE(run.err.count('\n'), errors.size());
  QCOMPARE(errors.size(), files.size());
  for (qsizetype i = 0; i < files.size(); ++i)
    QVERIFY2(errors[i].contains(files[i]), qPrintable(files[i] + " is not named by: " + errors[i]));
}

void TestCliHostileJson::made_up_files_are_refused_data() {
  QTest::addColumn<QByteArray>("bytes");
  QTest::newRow("empty") << QByteArray();
  QTest::newRow("null bytes") << QByteArray(100, '\0');
  QTest::newRow("a list") << QByteArray("[1, 2]");
  QTest::newRow("no version") << QByteArray("{\"nodes\": []}");
  QTest::newRow("deep") << QByteArray("{\"feedline\": 1, \"nodes\": ") + QByteArray(200000, '[');
  QTest::newRow("nodes no list") << QByteArray("{\"feedline\": 1, \"nodes\": 7}");
  QTest::newRow("id no text") << QByteArray("{\"feedline\": 1, \"nodes\": [{\"id\": 7, \"type\": \"relu\"}]}");
  QTest::newRow("two of one id") << QByteArray(
      "{\"feedline\": 1, \"nodes\": [{\"id\": \"a\", \"type\": \"relu\"}, {\"id\": \"a\", \"type\": \"relu\"}]}");
  QTest::newRow("wire to nowhere") << QByteArray(
      "{\"feedline\": 1, \"nodes\": [{\"id\": \"a\", \"type\": \"relu\"}], \"links\": [{\"from\": \"a.y\", \"to\": "
      "\"b.x\"}]}");
}

void TestCliHostileJson::made_up_files_are_refused() {
  QFETCH(QByteArray, bytes);
  const QString path = cli_.path("bad.feedline");
  write_file(path, bytes);
  const CliResult run = cli_.run({"validate", path});
  QVERIFY2(!run.crashed && run.exit_code == 2, run.text());
  QCOMPARE(run.errors().size(), 1);
  QVERIFY2(run.errors().first().contains("bad.feedline"), run.text());
}

FEEDLINE_TEST(TestCliHostileJson)

}  // namespace test_cli_hostile_json

#include "test_cli_hostile_json.moc"
