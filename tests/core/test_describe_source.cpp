// SPDX-License-Identifier: GPL-3.0-or-later

// A source as a table, and what a sample of it says of each column.

#include "checking/describe_source.h"
#include "schema/registry.h"
#include "schema/row.h"
#include "schema/source_report.h"
#include "support/fixtures.h"
#include "support/small_data.h"
#include "support/test_program.h"

#include <QDir>
#include <QTemporaryDir>
#include <QTest>

#include <array>
#include <cmath>
#include <numeric>

namespace test_describe_source {

using namespace feedline;
using namespace feedline::test;

class TestDescribeSource : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;

  [[nodiscard]] Result<std::unique_ptr<Source>> open(const char* type, const ParamMap& params,
                                                     SourceContext context = {}) const {
    context.cache_folder = folder_.filePath("cache").toStdString();
    const NodeSpec& spec = *Registry::instance().find(type);
    return spec.open(spec.complete(params), context);
  }
  [[nodiscard]] RecordTable table(const char* type, const ParamMap& params) const {
    auto source = open(type, params);
    if (!source) qFatal("%s", source.error().line().c_str());
    return RecordTable(std::move(*source));
  }
  [[nodiscard]] std::string file(const char* name, const QByteArray& bytes) const {
    write_file(folder_.filePath(name), bytes);
    return folder_.filePath(name).toStdString();
  }

 private Q_SLOTS:
  void a_table_shows_its_label_its_columns_and_what_is_missing() {
    RecordTable people = table("csv", {{"file", file("people.csv",
                                                     "age,job,income\n39,clerk,low\n,sales,high\n50,?,low\n"
                                                     "31,clerk,low\n40,\"two\nlines\",low\n")}});
    std::vector<std::string> names;
    for (const RecordColumn& column : people.columns()) names.push_back(column.name + ":" + column.type);
    QCOMPARE(names, (std::vector<std::string>{"label:class", "age:number", "job:text"}));
    std::vector<RecordCell> cells;
    QVERIFY(people.read(1, cells));
    QCOMPARE(cells[0].text, std::string("high"));
    QVERIFY(cells[1].missing() && !cells[1].number);
    QCOMPARE(cells[2].text, std::string("sales"));
    QVERIFY(people.read(4, cells));
    QCOMPARE(*cells[1].number, 40.0);
    QCOMPARE(cells[2].text, std::string("two lines"));

    const auto found = describe_source(people, {});
    QVERIFY(found);
    QCOMPARE(found->sampled, 5U);
    QVERIFY(found->counted);
    QCOMPARE(found->classes, (std::vector<std::pair<std::string, std::uint64_t>>{{"high", 1}, {"low", 4}}));
    const ColumnFacts& age = found->facts[1];
    QCOMPARE(age.values, 4U);
    QCOMPARE(age.missing_share(), 0.2);
    QCOMPARE(age.least, 31.0);
    QCOMPARE(age.greatest, 50.0);
    QCOMPARE(age.mean, 40.0);
    QVERIFY(std::abs(age.stddev - std::sqrt((1 + 100 + 81) / 3.0)) < 1e-12);
    QCOMPARE(std::accumulate(age.bins.begin(), age.bins.end(), std::uint64_t{0}), 4U);
    QVERIFY(age.bins.front() == 1 && age.bins.back() == 1);
    const ColumnFacts& job = found->facts[2];
    QCOMPARE(job.distinct, 3U);
    QCOMPARE(job.missing, 1U);
    QCOMPARE(job.top.front(), (std::pair<std::string, std::uint64_t>{"clerk", 2}));
  }

  /// Bad rows count and are named, and the others still tell.
  void bad_rows_are_counted_and_named() {
    QByteArray bytes = "a,y\n";
    for (int i = 0; i < 300; ++i) bytes += QByteArray::number(i) + (i == 7 ? "\n" : i % 2 == 0 ? ",p\n" : ",q\n");
    RecordTable one = table("csv", {{"file", file("one.csv", bytes)}});
    const auto found = describe_source(one, {});
    QVERIFY(found);
    QCOMPARE(found->bad, 1U);
    QVERIFY(found->first_bad->file.ends_with("one.csv:9"));
    QCOMPARE(found->facts[1].values, 299U);
  }

