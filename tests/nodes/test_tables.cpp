// SPDX-License-Identifier: GPL-3.0-or-later
// What the nodes of tables do with texts, missing cells, unseen values and mistakes. Their numbers are compared with
// scikit-learn's in test_table_values.cpp.
#include "nodes/table/category_index.h"
#include "nodes/table/murmur3.h"
#include "nodes/table/quantile_sketch.h"
#include "support/fixtures.h"
#include "support/standard_input.h"
#include "support/table_rows.h"
#include "support/test_program.h"

#include <QTest>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <set>

namespace test_tables {

using namespace feedline;
using namespace feedline::test;

namespace {

ValueList texts(std::initializer_list<const char*> items) {
  ValueList list;
  for (const char* item : items) list.emplace_back(std::string(item));
  return list;
}

Value text(const char* value) { return std::string(value); }

/// Four people: numbers and texts, one of each missing.
TableRows people() {
  return table_rows({"age", "town", "income", "job"}, {{"20", "Ulm", "100", "cook"},
                                                       {"?", "Bonn", "200", "?"},
                                                       {"40", "Ulm", "400", "cook"},
                                                       {"30", "Aachen", "300", "tailor"}});
}

/// Some hundred rows of two columns of numbers and two of texts, a tenth of the cells missing.
TableRows many_rows(int count = 500) {
  std::vector<std::vector<std::string>> cells;
  Rng rng(5, 1, 0, 1);
  for (int i = 0; i < count; ++i) {
    const auto cell = [&](std::string value) { return rng.chance(0.1) ? std::string("?") : std::move(value); };
    cells.push_back({cell(std::to_string(rng.normal() * 10)), cell("town " + std::to_string(rng.below(30))),
                     cell(std::to_string(rng.below(7))), cell("job " + std::to_string(rng.below(4)))});
  }
  TableRows table = table_rows({"x", "town", "level", "job"}, cells);
  for (int i = 0; i < count; ++i) table.labels.emplace_back().set_label(i % 2);
  return table;
}

/// Why a node of this type cannot be bound to the table.
Error refusal(const std::string& type, const ParamMap& params, const TableRows& table) {
  const TableNode node = bind_table_node(type, params, table);
  return node.op == nullptr ? node.error : Error{};
}

/// The cells of a row: "20 | Ulm | - | 1".
QString cells(const TableRows& table, std::size_t row) {
  QStringList all;
  for (std::size_t i = 0; i < table.desc.columns.size(); ++i) {
    if (table.desc.columns[i].type == ColumnType::Text)
      all << QString::fromStdString(text_at(table, row, i).value_or("-"));
    else
      all << (std::isnan(number_at(table, row, i)) ? QStringLiteral("-") : QString::number(number_at(table, row, i)));
  }
  return all.join(QStringLiteral(" | "));
}

/// The error of one row of `table` in a node that was bound to other rows.
Error record_error(const TableNode& node, const TableRows& table, std::size_t row) {
  Datum out;
  const Status done = run_table_node(node, table, row, out);
  return done ? Error{} : done.error();
}

}  // namespace

class TestTables : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void learns_the_same_however_rows_are_divided_data();
  void learns_the_same_however_rows_are_divided();
  void columns_are_named_and_checked();
  void missing_values_are_filled_in();
  void what_cannot_be_filled_in_is_refused();
  void columns_are_kept_and_dropped();
  void categories_become_columns();
  void unseen_values_have_their_rule();
  void rare_categories_share_a_column();
  void categories_become_numbers();
  void too_many_categories_are_refused();
  void own_targets_do_not_count_in_training();
  void classes_have_a_mean_each();
  void hashes_are_murmur3();
  void limits_are_kept();
  void logarithms_of_the_wrong_numbers_are_bad_records();
  void features_take_numbers_alone();
  void vectors_are_joined();
  void a_chain_ends_in_numbers();
  void columns_are_found_by_name();
  void quantiles_are_exact_and_then_near();
  void category_index_finds_what_was_added();
};

