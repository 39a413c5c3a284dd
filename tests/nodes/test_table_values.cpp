// SPDX-License-Identifier: GPL-3.0-or-later
// Nodes of tables against scikit-learn on real tables (tests/data/make_table_values.py), to 1e-6.
#include "support/fixtures.h"
#include "support/places.h"
#include "support/table_nodes.h"
#include "support/test_program.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTest>

#include <cmath>

namespace test_table_values {

using namespace feedline;
using namespace feedline::test;

namespace {

/// Values as the node's parameters have them: JSON knows no whole numbers.
ParamMap params_of(const NodeSpec& spec, const QJsonObject& json) {
  ParamMap params;
  for (auto item = json.begin(); item != json.end(); ++item) {
    const std::string name = item.key().toStdString();
    const ParamSpec* param = spec.param(name);
    if (param == nullptr) qFatal("there is no parameter %s", name.c_str());
    if (item->isArray()) {
      ValueList list;
      for (const QJsonValue& text : item->toArray()) list.emplace_back(text.toString().toStdString());
      params.emplace(name, Value(std::move(list)));
    } else if (item->isBool()) {
      params.emplace(name, item->toBool());
    } else if (item->isString()) {
      params.emplace(name, item->toString().toStdString());
    } else if (param->kind == ParamKind::Integer) {
      params.emplace(name, static_cast<std::int64_t>(item->toDouble()));
    } else {
      params.emplace(name, item->toDouble());
    }
  }
  return params;
}

/// Why a cell is not what was wanted; empty: it is.
QString wrong_cell(const TableRows& made, std::size_t row, std::size_t column, const QJsonValue& wanted) {
  if (column >= made.desc.columns.size()) return QStringLiteral("there is no such column");
  if (made.desc.columns[column].type == ColumnType::Text) {
    const std::string found = text_at(made, row, column).value_or("(missing)");
    return found == wanted.toString().toStdString() ? QString() : QString::fromStdString(found);
  }
  const double found = number_at(made, row, column);
  if (wanted.isNull()) return std::isnan(found) ? QString() : QString::number(found);
  const double truth = wanted.toDouble();
  return std::abs(found - truth) <= 1e-6 * std::max(1.0, std::abs(truth)) ? QString() : QString::number(found, 'g', 12);
}

}  // namespace

class TestTableValues : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void equal_scikit_learns_data() {
    QTest::addColumn<QJsonObject>("table");
    QTest::addColumn<QJsonObject>("wanted");
    const QJsonObject all = QJsonDocument::fromJson(read_file(source_dir("/tests/data/table_values.json"))).object();
    const QJsonArray cases = all["cases"].toArray();
    QVERIFY(cases.size() > 40);
    int number = 0;
    for (const QJsonValue& item : cases) {
      const QString name = item["table"].toString();
      const QString params = QString::fromUtf8(QJsonDocument(item["params"].toObject()).toJson(QJsonDocument::Compact));
      QTest::addRow("%d %s %s %s", number++, qPrintable(name), qPrintable(item["node"].toString()),
                    qPrintable(params.left(60)))
          << all["tables"][name].toObject() << item.toObject();
    }
  }

  void equal_scikit_learns() {
    QFETCH(QJsonObject, table);
    QFETCH(QJsonObject, wanted);
    const QString file = shared_data("/" + table["file"].toString());
    TableRows rows = read_table(file, table["skipped"].toInt(), table["most"].toInt(), table["keep_missing"].toBool());
    if (rows.rows.empty()) QSKIP(qPrintable(file + " is not there"));
    const std::string type = wanted["node"].toString().toStdString();
    const NodeSpec* spec = Registry::instance().find(type);
    QVERIFY2(spec != nullptr, type.c_str());
    if (spec->inputs.size() > 1)
      for (std::size_t i = 0; i < rows.rows.size(); ++i) rows.labels.emplace_back().set_label(i % 3 == 0 ? 1 : 0);

    const TableNode node = bind_table_node(type, params_of(*spec, wanted["params"].toObject()), rows);
    QVERIFY2(node.op != nullptr, node.error.line().c_str());
    const TableRows made = through(node, rows);
    const QJsonArray columns = wanted["columns"].toArray();
    const QJsonArray places = wanted["rows"].toArray();
    QVERIFY(!columns.isEmpty() && places.size() == 5);
    for (qsizetype i = 0; i < places.size(); ++i) {
      const QJsonArray truth = wanted["expected"][i].toArray();
      QCOMPARE(truth.size(), columns.size());
      for (qsizetype c = 0; c < columns.size(); ++c) {
        const QString wrong = wrong_cell(made, static_cast<std::size_t>(places[i].toInt()),
                                         static_cast<std::size_t>(columns[c].toInt()), truth[c]);
        QVERIFY2(wrong.isEmpty(), qPrintable(QStringLiteral("row %1, column %2: %3, not %4")
                                                 .arg(places[i].toInt())
                                                 .arg(columns[c].toInt())
                                                 .arg(wrong, truth[c].toVariant().toString())));
      }
    }
  }
};

FEEDLINE_TEST(TestTableValues)

}  // namespace test_table_values

#include "test_table_values.moc"
