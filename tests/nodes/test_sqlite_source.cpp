// SPDX-License-Identifier: GPL-3.0-or-later
#include "schema/source_report.h"
#include "support/fixtures.h"
#include "support/table_rows.h"
#include "support/test_program.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <sqlite3.h>
#include <thread>

namespace test_sqlite_source {

using namespace feedline;
using namespace feedline::test;

namespace {

/// Another program that has the database open.
class Writer {
 public:
  explicit Writer(const QString& path) {
    if (sqlite3_open(path.toUtf8().constData(), &database_) != SQLITE_OK) qFatal("%s", sqlite3_errmsg(database_));
  }
  ~Writer() { sqlite3_close(database_); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  void run(const std::string& sql) {
    if (sqlite3_exec(database_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
      qFatal("%s: %s", sql.c_str(), sqlite3_errmsg(database_));
  }

 private:
  sqlite3* database_ = nullptr;
};

constexpr const char* kPeople =
    "CREATE TABLE people (age REAL, job TEXT, income TEXT);"
    "INSERT INTO people VALUES (39, 'clerk', 'low'), (NULL, 'sales', 'high'), ('28.5', NULL, 'low'), (51, '?', 'high')";
constexpr const char* kPeopleRows = "39|clerk -> low\n~|sales -> high\n28.5|~ -> low\n51|~ -> high\n";

}  // namespace

class TestSqliteSource : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;
  int number_ = 0;

  QString path() const { return folder_.filePath(QString("data %1?#%.sqlite").arg(number_)); }
  Result<std::unique_ptr<Source>> open(ParamMap params = {}) const {
    params["file"] = path().toStdString();
    return open_source("sqlite", params, folder_.filePath("cache"));
  }
  void make(const std::string& sql) const { Writer(path()).run(sql); }

 private Q_SLOTS:
  void init() { ++number_; }

  void reads_data() {
    QTest::addColumn<QByteArray>("sql");
    QTest::addColumn<QByteArray>("table");
    QTest::addColumn<QByteArray>("query");
    QTest::addColumn<QString>("columns");
    QTest::addColumn<QString>("rows");
    const QByteArray people(kPeople);
    const QString columns = "age:number? job:text? -> high,low";
    QTest::newRow("the only table") << people << QByteArray() << QByteArray() << columns << QString(kPeopleRows);
    QTest::newRow("one of two") << people + "; CREATE TABLE \"a \"\"b\"\"\" (x)" << QByteArray("people") << QByteArray()
                                << columns << QString(kPeopleRows);
    QTest::newRow("a query") << people << QByteArray()
                             << QByteArray("SELECT job, age FROM people WHERE age > 30 ORDER BY age DESC; ")
                             << QString("job:text? -> 39.0,51.0") << QString("~ -> 51.0\nclerk -> 39.0\n");
    QTest::newRow("a view") << people + "; CREATE VIEW older AS SELECT * FROM people WHERE age > 30"
                            << QByteArray("older") << QByteArray() << QString("age:number job:text? -> high,low")
                            << QString("39|clerk -> low\n51|~ -> high\n");
    QTest::newRow("without row ids") << QByteArray(
                                            "CREATE TABLE t (k TEXT PRIMARY KEY, y TEXT) WITHOUT ROWID;"
                                            "INSERT INTO t VALUES ('b', 'p'), ('a', 'q')")
                                     << QByteArray() << QByteArray() << QString("k:text -> p,q")
                                     << QString("a -> q\nb -> p\n");
    QTest::newRow("a column called rowid")
        << QByteArray("CREATE TABLE t (rowid TEXT, y TEXT); INSERT INTO t VALUES ('b', 'p'), ('a', 'q')")
        << QByteArray() << QByteArray() << QString("rowid:text -> p,q") << QString("b -> p\na -> q\n");
    QTest::newRow("gaps and numbers below zero")
        << QByteArray(
               "CREATE TABLE t (id INTEGER PRIMARY KEY, y TEXT);"
               "INSERT INTO t VALUES (-5, 'p'), (7, 'q'), (9223372036854775807, 'p')")
        << QByteArray() << QByteArray() << QString("id:number -> p,q")
        << QString("-5 -> p\n7 -> q\n9.223372036854776e+18 -> p\n");
  }
  void reads() {
    QFETCH(QByteArray, sql);
    QFETCH(QByteArray, table);
    QFETCH(QByteArray, query);
    QFETCH(QString, columns);
    QFETCH(QString, rows);
    make(sql.toStdString());
    const QByteArray before = read_file(path());
    for (int again = 0; again < 2; ++again) {
      const auto source = open({{"table", table.toStdString()}, {"query", query.toStdString()}});
      QVERIFY2(source, source ? "" : source.error().line().c_str());
      QCOMPARE(QString::fromStdString(table_columns(**source)), columns);
      QCOMPARE(QString::fromStdString(table_rows(**source)), rows);
    }
    QVERIFY(read_file(path()) == before);
  }

  /// Of many queries, the rows that nobody has asked for longest go; whoever has them open reads on.
  void rows_of_queries_are_bounded() {
    make(kPeople);
    const QString cache = folder_.filePath(QString("cache%1").arg(number_));
    const auto ask = [&](const char* query) {
      return *open_source("sqlite", {{"file", path().toStdString()}, {"query", std::string(query)}}, cache);
    };
    const auto first = ask("SELECT age, income FROM people");
    const QString tables = cache + "/tables";
    const QStringList kept = QDir(tables).entryList({"*.sqlite"});
    QCOMPARE(kept.size(), 1);
    const auto age = [&](const QString& name, int hours) {
      std::filesystem::last_write_time((tables + '/' + name).toStdString(),
                                       std::filesystem::file_time_type::clock::now() - std::chrono::hours(hours));
    };
    const auto pile_up = [&] {
      for (int i = 0; i < 256; ++i) {
        const QString name = QString("other%1.sqlite").arg(i);
        write_file(tables + '/' + name, "");
        age(name, 1 + i);
      }
    };
    pile_up();
    age(kept.front(), 1000);
    (void)ask("SELECT age, income FROM people");  // asked for again, so that it is the newest
    (void)ask("SELECT job, income FROM people");
    QCOMPARE(QDir(tables).entryList({"*.sqlite"}).size(), 256);
    QVERIFY(QFile::exists(tables + '/' + kept.front()));
    QVERIFY(QFile::exists(tables + "/other253.sqlite") && !QFile::exists(tables + "/other254.sqlite"));
    pile_up();
    age(kept.front(), 1000);
    (void)ask("SELECT * FROM people");
    QVERIFY(!QFile::exists(tables + '/' + kept.front()));
    QCOMPARE(QString::fromStdString(table_rows(*first)), QString("39 -> low\n~ -> high\n28.5 -> low\n51 -> high\n"));
  }

  void refuses_data() {
    QTest::addColumn<QByteArray>("sql");
    QTest::addColumn<QByteArray>("table");
    QTest::addColumn<QByteArray>("query");
    QTest::addColumn<QString>("parameter");
    QTest::addColumn<QString>("reason");
    const auto row = [](const char* name, const QByteArray& sql, const char* table, const char* query,
                        const char* parameter, const char* reason) {
      QTest::newRow(name) << sql << QByteArray(table) << QByteArray(query) << QString(parameter) << QString(reason);
    };
    const QByteArray people(kPeople);
    row("no tables", "PRAGMA user_version=3", "", "", "table", "has no tables");
    row("several", people + "; CREATE TABLE other (x)", "", "", "table", "2 tables");
    row("no such table", people, "peopel", "", "table", "no table 'peopel'");
    row("no query", people, "", "SELEKT 1", "query", "the query is none");
    row("no select", people, "", "DELETE FROM people", "query", "no single SELECT");
    row("two queries", people, "", "SELECT * FROM people; SELECT 1", "query", "no single SELECT");
    row("no rows", "CREATE TABLE t (a, b)", "", "", "file", "no rows");
    row("one column", "CREATE TABLE t (a); INSERT INTO t VALUES (1)", "", "", "file", "one column only");
    row("bytes", "CREATE TABLE t (a, b); INSERT INTO t VALUES (x'00ff', 'p'), (x'01', 'q')", "", "", "ignore",
        "'a' holds binary data");
  }
  void refuses() {
    QFETCH(QByteArray, sql);
    QFETCH(QByteArray, table);
    QFETCH(QByteArray, query);
    QFETCH(QString, parameter);
    QFETCH(QString, reason);
    make(sql.toStdString());
    const auto source = open({{"table", table.toStdString()}, {"query", query.toStdString()}});
    QVERIFY(!source);
    QVERIFY2(line(source.error()).contains(reason), qPrintable(line(source.error())));
    QCOMPARE(QString::fromStdString(source.error().parameter), parameter);
    QVERIFY(!source.error().file.empty() && !source.error().remedy.empty());
  }

  void other_files_are_refused() {
    for (const QByteArray& bytes : {QByteArray(), QByteArray("a,b\n1,2\n"), QByteArray("SQLite format 3\0\x10", 17)}) {
      write_file(path(), bytes);
      const auto source = open();
      QVERIFY(!source);
      QVERIFY2(!source.error().remedy.empty() && !source.error().reason.empty(), qPrintable(line(source.error())));
    }
    QFile::remove(path());
    QVERIFY(!open());
  }

  /// By row id, in any order and from many threads.
  void many_rows() {
    Writer(path()).run(
        "CREATE TABLE t (a INTEGER, y TEXT);"
        "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 3999)"
        "INSERT INTO t SELECT i, CASE i % 3 WHEN 0 THEN 'p' ELSE 'q' END FROM n;"
        "DELETE FROM t WHERE a % 7 = 2");
    const auto source = open();
    QVERIFY2(source, source ? "" : source.error().line().c_str());
    std::vector<std::string> rows;
    for (int i = 0; i < 4000; ++i)
      if (i % 7 != 2) rows.push_back(std::to_string(i) + (i % 3 == 0 ? " -> p" : " -> q"));
    QCOMPARE((*source)->size(), static_cast<std::uint64_t>(rows.size()));
    std::atomic<int> wrong{0};
    {
      std::vector<std::jthread> readers;
      for (std::size_t t = 0; t < 3; ++t)
        readers.emplace_back([&, t] {
          for (std::size_t i = 0; i < rows.size(); ++i) {
            const std::size_t index = t == 0 ? i : i * (1009 + t) % rows.size();
            if (table_row(**source, index) != rows[index]) ++wrong;
          }
        });
    }
    QCOMPARE(wrong.load(), 0);
    QCOMPARE(report_of(**source)->class_names, (std::vector<std::string>{"p", "q"}));
  }

  void bad_values_are_named() {
    QByteArray sql = "CREATE TABLE t (a, b TEXT, y TEXT);";
    for (int i = 0; i < 200; ++i)
      sql += i % 2 == 0 ? "INSERT INTO t VALUES (1, 'x', 'p');" : "INSERT INTO t VALUES (2, 'x', 'q');";
    sql += "INSERT INTO t VALUES ('word', 'x', 'p'), (1, CAST(x'ff' AS TEXT), 'p'), (1, 'x', NULL)";
    make(sql.toStdString());
    const auto source = open();
    QVERIFY2(source, source ? "" : source.error().line().c_str());
    const auto told = [&](std::uint64_t index) { return QString::fromStdString(table_row(**source, index)); };
    QVERIFY2(told(200).contains("row id 201, column 'a': 'word' is no number"), qPrintable(told(200)));
    QVERIFY2(told(201).contains("row id 202, column 'b': its text is no UTF-8"), qPrintable(told(201)));
    QVERIFY2(told(202).contains("row id 203, column 'y': the label is missing"), qPrintable(told(202)));
    QCOMPARE(told(199), QString("2|x -> q"));
  }

  /// In write-ahead mode a run sees what it began with, and keeps nobody from writing.
  void write_ahead_keeps_the_state() {
    Writer writer(path());
    writer.run(std::string("PRAGMA journal_mode=WAL;") + kPeople);
    const auto source = open();
    QVERIFY2(source, source ? "" : source.error().line().c_str());
    writer.run("UPDATE people SET job = 'changed'; INSERT INTO people VALUES (1, 'new', 'low')");
    for (int i = 0; i < 100; ++i) QCOMPARE(QString::fromStdString(table_rows(**source)), QString(kPeopleRows));
    const auto later = open();
    QVERIFY(later);
    QCOMPARE((*later)->size(), std::uint64_t{5});
    QCOMPARE(table_row(**later, 0), std::string("39|changed -> low"));
  }

  void otherwise_a_change_is_noticed() {
    Writer writer(path());
    writer.run(kPeople);
    const auto source = open();
    QVERIFY2(source, source ? "" : source.error().line().c_str());
    QCOMPARE(QString::fromStdString(table_rows(**source)), QString(kPeopleRows));
    writer.run("UPDATE people SET job = 'changed'");  // which reading keeps nobody from
    int told = 0;
    for (std::uint64_t i = 0; i < 200; ++i)
      told += table_row(**source, i % 4).find("the database has changed") == std::string::npos ? 0 : 1;
    QVERIFY2(told >= 3, std::to_string(told).c_str());
  }
};

FEEDLINE_TEST(TestSqliteSource)

}  // namespace test_sqlite_source

#include "test_sqlite_source.moc"