void TestTables::learns_the_same_however_rows_are_divided_data() {
  QTest::addColumn<QString>("type");
  for (const NodeSpec* spec : Registry::instance().all())
    if (spec->fitter && spec->inputs.front().kind == Kind::Row)
      QTest::newRow(spec->type.c_str()) << QString::fromStdString(spec->type);
}

void TestTables::learns_the_same_however_rows_are_divided() {
  QFETCH(QString, type);
  TableRows table = many_rows();
  if (type != QLatin1String("target_encoding")) table.labels.clear();
  const TableNode one = bind_table_node(type.toStdString(), {}, table);
  QVERIFY2(one.op != nullptr && !one.state.empty(), one.error.line().c_str());
  for (const std::size_t together : {std::size_t{2}, std::size_t{7}, std::size_t{64}, std::size_t{1000}})
    QVERIFY(bind_table_node(type.toStdString(), {}, table, together).state == one.state);
  // An outlier in a part of the rows changes it.
  TableRows other = many_rows(499);
  if (type != QLatin1String("target_encoding")) other.labels.clear();
  QVERIFY(bind_table_node(type.toStdString(), {}, other).state != one.state);
}

void TestTables::columns_are_named_and_checked() {
  const TableRows table = people();
  const Error unknown = refusal("standardise", {{"columns", texts({"agge"})}}, table);
  QCOMPARE(unknown.parameter, std::string("columns"));
  QVERIFY2(unknown.remedy.find("'age'") != std::string::npos, unknown.line().c_str());
  const Error of_texts = refusal("standardise", {{"columns", texts({"age", "town"})}}, table);
  QVERIFY2(of_texts.reason.find("'town' holds texts") != std::string::npos, of_texts.line().c_str());
  QVERIFY(!of_texts.remedy.empty() && of_texts.parameter == "columns");
  QVERIFY(refusal("hash_columns", {{"columns", texts({"age"})}}, table).reason.find("holds numbers") !=
          std::string::npos);
  TableRows picture = table;
  picture.desc = standard_desc(Kind::Image);
  for (const char* type : {"impute", "one_hot", "features", "choose_columns", "polynomial"})
    QVERIFY2(refusal(type, {}, picture).port == "row", type);
  // While the columns are not known, nothing is wrong with their names.
  TableRows unopened = table;
  unopened.desc.columns.clear();
  const TensorDesc* in = &unopened.desc;
  for (const NodeSpec* spec : Registry::instance().all())
    if (spec->inputs.size() == 1 && spec->inputs.front().kind == Kind::Row) {
      const auto out = spec->infer(spec->complete({}), std::span(&in, 1));
      QVERIFY2(out && out->front().columns.empty(), spec->type.c_str());
    }
}

void TestTables::missing_values_are_filled_in() {
  const TableRows table = people();
  const TableRows median = through(bind_table_node("impute", {{"numbers", text("mean")}}, table), table);
  QCOMPARE(cells(median, 0), QString("20 | Ulm | 100 | cook"));
  QCOMPARE(cells(median, 1), QString("30 | Bonn | 200 | cook"));
  QVERIFY(std::none_of(median.desc.columns.begin(), median.desc.columns.end(), [](auto& c) { return c.missing; }));

  const ParamMap told = {{"texts", text("constant")}, {"text", text("nobody knows")}, {"indicator", true}};
  const TableRows marked = through(bind_table_node("impute", told, table), table);
  QCOMPARE(column_names(marked.desc), QString("age, town, income, job, age_missing, job_missing"));
  QCOMPARE(cells(marked, 1), QString("30 | Bonn | 200 | nobody knows | 1 | 1"));
  QCOMPARE(cells(marked, 3), QString("30 | Aachen | 300 | tailor | 0 | 0"));

  // Of equally frequent values the least; a column that is not named stays as it is.
  const TableRows tied = table_rows({"a", "b"}, {{"3", "y"}, {"1", "x"}, {"?", "?"}});
  const TableRows least = through(bind_table_node("impute", {{"numbers", text("most_frequent")}}, tied), tied);
  QCOMPARE(cells(least, 2), QString("1 | x"));
  const TableRows one = through(bind_table_node("impute", {{"columns", texts({"a"})}}, tied), tied);
  QCOMPARE(cells(one, 2), QString("2 | -"));
}

