// SPDX-License-Identifier: GPL-3.0-or-later
// Columns that no node looks at are not read; what reaches the batch is that of a table without them.
#include "engine/fit.h"
#include "graph/json.h"
#include "plan/used_columns.h"
#include "schema/row.h"
#include "support/fake_data.h"
#include "support/fixtures.h"
#include "support/test_program.h"

#include <QTemporaryDir>
#include <QTest>

#include <array>
#include <cmath>
#include <utility>
#include <vector>

namespace test_used_columns {

using namespace feedline;
using namespace feedline::test;

namespace {

/// In one row in 150 the amount is no number, and row 77 has too few cells.
QByteArray people() {
  QByteArray bytes = "age,amount,town,job,income\n";
  for (int i = 0; i < 600; ++i) {
    const QByteArray amount = i % 150 == 3 ? "plenty" : QByteArray::number(i * 3);
    const QByteArray town = i % 3 == 0 ? "Ulm" : i % 3 == 1 ? "" : "\"Bonn, old\"";
    bytes += QByteArray::number(17 + i % 60) + "," + amount + "," + town + ",clerk";
    bytes += i == 77 ? "\n" : i % 2 == 0 ? ",low\n" : ",high\n";
  }
  return bytes;
}

/// csv -> shuffle -> `chosen` -> impute -> one_hot -> features -> batch, and a model.
QString graph_of_people(const QString& file, const QString& source, const QString& chosen) {
  const auto node = [](const char* id, const QString& type, const QString& params) {
    return QString("{'id': '%1', 'type': '%2', 'version': 1, 'params': {%3}, 'position': [0, 0]}")
        .arg(QLatin1String(id), type, params);
  };
  const QStringList nodes = {node("source", "csv", "'file': '" + file + "'" + source),
                             node("shuffle", "shuffle", ""),
                             node("choose", "choose_columns", chosen),
                             node("impute", "impute", ""),
                             node("one_hot", "one_hot", ""),
                             node("features", "features", ""),
                             node("batch", "batch", "'size': 32"),
                             node("linear", "linear", "'units': 0"),
                             node("loss", "cross_entropy", ""),
                             node("optimizer", "adamw", ""),
                             node("trainer", "trainer", "'validation_split': 0.25")};
  const QStringList wires =
      QString(
          "source.row>shuffle.sample source.label>shuffle.label shuffle.sample>choose.row choose.row>impute.row "
          "impute.row>one_hot.row one_hot.row>features.row features.features>batch.features shuffle.label>batch.label "
          "batch.features>linear.x linear.y>loss.prediction batch.label>loss.target loss.loss>trainer.loss "
          "optimizer.optimizer>trainer.optimizer")
          .split(' ');
  QStringList links;
  for (const QString& wire : wires)
    links += QString("{'from': '%1', 'to': '%2'}").arg(wire.section('>', 0, 0), wire.section('>', 1));
  const QString text = QString("{'feedline': 1, 'title': 'People', 'nodes': [%1], 'links': [%2], 'comments': []}")
                           .arg(nodes.join(", "), links.join(", "));
  return QString(text).replace(QLatin1Char('\''), QLatin1Char('"'));
}

}  // namespace

class TestUsedColumns : public QObject {
  Q_OBJECT

  QTemporaryDir folder_;

  std::shared_ptr<const Plan> fitted(const QString& source, const QString& chosen) const {
    const std::string text = graph_of_people(folder_.filePath("people.csv"), source, chosen).toStdString();
    const auto loaded = from_json(std::string_view(text));
    if (!loaded) qFatal("%s", loaded.error().line().c_str());
    const std::string cache = folder_.filePath("cache").toStdString();
    const auto plan = make_plan(loaded->document, {.sources = {.cache_folder = cache}});
    if (!plan) qFatal("%s", plan.error().line().c_str());
    auto bound = fit_plan(*plan, {.pipeline = {.workers = 2, .max_bad_fraction = 1}, .cache_folder = cache});
    if (!bound) qFatal("%s", bound.error().line().c_str());
    return *bound;
  }

  /// What an epoch of it gives, and how many records are bad.
  static std::pair<std::vector<BatchCopy>, std::size_t> drained(const std::shared_ptr<const Plan>& plan,
                                                                std::size_t workers) {
    Pipeline pipeline(plan, plan->train, {.workers = workers, .epochs = 1, .max_bad_fraction = 1});
    auto batches = drain(pipeline, plan->train).batches;
    return {std::move(batches), pipeline.bad_records().size()};
  }

 private Q_SLOTS:
  void initTestCase() { write_file(folder_.filePath("people.csv"), people()); }

  void batches_are_those_of_a_table_without_the_others() {
    const QString keep = "'columns': ['age', 'town']";
    const auto chosen = fitted("", keep);
    const auto ignored = fitted(", 'ignore': ['amount', 'job']", "");
    QCOMPARE(chosen->train.read_columns, (std::vector<bool>{true, false, true, false}));
    QCOMPARE(chosen->validation->read_columns, chosen->train.read_columns);
    QVERIFY(ignored->train.read_columns.empty());
    const auto plain = drained(ignored, 1);
    QVERIFY(plain.first.size() > 10);
    QVERIFY(plain.second <= 1);  // the row with too few cells, if it is not among those that validate
    for (const std::size_t workers : {std::size_t{1}, std::size_t{3}})
      QVERIFY2(drained(chosen, workers) == plain, std::to_string(workers).c_str());
    // All columns are looked at: an amount that is no number makes its record a bad one.
    QVERIFY(drained(fitted("", ""), 1).second > plain.second);
  }

  void a_row_keeps_its_places() {
    const auto plan = fitted("", "'action': 'drop', 'columns': ['amount', 'job']");
    Datum row;
    Datum label;
    const std::array<Datum*, 2> out = {&row, &label};
    QVERIFY(plan->train.source->read(3, out));  // "plenty"
    const RowView view(row, 4);
    QCOMPARE(view.number(0), 20.0);
    QVERIFY(std::isnan(view.number(1)));
    QVERIFY(view.text(2) == std::string_view("Ulm"));
    QVERIFY(!view.text(3));
    QCOMPARE(row.bytes(), std::size_t{4 * kCellBytes + 3});
    const Status few = plan->train.source->read(77, out);
    QVERIFY(!few && few.error().code == ErrorCode::BadRecord);
  }

  void whoever_reads_the_whole_row_gets_it() {
    const auto plan = fitted("", "'columns': ['age', 'town']");
    DataPlan data = plan->train;
    data.read_columns.clear();
    data.fields.push_back({.name = "row", .slot = data.source_outputs[0].value()});
    const auto before = data.source;
    read_used_columns(data);
    QVERIFY(data.source == before && data.read_columns.empty());
    data.fields.pop_back();
    read_used_columns(data);
    QVERIFY(data.source != before);
    QCOMPARE(data.read_columns, plan->train.read_columns);
    data.steps.front().op = op([](auto, auto, auto&) { return Status{}; });  // nobody knows what it looks at
    data.read_columns.clear();
    read_used_columns(data);
    QVERIFY(data.read_columns.empty());
  }
};

FEEDLINE_TEST(TestUsedColumns)

}  // namespace test_used_columns

#include "test_used_columns.moc"
