// SPDX-License-Identifier: GPL-3.0-or-later
#include "schema/row.h"
#include "schema/source_report.h"
#include "support/fixtures.h"
#include "support/table_rows.h"
#include "support/test_program.h"

#include <QTemporaryDir>
#include <QTest>

#include <array>
#include <cmath>
#include <map>

namespace test_table_source {

using namespace feedline;
using namespace feedline::test;

namespace {

ParamMap recipe(const char* kind, std::int64_t rows, std::int64_t seed = 1, double noise = 0.1) {
  return {{"kind", std::string(kind)}, {"rows", rows}, {"seed", seed}, {"noise", noise}};
}

/// A row's numbers, and its label as a number.
struct Numbers {
  std::vector<double> x{};
  double label = 0;
};

Numbers numbers_of(const Source& source, std::uint64_t index) {
  Datum row;
  Datum label;
  const std::vector<Datum*> out = {&row, &label};
  const Status read = source.read(index, out);
  if (!read) qFatal("%s", read.error().line().c_str());
  const auto& columns = source.outputs()[0].columns;
  const RowView view(row, columns.size());
  Numbers numbers;
  for (std::size_t i = 0; i < columns.size(); ++i)
    if (columns[i].type == ColumnType::Number) numbers.x.push_back(view.number(i));
  numbers.label =
      label.dtype() == DType::F32 ? static_cast<double>(*label.as<float>()) : static_cast<double>(label.label());
  return numbers;
}

}  // namespace

/// Tables that Feedline makes itself.
class TestTableSource : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;

  std::unique_ptr<Source> open(const ParamMap& params, const char* cache = "cache") const {
    auto source = open_source("table", params, folder_.filePath(cache));
    if (!source) qFatal("%s", source.error().line().c_str());
    if (const Status fine = usable(**source); !fine) qFatal("%s", fine.error().line().c_str());
    return std::move(*source);
  }

 private Q_SLOTS:
  void kinds_data() {
    QTest::addColumn<QString>("columns");
    const auto row = [](const char* kind, const char* columns) { QTest::newRow(kind) << QString(columns); };
    row("two_moons", "x:number y:number -> lower,upper");
    row("spirals", "x:number y:number -> arm 1,arm 2,arm 3");
    row("blobs", "a:number b:number c:number d:number -> blob 1,blob 2,blob 3");
    row("regression", "a:number b:number c:number d:number e:number f:number -> number");
    row("fraud",
        "amount:number hour:number trade:text? country:text? channel:text card_age_days:number? "
        "declined_before:number? -> fraud,honest");
  }
  void kinds() {
    QFETCH(QString, columns);
    const char* kind = QTest::currentDataTag();
    const auto source = open(recipe(kind, 3000));
    QCOMPARE(source->size(), std::uint64_t{3000});
    QCOMPARE(QString::fromStdString(table_columns(*source)), columns);
    const std::string rows = table_rows(*source);
    QVERIFY2(rows.find("! ") == std::string::npos, rows.substr(0, 200).c_str());

    // Another cache folder gets the same bytes, another seed others, and more rows begin with the same ones.
    const QString file = QString::fromStdString(source->locate(0)).section('#', 0, 0);
    const auto again = open(recipe(kind, 3000), "another");
    const QString same = QString::fromStdString(again->locate(0)).section('#', 0, 0);
    QVERIFY(same != file && read_file(same) == read_file(file));
    QVERIFY(table_rows(*open(recipe(kind, 3000, 2))) != rows);
    const auto longer = open(recipe(kind, 3500));
    QCOMPARE(table_row(*longer, 2999), table_row(*source, 2999));
  }

  void it_is_written_once() {
    const auto source = open(recipe("blobs", 100), "once");
    const QStringList files = files_below(folder_.filePath("once"));
    QCOMPARE(files.size(), 1);
    write_file(files.front(), read_file(files.front()) + "1,2,3,4,blob 2\n");
    QCOMPARE(open(recipe("blobs", 100), "once")->size(), std::uint64_t{101});
  }

  void a_stop_leaves_nothing_behind() {
    std::stop_source stop;
    stop.request_stop();
    const auto source = open_source("table", recipe("blobs", 50'000), folder_.filePath("stopped"), stop.get_token());
    QVERIFY(!source);
    QCOMPARE(source.error().code, ErrorCode::Cancelled);
    QVERIFY(files_below(folder_.filePath("stopped")).isEmpty());
  }

  /// Without noise each point lies on its half circle.
  void moons_are_half_circles() {
    const auto source = open(recipe("two_moons", 500, 1, 0));
    for (std::uint64_t i = 0; i < source->size(); ++i) {
      const Numbers row = numbers_of(*source, i);
      const bool upper = row.label == 1;
      const double x = upper ? row.x[0] : 1 - row.x[0];
      const double y = upper ? row.x[1] : 0.5 - row.x[1];
      QVERIFY2(std::abs(std::hypot(x, y) - 1) < 0.003, table_row(*source, i).c_str());
      QVERIFY(y > -0.001);
    }
  }

  void classes_are_equally_many() {
    for (const char* kind : {"two_moons", "spirals", "blobs"}) {
      const auto source = open(recipe(kind, 600));
      const SourceReport* report = report_of(*source);
      QVERIFY(report != nullptr && report->class_counts.size() >= 2);
      for (const std::uint64_t count : report->class_counts) QCOMPARE(count, 600 / report->class_counts.size());
    }
  }

  /// The rule behind the number, told again: what is left is the noise, which the label has been given.
  void regression_follows_its_rule() {
    constexpr double kTurn = 6.283185307179586;
    const auto source = open(recipe("regression", 2000, 5, 0.5));
    double sum = 0;
    double square = 0;
    double spread = 0;
    for (std::uint64_t i = 0; i < source->size(); ++i) {
      const Numbers row = numbers_of(*source, i);
      const auto& x = row.x;
      const double rule = 3 * x[0] - 2 * x[1] + x[1] * x[2] + x[2] * x[2] / 2 + std::sin(kTurn * x[3] / 4);
      sum += row.label - rule;
      square += (row.label - rule) * (row.label - rule);
      spread += row.label * row.label;
    }
    const auto rows = static_cast<double>(source->size());
    QVERIFY2(std::abs(sum / rows) < 0.05, std::to_string(sum / rows).c_str());
    QVERIFY2(std::abs(std::sqrt(square / rows) - 0.5) < 0.03, std::to_string(std::sqrt(square / rows)).c_str());
    QVERIFY(spread / rows > 10);
  }

  void fraud_is_rare_and_has_gaps() {
    const auto source = open(recipe("fraud", 20'000));
    const SourceReport* report = report_of(*source);
    QVERIFY(report != nullptr);
    const double share = static_cast<double>(report->class_counts[0]) / 20'000;
    QVERIFY2(share > 0.01 && share < 0.04, std::to_string(share).c_str());
    std::uint64_t missing = 0;
    for (std::uint64_t i = 0; i < 2000; ++i) missing += std::isnan(numbers_of(*source, i).x[2]) ? 1 : 0;
    QVERIFY2(missing > 60 && missing < 180, std::to_string(missing).c_str());
  }
};

FEEDLINE_TEST(TestTableSource)

}  // namespace test_table_source

#include "test_table_source.moc"
