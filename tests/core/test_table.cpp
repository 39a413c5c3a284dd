// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/table.h"
#include "support/test_program.h"

#include <QStringList>
#include <QTest>

#include <algorithm>

namespace test_table {

using namespace feedline::cli;

namespace {

const QString kLongName = "encoder/block/2/a_convolution_with_a_long_name_that_nobody_types_twice";

/// As `profile` prints it.
Table stages(bool with_long_name) {
  Table table({"node", "type", "workers", "records/s", "CPU busy", "starved", "blocked", "queue fill", "share"}, 2);
  table.spare({1});
  table.row({"source", "image_folder", "1", "12,345", "12 %", "33 %", "3 %", "100 %", "3 %"});
  table.row({"normalise", "normalise", "2", "12,345", "99 %", "0 %", "0 %", "12 %", "80 %"}, "<- bottleneck");
  if (with_long_name)
    table.row({kLongName.toStdString(), "random_resized_crop", "2", "12,345", "99 %", "0 %", "0 %", "12 %", "80 %"},
              "<- bottleneck");
  return table;
}

QStringList lines_of(const Table& table, std::size_t width) {
  return QString::fromStdString(table.text(width)).split('\n', Qt::SkipEmptyParts);
}

qsizetype widest(const QStringList& lines) {
  qsizetype most = 0;
  for (const QString& line : lines) most = std::max(most, line.size());
  return most;
}

/// All words, wherever they stand.
QStringList words(const QStringList& lines) { return lines.join(' ').split(' ', Qt::SkipEmptyParts); }

}  // namespace

/// The tables of the command line: whatever the width, nothing is cut.
class TestTable : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void everything_stands_in_one_line_where_there_is_room() {
    const QStringList lines = lines_of(stages(true), 300);
    QCOMPARE(lines.size(), 4);
    QVERIFY(lines[0].contains("type") && lines[0].contains("CPU busy") && lines[0].contains("queue fill"));
    QVERIFY(lines[2].startsWith("normalise ") && lines[2].endsWith("<- bottleneck"));
    QVERIFY(lines[3].startsWith(kLongName + "  random_resized_crop"));
  }

  void names_are_whole_data() {
    QTest::addColumn<int>("width");
    QTest::addColumn<bool>("long_name");
    for (const int width : {40, 60, 72, 79, 80, 90, 97, 100, 120, 150})
      for (const bool long_name : {false, true})
        QTest::addRow("%d columns%s", width, long_name ? ", a long name" : "") << width << long_name;
  }
  void names_are_whole() {
    QFETCH(int, width);
    QFETCH(bool, long_name);
    const QStringList lines = lines_of(stages(long_name), static_cast<std::size_t>(width));
    const QString all = lines.join('\n');
    QVERIFY2(!all.contains("..."), qPrintable(all));
    const QStringList there = words(lines);
    for (const char* name : {"source", "normalise"}) QVERIFY2(there.contains(QLatin1String(name)), qPrintable(all));
    QCOMPARE(there.count(kLongName), long_name ? 1 : 0);
    QCOMPARE(all.count("<- bottleneck"), long_name ? 2 : 1);
    QCOMPARE(there.count("12,345"), long_name ? 3 : 2);
    // Names of up to 72 columns and these numbers need so much, however they are set.
    if (width >= 72) QVERIFY2(widest(lines) <= width, qPrintable(all));
  }

  void spare_columns_go_before_names_are_broken() {
    const QStringList lines = lines_of(stages(false), 72);
    QVERIFY(!lines[0].contains("type"));
    const QStringList rows = lines.filter("12,345");
    QCOMPARE(rows.size(), 2);
    QVERIFY2(rows[1].startsWith("normalise  "), qPrintable(lines.join('\n')));
    QVERIFY(lines_of(stages(false), 90)[0].contains("type"));
  }

  /// The numbers of a row go on below, in their columns.
  void a_long_name_pushes_its_row_aside() {
    const QStringList lines = lines_of(stages(true), 80);
    const auto at = lines.indexOf(kLongName);
    QVERIFY2(at > 0 && at + 1 < lines.size(), qPrintable(lines.join('\n')));
    QVERIFY(lines[at + 1].startsWith("    "));
    QCOMPARE(lines[at + 1].indexOf("12,345"), lines[1].indexOf("12,345"));
  }

  void texts_are_broken_at_their_spaces() {
    Table table({"fix", "what it does", "predicted"}, 2);
    table.row({"workers", "Use 4 workers instead of 1, since three cores of this machine are idle", "2.31 times"});
    const QStringList lines = lines_of(table, 60);
    QVERIFY(widest(lines) <= 60);
    QVERIFY2(lines[1].endsWith("2.31 times"), qPrintable(lines.join('\n')));
    QCOMPARE(words(lines).join(' '),
             QString("fix what it does predicted workers Use 4 workers instead of 1, since three 2.31 times cores of "
                     "this machine are idle"));
    QCOMPARE(lines[2].indexOf("cores"), lines[1].indexOf("Use"));
  }

  void notes_cannot_steer_the_terminal() {
    Table table({"run", "graph"}, 2);
    table.row({"1", "a\x1b[31mb"}, "a note\x1b[2J");
    QVERIFY(table.text(80).find('\x1b') == std::string::npos);
  }
};

FEEDLINE_TEST(TestTable)

}  // namespace test_table

#include "test_table.moc"
