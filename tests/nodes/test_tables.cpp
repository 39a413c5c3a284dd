// SPDX-License-Identifier: GPL-3.0-or-later
// What the nodes of tables do with texts, missing cells, unseen values and mistakes. Their numbers are compared with
// scikit-learn's in test_table_values.cpp.
#include "engine/preview_view.h"
#include "nodes/table/quantile_sketch.h"
#include "support/standard_input.h"
#include "support/table_nodes.h"
#include "support/test_program.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <limits>

namespace test_tables {

using namespace feedline;
using namespace feedline::test;

class TestTables : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void learns_the_same_however_rows_are_divided_data();
  void learns_the_same_however_rows_are_divided();
  void columns_are_named_and_checked();
  void missing_values_are_filled_in();
  void what_cannot_be_filled_in_is_refused();
  void columns_are_kept_and_dropped();
  void limits_are_kept();
  void logarithms_of_the_wrong_numbers_are_bad_records();
  void features_take_numbers_alone();
  void vectors_are_joined();
  void a_chain_ends_in_numbers();
  void quantiles_are_exact_and_then_near();
  void a_row_is_told_column_by_column();
};

void TestTables::learns_the_same_however_rows_are_divided_data() {
  QTest::addColumn<QString>("type");
  for (const NodeSpec* spec : Registry::instance().all())
    if (spec->fitter && spec->inputs.front().kind == Kind::Row)
      QTest::newRow(spec->type.c_str()) << QString::fromStdString(spec->type);
}

void TestTables::learns_the_same_however_rows_are_divided() {
  QFETCH(QString, type);
  TableRows table = mixed_rows();
  if (type != QLatin1String("target_encoding")) table.labels.clear();
  const TableNode one = bind_table_node(type.toStdString(), {}, table);
  QVERIFY2(one.op != nullptr && !one.state.empty(), one.error.line().c_str());
  for (const std::size_t together : {std::size_t{2}, std::size_t{7}, std::size_t{64}, std::size_t{1000}})
    QVERIFY(bind_table_node(type.toStdString(), {}, table, together).state == one.state);
  // An outlier in a part of the rows changes it.
  TableRows other = mixed_rows(499);
  if (type != QLatin1String("target_encoding")) other.labels.clear();
  QVERIFY(bind_table_node(type.toStdString(), {}, other).state != one.state);
}

void TestTables::columns_are_named_and_checked() {
  const TableRows table = people_rows();
  const Error unknown = table_refusal("standardise", {{"columns", text_list({"agge"})}}, table);
  QCOMPARE(unknown.parameter, std::string("columns"));
  QVERIFY2(unknown.remedy.find("'age'") != std::string::npos, unknown.line().c_str());
  const Error of_texts = table_refusal("standardise", {{"columns", text_list({"age", "town"})}}, table);
  QVERIFY2(of_texts.reason.find("'town' holds texts") != std::string::npos, of_texts.line().c_str());
  QVERIFY(!of_texts.remedy.empty() && of_texts.parameter == "columns");
  QVERIFY(table_refusal("hash_columns", {{"columns", text_list({"age"})}}, table).reason.find("holds numbers") !=
          std::string::npos);
  TableRows picture = people_rows();
  picture.desc = standard_desc(Kind::Image);
  for (const char* type : {"impute", "one_hot", "features", "choose_columns", "polynomial"})
    QVERIFY2(table_refusal(type, {}, picture).port == "row", type);
  // While the columns are not known, nothing is wrong with their names.
  TableRows unopened = people_rows();
  unopened.desc.columns.clear();
  const TensorDesc* in = &unopened.desc;
  for (const NodeSpec* spec : Registry::instance().all())
    if (spec->inputs.size() == 1 && spec->inputs.front().kind == Kind::Row) {
      const auto out = spec->infer(spec->complete({}), std::span(&in, 1));
      QVERIFY2(out && out->front().columns.empty(), spec->type.c_str());
    }
}

