// SPDX-License-Identifier: GPL-3.0-or-later
// Nodes that make numbers of categories: what becomes of unseen, rare, missing and too many ones.
#include "base/text_index.h"
#include "nodes/table/murmur3.h"
#include "schema/sparse_rows.h"
#include "support/table_nodes.h"
#include "support/test_program.h"

#include <QTest>

#include <algorithm>
#include <set>
#include <string_view>

namespace test_table_categories {

using namespace feedline;
using namespace feedline::test;

class TestTableCategories : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void categories_become_columns();
  void unseen_values_have_their_rule();
  void sparse_rows_become_the_same_features();
  void rare_categories_share_a_column();
  void categories_become_numbers();
  void too_many_categories_are_refused();
  void own_targets_do_not_count_in_training();
  void classes_have_a_mean_each();
  void hashes_are_murmur3();
  void columns_are_found_by_name();
  void category_index_finds_what_was_added();
};

void TestTableCategories::categories_become_columns() {
  const TableRows table = people_rows();
  const TableRows hot = through(bind_table_node("one_hot", {}, table), table);
  QCOMPARE(column_names(hot.desc), QString("age, town=Aachen, town=Bonn, town=Ulm, income, job=cook, job=tailor"));
  QCOMPARE(row_cells(hot, 0), QString("20 | 0 | 0 | 1 | 100 | 1 | 0"));
  QCOMPARE(row_cells(hot, 1), QString("- | 0 | 1 | 0 | 200 | 0 | 0"));
  QCOMPARE(hot.rows[0].bytes(), std::size_t{7 * 8});

  const TableRows own = through(bind_table_node("one_hot", {{"missing", text_value("own")}}, table), table);
  QVERIFY(column_names(own.desc).endsWith("job=tailor, job=(missing)"));
  QVERIFY(row_cells(own, 1).endsWith("200 | 0 | 0 | 1"));

  // Numbers that are named are categories too, in the order of their size.
  const TableRows levels = table_rows({"level", "x"}, {{"10", "1"}, {"9", "2"}, {"-0", "3"}, {"?", "4"}, {"0", "5"}});
  const TableRows of = through(bind_table_node("one_hot", {{"columns", text_list({"level"})}}, levels), levels);
  QCOMPARE(column_names(of.desc), QString("level=0, level=9, level=10, x"));
  QCOMPARE(row_cells(of, 2), QString("1 | 0 | 0 | 3"));
  QCOMPARE(row_cells(of, 3), QString("0 | 0 | 0 | 4"));
}

void TestTableCategories::unseen_values_have_their_rule() {
  const TableRows table = people_rows();
  const TableRows later =
      table_rows({"age", "town", "income", "job"}, {{"20", "Trier", "100", "smith"}, {"20", "Ulm", "1", "cook"}});
  const TableRows ignored = through(bind_table_node("one_hot", {}, table), later);
  QCOMPARE(row_cells(ignored, 0), QString("20 | 0 | 0 | 0 | 100 | 0 | 0"));
  const TableRows other = through(bind_table_node("one_hot", {{"unseen", text_value("other")}}, table), later);
  QVERIFY(column_names(other.desc).contains("town=Ulm, town=(other), income"));
  QCOMPARE(row_cells(other, 0), QString("20 | 0 | 0 | 0 | 1 | 100 | 0 | 0 | 1"));
  for (const char* type : {"one_hot", "ordinal"}) {
    const TableNode strict = bind_table_node(type, {{"unseen", text_value("error")}}, table);
    const Error error = row_error(strict, later, 0);
    QVERIFY2(error.code == ErrorCode::BadRecord && error.reason.find("'Trier'") != std::string::npos,
             error.line().c_str());
    QVERIFY(!error.remedy.empty() && row_error(strict, later, 1).reason.empty());
  }
  QCOMPARE(row_cells(through(bind_table_node("ordinal", {}, table), later), 0), QString("20 | 3 | 100 | 2"));
  QCOMPARE(row_cells(through(bind_table_node("ordinal", {{"unseen", text_value("missing")}}, table), later), 0),
           QString("20 | - | 100 | -"));
}

