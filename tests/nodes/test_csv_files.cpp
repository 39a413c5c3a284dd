// SPDX-License-Identifier: GPL-3.0-or-later
#include "schema/source_report.h"
#include "support/fixtures.h"
#include "support/places.h"
#include "support/table_rows.h"
#include "support/test_program.h"

#include <QDir>
#include <QDirIterator>
#include <QFile>
#include <QTemporaryDir>
#include <QTest>

#include <algorithm>

namespace test_csv_files {

using namespace feedline;
using namespace feedline::test;

namespace {

/// The most that this program has ever held, in kB.
qint64 most_memory() {
  for (const QByteArray& field : read_file("/proc/self/status").split('\n'))
    if (field.startsWith("VmHWM:")) return field.mid(6).simplified().split(' ').front().toLongLong();
  return 0;
}

}  // namespace

/// Tables that nobody here wrote, or that somebody has tampered with.
class TestCsvFiles : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;
  int number_ = 0;

  Result<std::unique_ptr<Source>> open_bytes(const QByteArray& bytes, ParamMap params) {
    const QString path = folder_.filePath(QString("table%1.csv").arg(++number_));
    write_file(path, bytes);
    params["file"] = path.toStdString();
    return open_source("csv", params, folder_.filePath("cache"));
  }

 private Q_SLOTS:
  /// Every file that somebody has made to break a reader: it opens, or says why not.
  void hostile_files() {
    const QString root = shared_data("/hostile/csv");
    if (!QDir(root).exists()) QSKIP("the shared data sets are not here");
    int files = 0;
    int opened = 0;
    for (QDirIterator it(root, QDir::Files, QDirIterator::Subdirectories); it.hasNext();) {
      const QString file = it.next();
      ++files;
      const auto source = open_source("csv", {{"file", file.toStdString()}}, folder_.filePath("hostile"));
      if (!source) {
        QVERIFY2(!source.error().reason.empty() && !source.error().remedy.empty(), qPrintable(file));
        QVERIFY2(!source.error().parameter.empty() && !source.error().file.empty(), qPrintable(file));
        continue;
      }
      ++opened;
      for (std::uint64_t i = 0; i < std::min<std::uint64_t>((*source)->size(), 500); ++i)
        QVERIFY2(!table_row(**source, i).empty(), qPrintable(file));
    }
    QVERIFY2(files > 200 && opened > 50, qPrintable(QString("%1 of %2").arg(opened).arg(files)));
  }