  /// Of large sources a sample, which is the same each time, is spread, and ends at once when nobody wants it.
  void the_sample_is_bounded_and_the_same_each_time() {
    const ParamMap params{{"kind", std::string("regression")}, {"rows", std::int64_t{20'000}}};
    RecordTable first = table("table", params);
    const auto found = describe_source(first, {.sample = 1000});
    QVERIFY(found);
    QCOMPARE(found->sampled, 1000U);
    QVERIFY(found->columns[0].label && found->columns[0].number && found->classes.empty());
    RecordTable second = table("table", params);
    const auto again = describe_source(second, {.sample = 1000});
    QVERIFY(again);
    for (std::size_t i = 0; i < found->facts.size(); ++i) QCOMPARE(found->facts[i].bins, again->facts[i].bins);
    const auto other = describe_source(second, {.sample = 900});
    QVERIFY(other && other->facts[1].mean != found->facts[1].mean);
    QVERIFY(std::abs(other->facts[1].mean - found->facts[1].mean) < 0.2 * found->facts[1].stddev);
    std::stop_source stop;
    stop.request_stop();
    const auto stopped = describe_source(second, {.stop = stop.get_token()});
    QVERIFY(!stopped && stopped.error().code == ErrorCode::Cancelled);
  }

  void pictures_and_texts_are_shown_as_what_they_are() {
    write_picture_folder(folder_.filePath("photos"), 3);
    RecordTable photos = table("image_folder", {{"folder", folder_.filePath("photos").toStdString()}});
    std::vector<RecordCell> cells;
    QVERIFY(photos.read(4, cells));
    QCOMPARE(photos.columns().size(), std::size_t{4});
    QCOMPARE(cells[0].text, std::string("b"));
    QVERIFY(cells[1].text.ends_with(".jpg"));
    QVERIFY(cells[2].text.starts_with("JPEG"));
    QVERIFY(*cells[3].number > 100);
    RecordTable lines = table(
        "text_lines",
        {{"file", file("lines.tsv", "good\t" + QByteArray(1000, 'x') + "é\nbad\ta\n")}, {"header", std::string("no")}});
    QVERIFY(lines.read(0, cells));
    QCOMPARE(cells[0].text, std::string("good"));
    QVERIFY(cells[1].text.size() <= RecordTable::kLongestCell + 3 && cells[1].text.ends_with("…"));
  }

  /// The window looks into what is there, and makes nothing.
  void what_is_not_made_yet_is_not_made() {
    const std::vector<std::pair<const char*, ParamMap>> made = {
        {"table", {{"rows", std::int64_t{21}}, {"seed", std::int64_t{77}}}},
        {"text_lines", {{"file", std::string("example:texts")}}},
        {"generated_pictures", {{"count", std::int64_t{2}}, {"size", std::int64_t{16}}, {"classes", std::int64_t{2}}}}};
    for (const auto& [type, params] : made) {
      const auto refused = open(type, params, {.make_nothing = true});
      QVERIFY2(!refused && refused.error().code == ErrorCode::Cancelled, type);
      QVERIFY2(open(type, params), type);
      QVERIFY2(open(type, params, {.make_nothing = true}), type);
    }
  }

  /// A table that a model is asked about: columns by name in any order, types as they were, without a label.
  void a_table_is_read_like_the_one_that_is_known() {
    const std::vector<Column> like = {{.name = "age", .dtype = DType::F64, .type = ColumnType::Number},
                                      {.name = "zip", .dtype = DType::U8, .type = ColumnType::Text}};
    SourceContext context;
    context.like = like;
    const auto source = open("csv", {{"file", file("asked.csv", "zip,more,age\n01234,x,39\n,y,old\n")}}, context);
    QVERIFY2(source, source ? "" : source.error().line().c_str());
    QCOMPARE((*source)->size(), 2U);
    QVERIFY((*source)->locate(0).ends_with("asked.csv:2"));
    QCOMPARE((*source)->outputs()[0].columns, like);
    Datum row;
    Datum label;
    const std::array<Datum*, 2> out = {&row, &label};
    QVERIFY((*source)->read(0, out));
    QCOMPARE(RowView(row, 2).number(0), 39.0);
    QVERIFY(RowView(row, 2).text(1) == "01234");  // a text, as it was, although it looks like a number
    QCOMPARE(*label.as<float>(), 0.0F);
    const Status bad = (*source)->read(1, out);
    QVERIFY(!bad && bad.error().code == ErrorCode::BadRecord && bad.error().file.ends_with("asked.csv:3"));
    const auto lacks = open("csv", {{"file", file("lacks.csv", "age,b\n1,2\n")}}, context);
    QVERIFY(!lacks && lacks.error().reason.find("zip") != std::string::npos && !lacks.error().remedy.empty());
  }

  /// Nobody types a column's name: each parameter that lists columns says whose they are.
  void parameters_that_name_columns_say_whose() {
    int named = 0;
    for (const NodeSpec* spec : Registry::instance().all())
      for (const ParamSpec& param : spec->params) {
        const ColumnNames& columns = param.columns;
        const bool lists = param.kind == ParamKind::List && param.list.item_text == "column";
        QVERIFY2(!lists || columns.of != ColumnNames::Of::Nothing, (spec->type + "." + param.name).c_str());
        if (columns.of == ColumnNames::Of::Nothing) continue;
        ++named;
        QVERIFY(param.kind == ParamKind::List || param.kind == ParamKind::Text);
        if (columns.of == ColumnNames::Of::Input) QVERIFY2(spec->input(columns.port) >= 0, spec->type.c_str());
      }
    QVERIFY(named > 15);
    const auto source =
        open("csv", {{"file", file("all.csv", "a,b,c\n1,x,p\n2,y,q\n")}, {"ignore", ValueList{std::string("b")}}});
    QVERIFY(source);
    std::vector<std::string> all;
    for (const Column& column : report_of(**source)->columns) all.push_back(column.name);
    QCOMPARE(all, (std::vector<std::string>{"a", "b", "c"}));  // the label and what is ignored too
  }
};

FEEDLINE_TEST(TestDescribeSource)

}  // namespace test_describe_source

#include "test_describe_source.moc"