/// What one_hot hands to features when it is read by them alone: the same vectors and the same errors.
void TestTableCategories::sparse_rows_become_the_same_features() {
  const TableRows learnt =
      table_rows({"x", "town"}, {{"1", "Ulm"}, {"2", "Bonn"}, {"3", "Aachen"}, {"4", "Trier"}, {"5", "Ulm"}});
  const TableRows rows = table_rows(
      {"x", "town"}, {{"0.1", "Ulm"}, {"?", "Bonn"}, {"1e300", "Trier"}, {"2", "Kiel"}, {"-3", "?"}, {"-0", "Aachen"}});
  for (const char* missing : {"refuse", "keep"}) {
    const TableNode hot = bind_table_node("one_hot", {}, learnt);
    const TableNode vectors = bind_table_node("features", {{"missing", text_value(missing)}}, through(hot, learnt));
    const auto* giver = dynamic_cast<const GivesSparseRows*>(hot.op.get());
    const auto* taker = dynamic_cast<const TakesSparseRows*>(vectors.op.get());
    QVERIFY(giver != nullptr && taker != nullptr);
    const auto form = giver->sparse_rows();
    QVERIFY(form.has_value());
    QCOMPARE(form->columns, std::size_t{5});
    const TableNode gives{.out = hot.out, .op = giver->sparse_giver()};
    const TableNode takes{.out = vectors.out, .op = taker->sparse_taker(*form)};
    const TableRows whole = through(hot, rows);
    const TableRows sparse = through(gives, rows);
    int refused = 0;
    for (std::size_t row = 0; row < rows.rows.size(); ++row) {
      QCOMPARE(sparse.rows[row].bytes(), std::size_t{2 * 8});
      QCOMPARE(QString::fromStdString(row_error(takes, sparse, row).line()),
               QString::fromStdString(row_error(vectors, whole, row).line()));
      Datum expected;
      Datum made;
      const bool good = static_cast<bool>(run_table_node(vectors, whole, row, expected));
      QCOMPARE(static_cast<bool>(run_table_node(takes, sparse, row, made)), good);
      refused += good ? 0 : 1;
      if (good) QVERIFY(std::ranges::equal(made.span(), expected.span()));
    }
    QCOMPARE(refused, missing == std::string_view("keep") ? 1 : 2);
  }
  const TableNode strict = bind_table_node("one_hot", {{"unseen", text_value("error")}}, learnt);
  const TableNode gives{.out = strict.out, .op = dynamic_cast<const GivesSparseRows&>(*strict.op).sparse_giver()};
  QVERIFY(!row_error(gives, rows, 3).reason.empty());
  QCOMPARE(row_error(gives, rows, 3).reason, row_error(strict, rows, 3).reason);
  // Of a column of texts that stays, and of rows that would be no shorter, there is no such form.
  const TableRows people = people_rows();
  const TableNode partly = bind_table_node("one_hot", {{"columns", text_list({"town"})}}, people);
  QVERIFY(!dynamic_cast<const GivesSparseRows&>(*partly.op).sparse_rows());
  const TableRows one = table_rows({"x", "town"}, {{"1", "Ulm"}, {"2", "Ulm"}});
  const TableNode narrow = bind_table_node("one_hot", {}, one);
  QVERIFY(!dynamic_cast<const GivesSparseRows&>(*narrow.op).sparse_rows());
}

void TestTableCategories::rare_categories_share_a_column() {
  std::vector<std::vector<std::string>> rows;
  const auto add = [&](const char* value, int times) {
    rows.insert(rows.end(), static_cast<std::size_t>(times), {value});
  };
  add("a", 1), add("b", 5), add("c", 3), add("d", 3), add("e", 4);
  const TableRows table = table_rows({"v"}, rows);
  const TableRows made = through(bind_table_node("one_hot", {{"most", std::int64_t{3}}}, table), table);
  QCOMPARE(column_names(made.desc), QString("v=b, v=e, v=(other)"));
  QCOMPARE(row_cells(made, 0), QString("0 | 0 | 1"));
  // Of c and d, which are equally frequent, the later one keeps its column.
  QCOMPARE(column_names(bind_table_node("one_hot", {{"most", std::int64_t{4}}}, table).out),
           QString("v=b, v=d, v=e, v=(other)"));
  QCOMPARE(column_names(bind_table_node("one_hot", {{"most", std::int64_t{5}}}, table).out),
           QString("v=a, v=b, v=c, v=d, v=e"));
}