void TestTables::what_cannot_be_filled_in_is_refused() {
  const TableRows table = table_rows({"a", "b"}, {{"?", "x"}, {"?", "y"}});
  const Error error = refusal("impute", {}, table);
  QVERIFY2(error.reason.find("'a' has no value") != std::string::npos && !error.remedy.empty(), error.line().c_str());
  const TableRows filled = through(bind_table_node("impute", {{"numbers", text("constant")}}, table), table);
  QCOMPARE(cells(filled, 1), QString("0 | y"));
  QVERIFY(refusal("standardise", {}, table).reason.find("'a' has no value") != std::string::npos);
  // A number without end can be no part of a mean: its record is a bad one.
  TableRows endless = table_rows({"a"}, {{"1"}});
  RowWriter(endless.rows.front(), 1, 0).number(0, std::numeric_limits<double>::infinity());
  const Error infinite = refusal("standardise", {}, endless);
  QVERIFY(infinite.code == ErrorCode::BadRecord && infinite.reason.find("'a'") != std::string::npos);
}

void TestTables::columns_are_kept_and_dropped() {
  const TableRows table = people();
  const auto chosen = [&](ParamMap params) { return through(bind_table_node("choose_columns", params, table), table); };
  const TableRows kept = chosen({{"columns", texts({"job", "[ai]*"})}});
  QCOMPARE(column_names(kept.desc), QString("age, income, job"));
  QCOMPARE(cells(kept, 0), QString("20 | 100 | cook"));
  QCOMPARE(cells(kept, 1), QString("- | 200 | -"));
  // The texts that are dropped are gone: three cells, and "tailor".
  QCOMPARE(kept.rows[3].bytes(), std::size_t{3 * 8 + 6});
  const TableRows dropped = chosen({{"columns", texts({"?o?", "town"})}, {"action", text("drop")}});
  QCOMPARE(column_names(dropped.desc), QString("age, income"));
  QCOMPARE(dropped.rows[0].bytes(), std::size_t{2 * 8});
  QCOMPARE(column_names(chosen({{"types", text("texts")}}).desc), QString("town, job"));
  QCOMPARE(cells(chosen({}), 3), cells(table, 3));
  const Error none = refusal("choose_columns", {{"columns", texts({"incom"})}}, table);
  QVERIFY2(none.remedy.find("'income'") != std::string::npos, none.line().c_str());
  QVERIFY(refusal("choose_columns", {{"columns", texts({"*"})}, {"action", text("drop")}}, table)
              .reason.find("no column is left") != std::string::npos);
}

void TestTables::categories_become_columns() {
  const TableRows table = people();
  const TableRows hot = through(bind_table_node("one_hot", {}, table), table);
  QCOMPARE(column_names(hot.desc), QString("age, town=Aachen, town=Bonn, town=Ulm, income, job=cook, job=tailor"));
  QCOMPARE(cells(hot, 0), QString("20 | 0 | 0 | 1 | 100 | 1 | 0"));
  QCOMPARE(cells(hot, 1), QString("- | 0 | 1 | 0 | 200 | 0 | 0"));
  QCOMPARE(hot.rows[0].bytes(), std::size_t{7 * 8});

  const TableRows own = through(bind_table_node("one_hot", {{"missing", text("own")}}, table), table);
  QVERIFY(column_names(own.desc).endsWith("job=tailor, job=(missing)"));
  QVERIFY(cells(own, 1).endsWith("200 | 0 | 0 | 1"));

  // Numbers that are named are categories too, in the order of their size.
  const TableRows levels = table_rows({"level", "x"}, {{"10", "1"}, {"9", "2"}, {"-0", "3"}, {"?", "4"}, {"0", "5"}});
  const TableRows of = through(bind_table_node("one_hot", {{"columns", texts({"level"})}}, levels), levels);
  QCOMPARE(column_names(of.desc), QString("level=0, level=9, level=10, x"));
  QCOMPARE(cells(of, 2), QString("1 | 0 | 0 | 3"));
  QCOMPARE(cells(of, 3), QString("0 | 0 | 0 | 4"));
}