void TestTables::missing_values_are_filled_in() {
  const TableRows table = people_rows();
  const TableRows median = through(bind_table_node("impute", {{"numbers", text_value("mean")}}, table), table);
  QCOMPARE(row_cells(median, 0), QString("20 | Ulm | 100 | cook"));
  QCOMPARE(row_cells(median, 1), QString("30 | Bonn | 200 | cook"));
  QVERIFY(std::none_of(median.desc.columns.begin(), median.desc.columns.end(), [](auto& c) { return c.missing; }));

  const ParamMap told = {{"texts", text_value("constant")}, {"text", text_value("nobody knows")}, {"indicator", true}};
  const TableRows marked = through(bind_table_node("impute", told, table), table);
  QCOMPARE(column_names(marked.desc), QString("age, town, income, job, age_missing, job_missing"));
  QCOMPARE(row_cells(marked, 1), QString("30 | Bonn | 200 | nobody knows | 1 | 1"));
  QCOMPARE(row_cells(marked, 3), QString("30 | Aachen | 300 | tailor | 0 | 0"));

  // Of equally frequent values the least; a column that is not named stays as it is.
  const TableRows tied = table_rows({"a", "b"}, {{"3", "y"}, {"1", "x"}, {"?", "?"}});
  const TableRows least = through(bind_table_node("impute", {{"numbers", text_value("most_frequent")}}, tied), tied);
  QCOMPARE(row_cells(least, 2), QString("1 | x"));
  const TableRows one = through(bind_table_node("impute", {{"columns", text_list({"a"})}}, tied), tied);
  QCOMPARE(row_cells(one, 2), QString("2 | -"));
}

void TestTables::what_cannot_be_filled_in_is_refused() {
  const TableRows table = table_rows({"a", "b"}, {{"?", "x"}, {"?", "y"}});
  const Error error = table_refusal("impute", {}, table);
  QVERIFY2(error.reason.find("'a' has no value") != std::string::npos && !error.remedy.empty(), error.line().c_str());
  const TableRows filled = through(bind_table_node("impute", {{"numbers", text_value("constant")}}, table), table);
  QCOMPARE(row_cells(filled, 1), QString("0 | y"));
  QVERIFY(table_refusal("standardise", {}, table).reason.find("'a' has no value") != std::string::npos);
  // A number without end can be no part of a mean: its record is a bad one.
  TableRows endless = table_rows({"a"}, {{"1"}});
  RowWriter(endless.rows.front(), 1, 0).number(0, std::numeric_limits<double>::infinity());
  const Error infinite = table_refusal("standardise", {}, endless);
  QVERIFY(infinite.code == ErrorCode::BadRecord && infinite.reason.find("'a'") != std::string::npos);
}

void TestTables::columns_are_kept_and_dropped() {
  const TableRows table = people_rows();
  const auto chosen = [&](ParamMap params) { return through(bind_table_node("choose_columns", params, table), table); };
  const TableRows kept = chosen({{"columns", text_list({"job", "[ai]*"})}});
  QCOMPARE(column_names(kept.desc), QString("age, income, job"));
  QCOMPARE(row_cells(kept, 0), QString("20 | 100 | cook"));
  QCOMPARE(row_cells(kept, 1), QString("- | 200 | -"));
  // The texts that are dropped are gone: three cells, and "tailor".
  QCOMPARE(kept.rows[3].bytes(), std::size_t{3 * 8 + 6});
  const TableRows dropped = chosen({{"columns", text_list({"?o?", "town"})}, {"action", text_value("drop")}});
  QCOMPARE(column_names(dropped.desc), QString("age, income"));
  QCOMPARE(dropped.rows[0].bytes(), std::size_t{2 * 8});
  QCOMPARE(column_names(chosen({{"types", text_value("texts")}}).desc), QString("town, job"));
  QCOMPARE(row_cells(chosen({}), 3), row_cells(table, 3));
  const Error none = table_refusal("choose_columns", {{"columns", text_list({"incom"})}}, table);
  QVERIFY2(none.remedy.find("'income'") != std::string::npos, none.line().c_str());
  QVERIFY(table_refusal("choose_columns", {{"columns", text_list({"*"})}, {"action", text_value("drop")}}, table)
              .reason.find("no column is left") != std::string::npos);
}

void TestTables::limits_are_kept() {
  std::vector<std::vector<std::string>> rows;
  for (int i = 0; i <= 100; ++i) rows.push_back({std::to_string(i)});
  const TableRows table = table_rows({"x"}, rows);
  const TableRows made = through(bind_table_node("clip", {{"lower", 5.0}, {"upper", 90.0}}, table), table);
  QCOMPARE(number_at(made, 0, 0), 5.0);
  QCOMPARE(number_at(made, 50, 0), 50.0);
  QCOMPARE(number_at(made, 100, 0), 90.0);
  const ParamMap given = {{"limits", text_value("given")}, {"low", 10.0}, {"high", 20.0}};
  QCOMPARE(number_at(through(bind_table_node("clip", given, table), table), 99, 0), 20.0);
  QCOMPARE(table_refusal("clip", {{"limits", text_value("given")}, {"low", 3.0}, {"high", 2.0}}, table).parameter,
           std::string("high"));
  QCOMPARE(table_refusal("min_max", {{"low", 1.0}, {"high", 1.0}}, table).parameter, std::string("high"));
  QCOMPARE(table_refusal("robust", {{"lower", 60.0}, {"upper", 40.0}}, table).parameter, std::string("upper"));

  const TableRows later = table_rows({"x"}, {{"-50"}, {"150"}, {"25"}});
  const TableNode clipped = bind_table_node("min_max", {{"clip", true}}, table);
  QCOMPARE(number_at(through(clipped, later), 0, 0), 0.0);
  QCOMPARE(number_at(through(clipped, later), 1, 0), 1.0);
  QCOMPARE(number_at(through(bind_table_node("min_max", {}, table), later), 1, 0), 1.5);
}

