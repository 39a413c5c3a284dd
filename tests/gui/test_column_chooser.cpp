// SPDX-License-Identifier: GPL-3.0-or-later

// Columns of a table are chosen from a list, by mouse and keys, where a parameter names them.

#include "graph/port_edits.h"
#include "gui/inspector/column_editors.h"
#include "gui/inspector/inspector_panel.h"
#include "gui/inspector/param_row.h"
#include "gui/models/columns_model.h"
#include "support/test_program.h"

#include <QAbstractItemModelTester>
#include <QComboBox>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>
#include <QToolButton>
#include <QTreeView>

namespace test_column_chooser {

using namespace feedline;
using namespace feedline::gui;

namespace {

Column number(const char* name, bool missing = false) {
  return {.name = name, .dtype = DType::F64, .missing = missing, .type = ColumnType::Number};
}
Column text(const char* name) { return {.name = name, .dtype = DType::U8, .type = ColumnType::Text}; }

const std::vector<Column>& columns() {
  static const std::vector<Column> all = {number("age"),   number("hours", true), text("job"),   text("town"),
                                          number("price"), number("price_net"),   text("title"), text("income")};
  return all;
}

Value names(std::initializer_list<const char*> list) {
  ValueList items;
  for (const char* item : list) items.emplace_back(std::string(item));
  return items;
}

/// A csv source whose columns are known, and a node of tables behind it.
struct Bench {
  DocumentController c{};
  InspectorPanel panel{c};

  Bench(const char* type, const char* shown, const ParamMap& params = {}) {
    Document document;
    for (const Node& node : {Node{.id = "source", .type = "csv"}, Node{.id = "n", .type = type, .params = params}})
      if (!document.apply({AddNode{.node = node}})) qFatal("fixture");
    if (!document.apply({AddLink{.link = {.from = {"source", "row"}, .to = {"n", "row"}}}})) qFatal("fixture");
    c.reset(std::move(document), {});
    panel.resize(320, 900);
    panel.show();
    panel.show_nodes({shown});
    panel.activateWindow();
    if (!QTest::qWaitForWindowActive(&panel)) qFatal("no window");
  }
  void learn_columns() {
    TensorDesc row{.kind = Kind::Row, .dtype = DType::U8, .shape = {Dim::symbol("bytes")}, .columns = columns()};
    row.columns.pop_back();  // the label
    const TensorDesc label{.kind = Kind::Label, .dtype = DType::I64, .classes = 2, .class_names = {"high", "low"}};
    c.set_probed({{"source", {row, label}}}, {}, {{"source", columns()}});
  }
  template <class T>
  [[nodiscard]] T* part(const char* param, const char* name = "") const {
    return panel.findChild<ParamRow*>(param)->findChild<T*>(QString::fromLatin1(name));
  }
  [[nodiscard]] QString value(const char* param, const char* id = "n") const {
    const ParamMap& params = c.document().find(id)->params;
    const auto found = params.find(param);
    return found == params.end() ? QStringLiteral("(unset)") : QString::fromStdString(to_text(found->second));
  }
  void click_box(const char* param, int row) const {
    auto* view = part<QTreeView>(param, "columns");
    const QRect cell = view->visualRect(view->model()->index(row, 0));
    QTest::mouseClick(view->viewport(), Qt::LeftButton, {}, cell.topLeft() + QPoint(10, cell.height() / 2));
  }
};

}  // namespace

class TestColumnChooser : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void the_model_keeps_order_and_what_the_table_does_not_have() {
    const ParamSpec& spec = *Registry::instance().find("choose_columns")->param("columns");
    ColumnsModel model(spec);
    const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    const QSignalSpy chosen(&model, &ColumnsModel::chosen);
    model.set_columns(columns());
    QCOMPARE(model.rowCount(), 8);
    model.set_named({"price*", "gone", "job"});
    QCOMPARE(model.rowCount(), 10);
    QCOMPARE(model.index(0, 1).data().toString(), QString("pattern: 2 columns"));
    QCOMPARE(model.index(1, 1).data().toString(), QString("not in the table"));
    QVERIFY(chosen.isEmpty());
    QVERIFY(model.setData(model.index(model.row_of("age"), 0), Qt::Checked, Qt::CheckStateRole));
    QCOMPARE(model.named(), (std::vector<std::string>{"price*", "gone", "job", "age"}));
    QVERIFY(model.setData(model.index(1, 0), Qt::Unchecked, Qt::CheckStateRole));
    QCOMPARE(model.named(), (std::vector<std::string>{"price*", "job", "age"}));
    QCOMPARE(chosen.size(), 2);
    QCOMPARE(model.index(model.row_of("hours"), 0).data(Qt::AccessibleTextRole).toString(),
             QString("hours: number, some missing"));
  }

  /// Until the columns are known it is the list that it always was; then it becomes a choice, without being asked.
  void columns_are_checked_by_mouse_and_keys() {
    Bench b("impute", "n", {{"columns", names({"age"})}});
    QVERIFY(b.part<QTreeView>("columns", "columns") == nullptr);
    b.learn_columns();
    auto* view = b.part<QTreeView>("columns", "columns");
    QVERIFY(view != nullptr && view->isVisible());
    QVERIFY(!view->accessibleName().isEmpty());
    QCOMPARE(view->model()->rowCount(), 7);  // without the label
    b.click_box("columns", 2);
    QCOMPARE(b.value("columns"), QString("age, job"));
    view->setFocus();
    view->setCurrentIndex(view->model()->index(0, 0));
    QTest::keyClick(view, Qt::Key_Space);
    QCOMPARE(b.value("columns"), QString("job"));
    b.c.undo_stack().undo();
    QCOMPARE(b.value("columns"), QString("age, job"));
    QCOMPARE(view->model()->index(0, 0).data(Qt::CheckStateRole).toInt(), static_cast<int>(Qt::Checked));
  }