  /// As a crash of the machine leaves a file: a hole of zeros behind the last row. It is never read whole.
  void a_hole_at_the_end_takes_no_memory() {
    const QString path = folder_.filePath("hole.csv");
    write_file(path, "a,y\n" + QByteArray("1,p\n2,q\n").repeated(50'000));
    QVERIFY(QFile::resize(path, qint64{512} << 20));
    const qint64 before = most_memory();
    const auto source = open_source("csv", {{"file", path.toStdString()}}, folder_.filePath("hole"));
    QVERIFY(!source);
    QVERIFY2(line(source.error()).contains("more than 16 MiB"), qPrintable(line(source.error())));
    QCOMPARE(QString::fromStdString(source.error().file), path);
    QVERIFY2(most_memory() - before < 160'000, std::to_string(most_memory() - before).c_str());
    QVERIFY(QFile::remove(path));
  }

  /// What a terminal, JSON or a report would choke on never leaves the source: names of columns and classes are shown.
  void names_are_safe_to_show() {
    const auto source = open_bytes("na\xFFme,\"two\nlines\",\x1B[31mred\n1,2,p\xFF\n3,4,\"q\n\"\n5,6,p\xFF\n",
                                   {{"encoding", std::string("UTF-8")}, {"header", std::string("yes")}});
    QVERIFY2(source, source ? "" : source.error().line().c_str());
    QCOMPARE(table_columns(**source), std::string("na\\xFFme:number two lines:number -> p\\xFF,q\\x0A"));
    QCOMPARE(table_row(**source, 2), std::string("5|6 -> p\\xFF"));
    const auto missing = open_bytes(
        "a\xFF,\x1B[31mred\n1,p\n2,q\n",
        {{"encoding", std::string("UTF-8")}, {"header", std::string("yes")}, {"label", std::string("blue")}});
    QVERIFY(!missing);
    QVERIFY2(line(missing.error()).contains("'\\x1B[31mred'") && !line(missing.error()).contains('\x1B'),
             qPrintable(line(missing.error())));
  }

  /// Zeros behind what is looked at first are characters like others: no number, and no end of a text.
  void zero_bytes_far_down_are_bad_cells() {
    QByteArray bytes = "a,b,y\n";
    while (bytes.size() < 300'000) bytes += "1,word,p\n2,other,q\n";
    const auto rows = static_cast<std::uint64_t>(bytes.count('\n') - 1);
    const auto source = open_bytes(bytes + QByteArray("\0001,word,p\n2,wo\0rd,q\n3,word,q\0\n", 30), {});
    QVERIFY2(source, source ? "" : source.error().line().c_str());
    QCOMPARE((*source)->size(), rows + 3);
    QVERIFY2(table_row(**source, rows).find("is no number") != std::string::npos, table_row(**source, rows).c_str());
    QCOMPARE(table_row(**source, rows + 1), std::string("2|wo\0rd -> q", 12));
    QCOMPARE((*source)->outputs()[1].class_names, (std::vector<std::string>{"p", "q", "q\\x00"}));
  }

  void real_tables_data() {
    QTest::addColumn<QString>("file");
    QTest::addColumn<qulonglong>("rows");
    QTest::addColumn<QByteArray>("label");
    QTest::addColumn<QString>("target");
    const auto row = [](const char* file, qulonglong rows, const char* label, const char* target) {
      QTest::newRow(file) << file << rows << QByteArray(label) << target;
    };
    row("uci/adult-train.csv", 32561, "", "<=50K,>50K");
    row("uci/german.csv", 1000, "", "1,2");
    row("uci/winequality-white.csv", 4898, "", "3,4,5,6,7,8,9");
    row("uci/horse-colic.csv", 300, "column_24", "1,2");
    row("uci/breast-cancer.csv", 286, "", "no-recurrence-events,recurrence-events");
    row("seaborn/diamonds.csv", 53940, "price", "number");
    row("seaborn/penguins.csv", 344, "species", "Adelie,Chinstrap,Gentoo");
    row("sklearn/digits.csv.gz", 1797, "", "0,1,2,3,4,5,6,7,8,9");
    row("sklearn/breast_cancer.csv", 569, "", "0,1");
    row("us-gov/2009PowerStatus.txt", 37960, "Power", "number");
    row("rust-csv/smallpop-colon.csv", 10, "", "");
    row("rust-csv/uspop-latin1.csv", 100, "State", "");
  }
  void real_tables() {
    QFETCH(QString, file);
    QFETCH(qulonglong, rows);
    QFETCH(QByteArray, label);
    QFETCH(QString, target);
    const QString whole = shared_data("/tables/" + file);
    if (!QFile::exists(whole)) QSKIP("the shared data sets are not here");
    const auto source =
        open_source("csv", {{"file", whole.toStdString()}, {"label", label.toStdString()}}, folder_.filePath("real"));
    QVERIFY2(source, source ? "" : source.error().line().c_str());
    QVERIFY2(usable(**source), usable(**source) ? "" : usable(**source).error().line().c_str());
    QCOMPARE((*source)->size(), static_cast<std::uint64_t>(rows));
    if (!target.isEmpty()) QCOMPARE(QString::fromStdString(table_columns(**source)).section(" -> ", 1), target);
    std::uint64_t bad = 0;
    for (std::uint64_t i = 0; i < (*source)->size(); i += 7) bad += table_row(**source, i).starts_with("! ") ? 1 : 0;
    QVERIFY2(100 * bad <= (*source)->size(), std::to_string(bad).c_str());
  }

  void every_real_table_opens() {
    const QString root = shared_data("/tables");
    if (!QDir(root).exists()) QSKIP("the shared data sets are not here");
    for (QDirIterator it(root, {"*.csv", "*.csv.gz", "*.txt"}, QDir::Files, QDirIterator::Subdirectories);
         it.hasNext();) {
      const QString file = it.next();
      const auto source = open_source("csv", {{"file", file.toStdString()}}, folder_.filePath("real"));
      if (!source) {
        QVERIFY2(!source.error().remedy.empty(), qPrintable(file));
        QVERIFY2(line(source.error()).contains("column"), qPrintable(line(source.error())));
        continue;
      }
      QVERIFY2(!table_row(**source, (*source)->size() - 1).empty(), qPrintable(file));
    }
  }
};

FEEDLINE_TEST(TestCsvFiles)

}  // namespace test_csv_files

#include "test_csv_files.moc"