void TestTables::logarithms_of_the_wrong_numbers_are_bad_records() {
  const TableRows table = table_rows({"x"}, {{"0"}, {"-3"}, {"?"}, {"9"}});
  const TableNode both = bind_table_node("log", {}, table);
  QVERIFY(std::abs(number_at(through(both, table), 1, 0) + std::log(4.0)) < 1e-12);
  QVERIFY(std::isnan(number_at(through(both, table), 2, 0)));
  const TableNode counts = bind_table_node("log", {{"kind", text_value("log1p")}}, table);
  QVERIFY(row_error(counts, table, 0).reason.empty() && row_error(counts, table, 2).reason.empty());
  const Error negative = row_error(counts, table, 1);
  QVERIFY2(negative.code == ErrorCode::BadRecord && negative.reason.find("'x' holds -3") != std::string::npos,
           negative.line().c_str());
  QVERIFY(!row_error(bind_table_node("log", {{"kind", text_value("log")}}, table), table, 0).reason.empty());
}

void TestTables::features_take_numbers_alone() {
  const TableRows table = people_rows();
  const Error of_texts = table_refusal("features", {}, table);
  QVERIFY2(of_texts.reason.find("'town', 'job' hold texts") != std::string::npos &&
               of_texts.remedy.find("one_hot") != std::string::npos,
           of_texts.line().c_str());
  const TableRows numbers = table_rows({"a", "b"}, {{"1", "2.5"}, {"?", "3"}});
  const Error missing = table_refusal("features", {}, numbers);
  QVERIFY2(missing.reason.find("'a' holds missing") != std::string::npos &&
               missing.remedy.find("impute") != std::string::npos,
           missing.line().c_str());
  const TableNode kept = bind_table_node("features", {{"missing", text_value("keep")}}, numbers);
  QCOMPARE(kept.out.text(), std::string("f32 2"));
  QCOMPARE(column_names(kept.out), QString("a, b"));
  QCOMPARE(number_at(through(kept, numbers), 0, 1), 2.5);
  QVERIFY(std::isnan(number_at(through(kept, numbers), 1, 0)));

  // A table that is said to be whole, and is not.
  TableRows whole = table_rows({"a", "b"}, {{"1", "2.5"}, {"?", "3"}});
  whole.desc.columns[0].missing = false;
  const TableNode node = bind_table_node("features", {}, whole);
  QVERIFY(row_error(node, whole, 0).reason.empty());
  QVERIFY2(row_error(node, whole, 1).reason.find("'a' has no value") != std::string::npos,
           row_error(node, whole, 1).line().c_str());
  const TableRows large = table_rows({"a", "b"}, {{"1", "1e300"}});
  QVERIFY(row_error(node, large, 0).reason.find("'b' holds 1e+300") != std::string::npos);
  Datum cut;
  cut.set_bytes("short");
  TableRows damaged{.desc = whole.desc};
  damaged.rows.push_back(std::move(cut));
  for (const char* type : {"features", "polynomial", "log", "choose_columns", "clip"})
    QVERIFY2(row_error(bind_table_node(type, {}, table_rows({"a", "b"}, {{"1", "2"}})), damaged, 0).code ==
                 ErrorCode::BadRecord,
             type);
}