void TestTableCategories::categories_become_numbers() {
  const TableRows table = people_rows();
  const TableNode node = bind_table_node("ordinal", {}, table);
  const TableRows made = through(node, table);
  QCOMPARE(row_cells(made, 0), QString("20 | 2 | 100 | 0"));
  QCOMPARE(row_cells(made, 1), QString("- | 1 | 200 | -"));
  QVERIFY(made.desc.columns[1].type == ColumnType::Number && !made.desc.columns[1].missing);
  QVERIFY(made.desc.columns[3].missing);
  // A column of texts that stays, stays whole.
  const TableRows one = through(bind_table_node("ordinal", {{"columns", text_list({"town"})}}, table), table);
  QCOMPARE(row_cells(one, 3), QString("30 | 0 | 300 | tailor"));
  QCOMPARE(one.rows[3].bytes(), std::size_t{4 * 8 + 6});
}

void TestTableCategories::too_many_categories_are_refused() {
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

void TestTableCategories::own_targets_do_not_count_in_training() {
  TableRows table = mixed_rows();
  const ParamMap params = {{"columns", text_list({"town"})}};
  const TableNode node = bind_table_node("target_encoding", params, table);
  QVERIFY2(node.op != nullptr, node.error.line().c_str());
  const TableRows training = through(node, table, true);
  const TableRows later = through(node, table, false);
  int moved = 0;
  for (const std::size_t row : {std::size_t{3}, std::size_t{77}, std::size_t{210}}) {
    TableRows turned = mixed_rows();
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

void TestTableCategories::classes_have_a_mean_each() {
  TableRows table = table_rows({"v"}, {{"a"}, {"a"}, {"b"}, {"b"}});
  table.label_desc.classes = 3;
  table.label_desc.class_names = {"low", "mid", "high"};
  for (const int label : {0, 1, 2, 2}) table.labels.emplace_back().set_label(label);
  const ParamMap plain = {{"folds", std::int64_t{1}}, {"smoothing", 0.0}};
  const TableRows made = through(bind_table_node("target_encoding", plain, table), table, true);
  QCOMPARE(column_names(made.desc), QString("v: low, v: mid, v: high"));
  QCOMPARE(row_cells(made, 0), QString("0.5 | 0.5 | 0"));
  QCOMPARE(row_cells(made, 2), QString("0 | 0 | 1"));
  const TableRows drawn =
      through(bind_table_node("target_encoding", {{"folds", std::int64_t{1}}, {"smoothing", 2.0}}, table), table);
  QCOMPARE(row_cells(drawn, 2), QString("0.125 | 0.125 | 0.75"));
}

void TestTableCategories::hashes_are_murmur3() {
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

  const TableRows table = people_rows();
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

/// A node that was fitted to one table works on another one whose columns stand in another order.
void TestTableCategories::columns_are_found_by_name() {
  const TableRows table = people_rows();
  const TableRows turned = table_rows({"job", "more", "income", "town", "age"}, {{"tailor", "1", "400", "Ulm", "20"}});
  const NodeSpec& spec = *Registry::instance().find("one_hot");
  const TableNode node = bind_table_node("one_hot", {}, table);
  const TensorDesc* in = &turned.desc;
  TableNode other;
  other.out = spec.learnt(spec.complete({}), std::span(&in, 1), node.state)->front();
  other.op = std::move(*spec.fitted_op(spec.complete({}), std::span(&in, 1), node.state));
  QCOMPARE(column_names(other.out),
           QString("job=cook, job=tailor, more, income, town=Aachen, town=Bonn, town=Ulm, age"));
  QCOMPARE(row_cells(through(other, turned), 0), QString("0 | 1 | 1 | 400 | 0 | 0 | 1 | 20"));
  const TableRows lacking = table_rows({"job", "x"}, {{"cook", "1"}});
  in = &lacking.desc;
  const auto none = spec.fitted_op(spec.complete({}), std::span(&in, 1), node.state);
  QVERIFY2(!none && none.error().reason.find("'town'") != std::string::npos, none ? "" : none.error().line().c_str());
}

void TestTableCategories::category_index_finds_what_was_added() {
  TextIndex index;
  QCOMPARE(index.find("a"), TextIndex::kNone);
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
  QCOMPARE(index.find("xyz"), TextIndex::kNone);
  // Texts that differ in one byte anywhere have other hashes.
  std::set<std::uint64_t> hashes;
  std::string word(23, 'q');
  hashes.insert(TextIndex::hash_of(word));
  for (std::size_t i = 0; i < word.size(); ++i) {
    std::string other = word;
    other[i] = 'r';
    hashes.insert(TextIndex::hash_of(other));
  }
  QCOMPARE(hashes.size(), word.size() + 1);
}

FEEDLINE_TEST(TestTableCategories)

}  // namespace test_table_categories

#include "test_table_categories.moc"