void TestTables::unseen_values_have_their_rule() {
  const TableRows table = people();
  const TableRows later =
      table_rows({"age", "town", "income", "job"}, {{"20", "Trier", "100", "smith"}, {"20", "Ulm", "1", "cook"}});
  const TableRows ignored = through(bind_table_node("one_hot", {}, table), later);
  QCOMPARE(cells(ignored, 0), QString("20 | 0 | 0 | 0 | 100 | 0 | 0"));
  const TableRows other = through(bind_table_node("one_hot", {{"unseen", text("other")}}, table), later);
  QVERIFY(column_names(other.desc).contains("town=Ulm, town=(other), income"));
  QCOMPARE(cells(other, 0), QString("20 | 0 | 0 | 0 | 1 | 100 | 0 | 0 | 1"));
  for (const char* type : {"one_hot", "ordinal"}) {
    const TableNode strict = bind_table_node(type, {{"unseen", text("error")}}, table);
    const Error error = record_error(strict, later, 0);
    QVERIFY2(error.code == ErrorCode::BadRecord && error.reason.find("'Trier'") != std::string::npos,
             error.line().c_str());
    QVERIFY(!error.remedy.empty() && record_error(strict, later, 1).reason.empty());
  }
  QCOMPARE(cells(through(bind_table_node("ordinal", {}, table), later), 0), QString("20 | 3 | 100 | 2"));
  QCOMPARE(cells(through(bind_table_node("ordinal", {{"unseen", text("missing")}}, table), later), 0),
           QString("20 | - | 100 | -"));
}

void TestTables::rare_categories_share_a_column() {
  std::vector<std::vector<std::string>> rows;
  const auto add = [&](const char* value, int times) {
    rows.insert(rows.end(), static_cast<std::size_t>(times), {value});
  };
  add("a", 1), add("b", 5), add("c", 3), add("d", 3), add("e", 4);
  const TableRows table = table_rows({"v"}, rows);
  const TableRows made = through(bind_table_node("one_hot", {{"most", std::int64_t{3}}}, table), table);
  QCOMPARE(column_names(made.desc), QString("v=b, v=e, v=(other)"));
  QCOMPARE(cells(made, 0), QString("0 | 0 | 1"));
  // Of c and d, which are equally frequent, the later one keeps its column.
  QCOMPARE(column_names(bind_table_node("one_hot", {{"most", std::int64_t{4}}}, table).out),
           QString("v=b, v=d, v=e, v=(other)"));
  QCOMPARE(column_names(bind_table_node("one_hot", {{"most", std::int64_t{5}}}, table).out),
           QString("v=a, v=b, v=c, v=d, v=e"));
}

void TestTables::categories_become_numbers() {
  const TableRows table = people();
  const TableNode node = bind_table_node("ordinal", {}, table);
  const TableRows made = through(node, table);
  QCOMPARE(cells(made, 0), QString("20 | 2 | 100 | 0"));
  QCOMPARE(cells(made, 1), QString("- | 1 | 200 | -"));
  QVERIFY(made.desc.columns[1].type == ColumnType::Number && !made.desc.columns[1].missing);
  QVERIFY(made.desc.columns[3].missing);
  // A column of texts that stays, stays whole.
  const TableRows one = through(bind_table_node("ordinal", {{"columns", texts({"town"})}}, table), table);
  QCOMPARE(cells(one, 3), QString("30 | 0 | 300 | tailor"));
  QCOMPARE(one.rows[3].bytes(), std::size_t{4 * 8 + 6});
}

