// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/text_chart.h"
#include "support/test_program.h"

#include <QStringList>
#include <QTest>

#include <algorithm>
#include <limits>

namespace test_text_chart {

using namespace feedline::cli;

namespace {

ChartForm form(std::size_t width = 60) {
  const auto text = [](double value) { return QString::number(value).toStdString(); };
  return {.title = "a title", .x_text = text, .y_text = text, .width = width};
}

QStringList lines_of(const std::string& text) { return QString::fromStdString(text).split('\n', Qt::SkipEmptyParts); }

/// The rows between title and axis, without what stands beside them.
QStringList field_of(const std::string& text) {
  QStringList rows;
  for (const QString& line : lines_of(text))
    if (const qsizetype border = line.indexOf(" |"); border >= 0) rows.append(line.mid(border + 2));
  return rows;
}

}  // namespace

/// The charts of `runs compare` and `find-lr`.
class TestTextChart : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void a_line_goes_from_corner_to_corner() {
    const std::string text = chart_text({{.name = "it", .points = {{0, 0}, {10, 5}}}}, form());
    const QStringList lines = lines_of(text);
    QCOMPARE(lines.front(), QString("a title"));
    QVERIFY(lines[1].startsWith("  5 |") && lines[6].startsWith("2.5 |") && lines[11].startsWith("  0 |"));
    const QStringList field = field_of(text);
    QCOMPARE(field.size(), 11);
    QVERIFY(field.back().startsWith('a') && field.front().endsWith('a'));
    QCOMPARE(field.front().size(), 60 - 3 - 3);
    for (const QString& row : field) QVERIFY2(row.contains('a'), text.c_str());
    QVERIFY(lines[13].contains("0") && lines[13].contains(" 5 ") && lines[13].endsWith("10"));
    QCOMPARE(lines.back().trimmed(), QString("a it"));
  }

  /// A run of half the time an epoch and twice the epochs lies on the other, not beside it.
  void lines_that_meet_are_one() {
    const ChartLine one{.name = "one", .points = {{1, 1}, {2, 2}}};
    const ChartLine other{.name = "other", .points = {{1, 1}, {1.5, 1.5}, {2, 2}}};
    const std::string text = chart_text({one, other}, form());
    QCOMPARE(field_of(text).join(QString()).count('a'), 0);
    QCOMPARE(field_of(text).join(QString()).count('b'), 0);
    QVERIFY(text.find('*') != std::string::npos && text.find("a one, b other") != std::string::npos);
    const std::string apart = chart_text({one, {.name = "late", .points = {{3, 1}, {4, 1}}}}, form());
    QVERIFY2(field_of(apart).back().endsWith("bbb") && field_of(apart).back().startsWith('a'), apart.c_str());
  }

  void a_steep_line_has_no_gap() {
    const std::string text = chart_text({{.points = {{0, 0}, {1, 0}, {1.001, 9}, {2, 9}}}}, form());
    for (const QString& row : field_of(text)) QVERIFY2(row.contains('a'), text.c_str());
  }

  void rates_stand_by_their_logarithm_and_one_is_marked() {
    ChartForm rates = form();
    rates.logarithmic = true;
    rates.mark = 0.01;
    const std::string text = chart_text({{.points = {{0, 7}, {1e-4, 1}, {1e-2, 1}, {1, 3}}}}, rates);
    QVERIFY2(lines_of(text)[1].startsWith("3 |"), text.c_str());  // there is no logarithm of 0
    for (const QString& row : field_of(text).mid(0, 10)) {
      QCOMPARE(row.indexOf('|'), (60 - 4) / 2);
      QVERIFY(row.indexOf('a') < 0 || row.indexOf('a') > row.indexOf('|') || row == field_of(text).back());
    }
    QVERIFY2(lines_of(text)[13].contains("0.0001") && lines_of(text)[13].contains("0.01"), text.c_str());
  }

  void what_cannot_be_drawn_is_left_out() {
    constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
    QVERIFY(chart_text({}, form()).empty());
    QVERIFY(chart_text({{.points = {{1, 1}}}, {.points = {{2, 1}}}}, form()).empty());
    QVERIFY(chart_text({{.points = {{1, 1}, {1, 2}}}}, form()).empty());
    QVERIFY(chart_text({{.points = {{1, kNone}, {2, 2}, {kNone, 3}}}}, form()).empty());
    const std::string flat = chart_text({{.points = {{1, 2}, {2, kNone}, {3, 2}}}}, form());
    QCOMPARE(field_of(flat)[5].count('a'), field_of(flat)[5].size());
    QCOMPARE(lines_of(flat).filter("2 |").size(), 1);
  }

  void it_keeps_to_its_width() {
    const std::vector<ChartLine> lines(
        9, {.name = "a run with a long name", .points = {{0, 1}, {1'000'000, 123'456}, {2'000'000, 5}}});
    for (const std::size_t width : {40U, 80U, 200U})
      for (const QString& line : lines_of(chart_text(lines, form(width))))
        QVERIFY2(line.size() <= static_cast<qsizetype>(width), qPrintable(line));
  }
};

FEEDLINE_TEST(TestTextChart)

}  // namespace test_text_chart

#include "test_text_chart.moc"