  void a_filter_and_buttons_choose_many() {
    Bench b("choose_columns", "n");
    b.learn_columns();
    auto* filter = b.part<QLineEdit>("columns", "column_filter");
    auto* view = b.part<QTreeView>("columns", "columns");
    filter->setFocus();
    QTest::keyClicks(filter, "PRI");
    QCOMPARE(view->model()->rowCount(), 2);
    QTest::mouseClick(b.part<QPushButton>("columns", "all_numbers"), Qt::LeftButton);
    QCOMPARE(b.value("columns"), QString("price, price_net"));
    filter->clear();
    QTest::mouseClick(b.part<QPushButton>("columns", "all_texts"), Qt::LeftButton);
    QCOMPARE(b.value("columns"), QString("price, price_net, job, town, title"));
    filter->setFocus();
    QTest::keyClicks(filter, "hour");
    QTest::keyClick(filter, Qt::Key_Return);  // the only one that is left
    QCOMPARE(b.value("columns"), QString("price, price_net, job, town, title, hours"));
    filter->clear();
    QTest::keyClick(filter, Qt::Key_Down);
    QVERIFY(view->hasFocus());
    QTest::mouseClick(b.part<QPushButton>("columns", "no_columns"), Qt::LeftButton);
    filter->setFocus();
    QTest::keyClicks(filter, "t*");
    QTest::keyClick(filter, Qt::Key_Return);
    QCOMPARE(b.value("columns"), QString("t*"));
    QVERIFY(filter->text().isEmpty());
  }

  /// A node that works on numbers offers numbers; a text that stands there is shown as what it is.
  void only_columns_of_the_right_type_are_offered() {
    Bench b("standardise", "n", {{"columns", names({"job"})}});
    b.learn_columns();
    auto* view = b.part<QTreeView>("columns", "columns");
    QCOMPARE(view->model()->rowCount(), 5);
    QCOMPARE(view->model()->index(0, 1).data().toString(), QString("text: of the wrong type"));
    b.click_box("columns", 0);
    b.click_box("columns", 1);
    QCOMPARE(b.value("columns"), QString("age"));
    auto* lines = b.part<QToolButton>("columns", "as_lines");
    QTest::mouseClick(lines, Qt::LeftButton);
    QVERIFY(!view->isVisible());
    QVERIFY(b.part<QToolButton>("columns", "add_item")->isVisible());
    QTest::mouseClick(lines, Qt::LeftButton);
    QVERIFY(view->isVisible());
  }

  /// The label of a table: any of its columns, also the one that it is now.
  void one_column_is_chosen_from_a_box() {
    Bench b("impute", "source", {});
    b.learn_columns();
    auto* box = b.part<QComboBox>("label");
    QVERIFY(box != nullptr && box->isVisible());
    QCOMPARE(box->count(), 9);
    QCOMPARE(box->currentText(), QString("none named"));
    box->setFocus();
    QTest::keyClick(box, Qt::Key_Down);
    QCOMPARE(b.value("label", "source"), QString("age"));
    QTest::keyClicks(box, "income");
    QCOMPARE(b.value("label", "source"), QString("income"));
    QVERIFY(b.c.apply(set_param(b.c.document(), {"source", "label", Value(std::string("gone"))})));
    QCOMPARE(box->currentText(), QString("gone (not in the table)"));
    QCOMPARE(box->count(), 10);
  }

  /// What divides records: a column of any table, or the folder of pictures.
  void what_divides_records_is_chosen_from_a_box() {
    DocumentController c;
    InspectorPanel panel(c);
    Document document;
    for (const Node& node : {Node{.id = "source", .type = "csv"}, Node{.id = "pictures", .type = "image_folder"},
                             Node{.id = "trainer", .type = "trainer", .params = {{"split_by", std::string("group")}}}})
      QVERIFY(document.apply({AddNode{.node = node}}));
    c.reset(std::move(document), {});
    panel.resize(320, 900);
    panel.show();
    panel.show_nodes({"trainer"});
    panel.activateWindow();
    QVERIFY(QTest::qWaitForWindowActive(&panel));
    c.set_probed({},
                 {{"source", {.records = 5, .split_names = {"age", "income"}}},
                  {"pictures", {.records = 8, .split_names = {"folder"}}}},
                 {{"source", columns()}});
    auto* box = panel.findChild<ParamRow*>("split_column")->findChild<QComboBox*>();
    QVERIFY(box != nullptr && box->isVisibleTo(&panel));
    QCOMPARE(box->count(), 10);  // none, eight columns, the folder
    box->setFocus();
    QTest::keyClicks(box, "folder");
    QCOMPARE(to_text(c.document().find("trainer")->params.at("split_column")), std::string("folder"));
  }
};

FEEDLINE_WINDOW_TEST(TestColumnChooser)

}  // namespace test_column_chooser

#include "test_column_chooser.moc"