void TestTables::too_many_categories_are_refused() {
  TableRows table = table_rows({"id"}, {{"name"}});
  const NodeSpec& spec = *Registry::instance().find("one_hot");
  const TensorDesc* in = &table.desc;
  const auto all = spec.fitter(spec.complete({}), std::span(&in, 1));
  const auto some = spec.fitter(spec.complete({}), std::span(&in, 1));
  Datum row;
  const Datum* value = &row;
  Status merged;
  for (int i = 0; i < 120'000 && merged; ++i) {
    const std::string name = "customer " + std::to_string(i);
    RowWriter(row, 1, name.size()).text(0, name);
    QVERIFY(some->add(std::span(&value, 1)));
    if (i % 1000 != 999) continue;
    merged = all->merge(*some);
    QVERIFY(some->reset());
  }
  QVERIFY(!merged);
  QVERIFY2(merged.error().reason.find("'id' has more than 100000 distinct values") != std::string::npos &&
               merged.error().remedy.find("hash_columns") != std::string::npos,
           merged.error().line().c_str());
}

void TestTables::own_targets_do_not_count_in_training() {
  TableRows table = many_rows();
  const ParamMap params = {{"columns", texts({"town"})}};
  const TableNode node = bind_table_node("target_encoding", params, table);
  QVERIFY2(node.op != nullptr, node.error.line().c_str());
  const TableRows training = through(node, table, true);
  const TableRows later = through(node, table, false);
  int moved = 0;
  for (const std::size_t row : {std::size_t{3}, std::size_t{77}, std::size_t{210}}) {
    TableRows turned = many_rows();
    turned.labels[row].set_label(1 - turned.labels[row].label());
    const TableNode other = bind_table_node("target_encoding", params, turned);
    const TableRows encoded = through(other, turned, true);
    QCOMPARE(number_at(encoded, row, 1), number_at(training, row, 1));  // its own target does not show
    const TableRows validated = through(other, turned, false);
    moved += number_at(validated, row, 1) != number_at(later, row, 1) ? 1 : 0;
  }
  QCOMPARE(moved, 3);
  // A missing and an unseen value are the mean of all.
  TableRows asked = table_rows({"x", "town", "level", "job"}, {{"1", "Nowhere", "1", "j"}, {"1", "?", "1", "j"}});
  asked.labels.resize(2);
  for (Datum& label : asked.labels) label.set_label(0);
  const TableRows told = through(node, asked);
  QCOMPARE(number_at(told, 0, 1), 0.5);
  QCOMPARE(number_at(told, 1, 1), 0.5);
}

void TestTables::classes_have_a_mean_each() {
  TableRows table = table_rows({"v"}, {{"a"}, {"a"}, {"b"}, {"b"}});
  table.label_desc.classes = 3;
  table.label_desc.class_names = {"low", "mid", "high"};
  for (const int label : {0, 1, 2, 2}) table.labels.emplace_back().set_label(label);
  const ParamMap plain = {{"folds", std::int64_t{1}}, {"smoothing", 0.0}};
  const TableRows made = through(bind_table_node("target_encoding", plain, table), table, true);
  QCOMPARE(column_names(made.desc), QString("v: low, v: mid, v: high"));
  QCOMPARE(cells(made, 0), QString("0.5 | 0.5 | 0"));
  QCOMPARE(cells(made, 2), QString("0 | 0 | 1"));
  const TableRows drawn =
      through(bind_table_node("target_encoding", {{"folds", std::int64_t{1}}, {"smoothing", 2.0}}, table), table);
  QCOMPARE(cells(drawn, 2), QString("0.125 | 0.125 | 0.75"));
}