void TestTables::vectors_are_joined() {
  const NodeSpec& spec = *Registry::instance().find("join_features");
  const NodePorts ports = spec.ports({{"inputs", text_list({"table", "words"})}});
  QCOMPARE(ports.inputs.size(), std::size_t{2});
  QCOMPARE(ports.inputs[1].name, std::string("words"));
  const auto more = spec.add_port({{"inputs", text_list({"table", "words"})}}, "words", Kind::Features);
  QVERIFY(more && more->port == "words2" && more->param == "inputs");
  QVERIFY(!spec.add_port({}, "image", Kind::Image));

  TensorDesc a{.kind = Kind::Features, .dtype = DType::F32, .shape = {1}, .columns = {{.name = "x"}}};
  TensorDesc b{.kind = Kind::Features, .dtype = DType::F32, .shape = {2}, .columns = {{.name = "y"}, {.name = "z"}}};
  const std::vector<const TensorDesc*> in = {&a, &b};
  const auto out = spec.infer(spec.complete({}), in);
  QVERIFY(out && out->front().text() == "f32 3");
  QCOMPARE(column_names(out->front()), QString("x, y, z"));
  b.columns.clear();
  QVERIFY(spec.infer(spec.complete({}), in)->front().columns.empty());
  b.shape = {Dim::symbol("features")};
  QVERIFY(!spec.infer(spec.complete({}), in)->front().shape.front().known());
  b.dtype = DType::I64;
  const auto wrong = spec.infer(spec.complete({}), in);
  QVERIFY(!wrong && wrong.error().port == "second");
}

void TestTables::a_chain_ends_in_numbers() {
  TableRows table = mixed_rows();
  table.labels.clear();
  TableRows now = through(bind_table_node("impute", {{"indicator", true}}, table), table);
  for (const char* type : {"standardise", "one_hot", "features"}) now = through(bind_table_node(type, {}, now), now);
  QCOMPARE(now.desc.columns.size(), std::size_t{2 + 30 + 4 + 4});
  double sum = 0;
  double squares = 0;
  for (std::size_t row = 0; row < now.rows.size(); ++row) {
    double hot = 0;
    for (std::size_t i = 0; i < now.desc.columns.size(); ++i) {
      QVERIFY(std::isfinite(number_at(now, row, i)));
      if (now.desc.columns[i].name.find('=') != std::string::npos) hot += number_at(now, row, i);
    }
    QCOMPARE(hot, 2.0);
    sum += number_at(now, row, 0);
    squares += number_at(now, row, 0) * number_at(now, row, 0);
  }
  QVERIFY(std::abs(sum / 500) < 1e-6 && std::abs(squares / 500 - 1) < 1e-5);
}

void TestTables::quantiles_are_exact_and_then_near() {
  constexpr std::uint64_t kCount = 200'000;
  const Permutation order(kCount, 3, 1);
  const std::vector<double> shares = {0, 0.001, 0.25, 0.5, 0.9, 1};
  QuantileSketch exact;
  for (std::uint64_t i = 0; i < 50'000; ++i) exact.add(static_cast<double>(i));
  QVERIFY(exact.exact() && exact.error_bound() == 0);
  QCOMPARE(exact.quantiles({0.5}).front(), 24'999.5);
  for (const bool sorted : {false, true}) {
    QuantileSketch sketch(1024);
    for (std::uint64_t i = 0; i < kCount; ++i) sketch.add(static_cast<double>(sorted ? i : order(i)));
    QVERIFY(!sketch.exact() && sketch.count() == kCount);
    QVERIFY2(sketch.error_bound() > 0 && sketch.error_bound() < 0.01, std::to_string(sketch.error_bound()).c_str());
    const std::vector<double> found = sketch.quantiles(shares);
    for (std::size_t i = 0; i < shares.size(); ++i) {
      const double apart = std::abs(found[i] - shares[i] * static_cast<double>(kCount - 1));
      // A number of the last level stands for 256: its rank is known no better.
      QVERIFY2(apart <= sketch.error_bound() * static_cast<double>(kCount) + 256, std::to_string(apart).c_str());
    }
    QCOMPARE(found.front(), 0.0);
    QCOMPARE(found.back(), static_cast<double>(kCount - 1));
  }
}

void TestTables::a_row_is_told_column_by_column() {
  const TableRows table = table_rows({"age", "town"}, {{"?", "Ulm\x1b[2J"}, {"4.5", "?"}});
  const auto told = [&](std::size_t row) {
    const Datum& from = table.rows[row];
    PreviewValue value{.desc = table.desc, .data = {from.span().begin(), from.span().end()}};
    return words_of(value);
  };
  QCOMPARE(told(0), std::string("age missing\ntown Ulm\\x1B[2J"));
  QCOMPARE(told(1), std::string("age 4.5\ntown missing"));
  PreviewValue unknown{.desc = standard_desc(Kind::Row), .data = std::vector<std::byte>(3)};
  QVERIFY(form_of(unknown) == PreviewForm::Text);
  QCOMPARE(words_of(unknown), std::string("a row of 3 bytes"));
}

FEEDLINE_TEST(TestTables)

}  // namespace test_tables

#include "test_tables.moc"