void TestTables::hashes_are_murmur3() {
  const auto hash = [](std::initializer_list<std::string_view> pieces) {
    Murmur3 all;
    for (const std::string_view piece : pieces) all.add(piece);
    return static_cast<std::int32_t>(all.hash());
  };
  QCOMPARE(hash({"foo"}), -156908512);  // sklearn.utils.murmurhash3_32("foo", seed=0)
  QCOMPARE(hash({}), 0);
  const std::string_view whole = "town=Saint-Martin";
  for (std::size_t a = 0; a <= whole.size(); ++a)
    for (std::size_t b = a; b <= whole.size(); ++b)
      QCOMPARE(hash({whole.substr(0, a), whole.substr(a, b - a), whole.substr(b)}), hash({whole}));

  const TableRows table = people();
  const TableRows made = through(bind_table_node("hash_columns", {{"buckets", std::int64_t{4}}}, table), table);
  QCOMPARE(column_names(made.desc), QString("age, income, hash_0, hash_1, hash_2, hash_3"));
  const TableRows plain =
      through(bind_table_node("hash_columns", {{"buckets", std::int64_t{4}}, {"signs", false}}, table), table);
  const auto sum = [&](std::size_t row) {
    return number_at(plain, row, 2) + number_at(plain, row, 3) + number_at(plain, row, 4) + number_at(plain, row, 5);
  };
  QCOMPARE(sum(0), 2.0);
  QCOMPARE(sum(1), 1.0);  // the other one is missing
}

void TestTables::limits_are_kept() {
  std::vector<std::vector<std::string>> rows;
  for (int i = 0; i <= 100; ++i) rows.push_back({std::to_string(i)});
  const TableRows table = table_rows({"x"}, rows);
  const TableRows made = through(bind_table_node("clip", {{"lower", 5.0}, {"upper", 90.0}}, table), table);
  QCOMPARE(number_at(made, 0, 0), 5.0);
  QCOMPARE(number_at(made, 50, 0), 50.0);
  QCOMPARE(number_at(made, 100, 0), 90.0);
  const ParamMap given = {{"limits", text("given")}, {"low", 10.0}, {"high", 20.0}};
  QCOMPARE(number_at(through(bind_table_node("clip", given, table), table), 99, 0), 20.0);
  QCOMPARE(refusal("clip", {{"limits", text("given")}, {"low", 3.0}, {"high", 2.0}}, table).parameter,
           std::string("high"));
  QCOMPARE(refusal("min_max", {{"low", 1.0}, {"high", 1.0}}, table).parameter, std::string("high"));
  QCOMPARE(refusal("robust", {{"lower", 60.0}, {"upper", 40.0}}, table).parameter, std::string("upper"));

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
  const TableNode counts = bind_table_node("log", {{"kind", text("log1p")}}, table);
  QVERIFY(record_error(counts, table, 0).reason.empty() && record_error(counts, table, 2).reason.empty());
  const Error negative = record_error(counts, table, 1);
  QVERIFY2(negative.code == ErrorCode::BadRecord && negative.reason.find("'x' holds -3") != std::string::npos,
           negative.line().c_str());
  QVERIFY(!record_error(bind_table_node("log", {{"kind", text("log")}}, table), table, 0).reason.empty());
}

void TestTables::features_take_numbers_alone() {
  const TableRows table = people();
  const Error of_texts = refusal("features", {}, table);
  QVERIFY2(of_texts.reason.find("'town', 'job' hold texts") != std::string::npos &&
               of_texts.remedy.find("one_hot") != std::string::npos,
           of_texts.line().c_str());
  const TableRows numbers = table_rows({"a", "b"}, {{"1", "2.5"}, {"?", "3"}});
  const Error missing = refusal("features", {}, numbers);
  QVERIFY2(missing.reason.find("'a' holds missing") != std::string::npos &&
               missing.remedy.find("impute") != std::string::npos,
           missing.line().c_str());
  const TableNode kept = bind_table_node("features", {{"missing", text("keep")}}, numbers);
  QCOMPARE(kept.out.text(), std::string("f32 2"));
  QCOMPARE(column_names(kept.out), QString("a, b"));
  QCOMPARE(number_at(through(kept, numbers), 0, 1), 2.5);
  QVERIFY(std::isnan(number_at(through(kept, numbers), 1, 0)));

  // A table that is said to be whole, and is not.
  TableRows whole = table_rows({"a", "b"}, {{"1", "2.5"}, {"?", "3"}});
  whole.desc.columns[0].missing = false;
  const TableNode node = bind_table_node("features", {}, whole);
  QVERIFY(record_error(node, whole, 0).reason.empty());
  QVERIFY2(record_error(node, whole, 1).reason.find("'a' has no value") != std::string::npos,
           record_error(node, whole, 1).line().c_str());
  const TableRows large = table_rows({"a", "b"}, {{"1", "1e300"}});
  QVERIFY(record_error(node, large, 0).reason.find("'b' holds 1e+300") != std::string::npos);
  Datum cut;
  cut.set_bytes("short");
  TableRows damaged{.desc = whole.desc};
  damaged.rows.push_back(std::move(cut));
  for (const char* type : {"features", "polynomial", "log", "choose_columns", "clip"})
    QVERIFY2(record_error(bind_table_node(type, {}, table_rows({"a", "b"}, {{"1", "2"}})), damaged, 0).code ==
                 ErrorCode::BadRecord,
             type);
}

void TestTables::vectors_are_joined() {
  const NodeSpec& spec = *Registry::instance().find("join_features");
  const NodePorts ports = spec.ports({{"inputs", texts({"table", "words"})}});
  QCOMPARE(ports.inputs.size(), std::size_t{2});
  QCOMPARE(ports.inputs[1].name, std::string("words"));
  const auto more = spec.add_port({{"inputs", texts({"table", "words"})}}, "words", Kind::Features);
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
  TableRows table = many_rows();
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

/// A node that was fitted to one table works on another one whose columns stand in another order.
void TestTables::columns_are_found_by_name() {
  const TableRows table = people();
  const TableRows turned = table_rows({"job", "more", "income", "town", "age"}, {{"tailor", "1", "400", "Ulm", "20"}});
  const NodeSpec& spec = *Registry::instance().find("one_hot");
  const TableNode node = bind_table_node("one_hot", {}, table);
  const TensorDesc* in = &turned.desc;
  TableNode other;
  other.out = spec.learnt(spec.complete({}), std::span(&in, 1), node.state)->front();
  other.op = std::move(*spec.fitted_op(spec.complete({}), std::span(&in, 1), node.state));
  QCOMPARE(column_names(other.out),
           QString("job=cook, job=tailor, more, income, town=Aachen, town=Bonn, town=Ulm, age"));
  QCOMPARE(cells(through(other, turned), 0), QString("0 | 1 | 1 | 400 | 0 | 0 | 1 | 20"));
  const TableRows lacking = table_rows({"job", "x"}, {{"cook", "1"}});
  in = &lacking.desc;
  const auto none = spec.fitted_op(spec.complete({}), std::span(&in, 1), node.state);
  QVERIFY2(!none && none.error().reason.find("'town'") != std::string::npos, none ? "" : none.error().line().c_str());
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

void TestTables::category_index_finds_what_was_added() {
  CategoryIndex index;
  QCOMPARE(index.find("a"), CategoryIndex::kNone);
  std::vector<std::string> all = {"", "a", std::string("a\0", 2), std::string("\0a", 2)};
  for (int i = 0; i < 20'000; ++i)
    all.push_back(std::string(static_cast<std::size_t>(i % 40), 'x') + std::to_string(i));
  for (std::uint32_t i = 0; i < all.size(); ++i) QCOMPARE(index.add(all[i]), i);
  for (std::uint32_t i = 0; i < all.size(); ++i) {
    QCOMPARE(index.add(all[i]), i);
    QCOMPARE(index.find(all[i]), i);
    QVERIFY(index.text_of(i) == all[i]);
  }
  QCOMPARE(index.size(), all.size());
  QCOMPARE(index.find("xyz"), CategoryIndex::kNone);
  // Texts that differ in one byte anywhere have other hashes.
  std::set<std::uint64_t> hashes;
  std::string word(23, 'q');
  hashes.insert(CategoryIndex::hash_of(word));
  for (std::size_t i = 0; i < word.size(); ++i) {
    std::string other = word;
    other[i] = 'r';
    hashes.insert(CategoryIndex::hash_of(other));
  }
  QCOMPARE(hashes.size(), word.size() + 1);
}

FEEDLINE_TEST(TestTables)

}  // namespace test_tables

#include "test_tables.moc"
