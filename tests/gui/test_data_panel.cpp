// SPDX-License-Identifier: GPL-3.0-or-later

// The records of a source as a table, read off the window's thread.

#include "graph/port_edits.h"
#include "gui/base/theme.h"
#include "gui/commands/document_controller.h"
#include "gui/preview/data_panel.h"
#include "support/fixtures.h"
#include "support/test_program.h"
#include "support/window_home.h"

#include <QAbstractItemModelTester>
#include <QHeaderView>
#include <QLabel>
#include <QPushButton>
#include <QScrollBar>
#include <QSignalSpy>
#include <QTableView>
#include <QTest>

namespace test_data_panel {

using namespace feedline;
using namespace feedline::gui;
using namespace feedline::test;

namespace {

QByteArray people(int rows) {
  QByteArray bytes = "age,job,income\n";
  for (int i = 0; i < rows; ++i)
    bytes += (i % 10 == 0 ? QByteArray("?") : QByteArray::number(20 + i % 50)) + (i % 3 == 0 ? ",clerk," : ",sales,") +
             (i % 4 == 0 ? "high\n" : "low\n");
  return bytes;
}

struct Bench {
  DocumentController c{};
  DataPanel panel{};

  explicit Bench(const std::vector<Node>& nodes) {
    Document document;
    for (const Node& node : nodes)
      if (!document.apply({AddNode{.node = node}})) qFatal("fixture");
    c.reset(std::move(document), {});
    panel.resize(700, 420);
    panel.show_document(c);
    panel.show();
    if (!QTest::qWaitForWindowExposed(&panel)) qFatal("no window");
  }
  [[nodiscard]] QString text(const char* label) const {
    return panel.findChild<QLabel*>(QString::fromLatin1(label))->text();
  }
  [[nodiscard]] QTableView& table() const { return *panel.findChild<QTableView*>("data_table"); }
  [[nodiscard]] QString cell(int row, int column) const { return panel.model().index(row, column).data().toString(); }
};

}  // namespace

class TestDataPanel : public QObject {
  Q_OBJECT

  WindowHome home_{};

 private Q_SLOTS:
  void the_model_asks_for_pages_and_shows_what_comes() {
    RecordModel model;
    const QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    const QSignalSpy wanted(&model, &RecordModel::page_wanted);
    model.set_columns({{.name = "a", .type = "number", .number = true}, {.name = "b", .type = "text"}}, 130);
    QCOMPARE(model.rowCount(), 130);
    QVERIFY(!model.index(70, 0).data().isValid());
    QCOMPARE(model.wanted_page(), 1);
    QVERIFY(!wanted.isEmpty());
    model.set_page(1, {{{.number = 7.0, .text = "7"}, {}}, {}});
    QCOMPARE(model.index(64, 0).data().toString(), QString("7"));
    QCOMPARE(model.index(64, 1).data().toString(), QString("–"));
    QCOMPARE(model.index(65, 0).data().toString(), QString("unreadable"));
    QVERIFY(model.wanted_page() != 1);
    ColumnFacts numbers{.values = 3, .missing = 1, .least = 1, .greatest = 9, .mean = 4, .stddev = 2, .bins = {2, 1}};
    ColumnFacts texts{.values = 4, .top = {{"x", 3}, {"y", 1}}, .distinct = 2};
    model.set_facts({numbers, texts});
    QCOMPARE(model.facts_text(0), QString("number · 25.0 % missing, 1 to 9, mean 4 ± 2"));
    QCOMPARE(model.headerData(1, Qt::Horizontal, Qt::ToolTipRole).toString(),
             QString("b: text, 2 different values, x: 75 %"));
  }

  /// First rows at once, the others when somebody scrolls to them, and in the head what a sample says.
  void a_table_is_shown_and_described() {
    write_file(home_.file("people.csv"), people(5000));
    Bench b({{.id = "source", .type = "csv", .params = {{"file", home_.file("people.csv").toStdString()}}}});
    QTRY_COMPARE(b.panel.model().rowCount(), 5000);
    QTRY_COMPARE(b.cell(1, 0), QString("low"));
    QCOMPARE(b.cell(1, 1), QString("21"));
    QCOMPARE(b.cell(0, 1), QString("–"));
    QTRY_VERIFY(b.panel.model().facts(2) != nullptr);
    QCOMPARE(b.panel.model().facts(1)->missing_share(), 0.1);
    QCOMPARE(b.text("data_classes"), QString("Classes: high 1,250 (25 %), low 3,750 (75 %)"));
    b.table().verticalScrollBar()->setValue(b.table().verticalScrollBar()->maximum());
    b.table().viewport()->repaint();
    QTRY_COMPARE(b.cell(4999, 1), QString("69"));
    const QImage head = b.table().horizontalHeader()->grab().toImage();
    const QColor bar = Theme::instance().colors().train;
    int painted = 0;
    for (int x = 0; x < head.width(); ++x)
      for (int y = 0; y < head.height(); ++y) painted += head.pixelColor(x, y) == bar ? 1 : 0;
    QVERIFY2(painted > 100, QByteArray::number(painted));
  }

  /// What a source reads may be changed at any time; what cannot be opened says why.
  void it_follows_the_graph() {
    write_file(home_.file("one.csv"), people(12));
    write_file(home_.file("two.csv"), people(30));
    Bench b({{.id = "source", .type = "csv", .params = {{"file", home_.file("one.csv").toStdString()}}},
             {.id = "other", .type = "csv", .params = {{"file", home_.file("two.csv").toStdString()}}}});
    QTRY_COMPARE(b.panel.model().rowCount(), 12);
    b.panel.show_nodes({"other"});
    QTRY_COMPARE(b.panel.model().rowCount(), 30);
    QVERIFY(b.c.apply(set_param(b.c.document(), {"other", "file", Value(home_.file("gone.csv").toStdString())})));
    QTRY_VERIFY2(b.text("data_hint").contains("gone.csv"), qPrintable(b.text("data_hint")));
    QCOMPARE(b.panel.model().rowCount(), 0);
    QVERIFY(!b.table().isVisible());
    b.c.undo_stack().undo();
    QTRY_COMPARE(b.panel.model().rowCount(), 30);
    QVERIFY(b.table().isVisible());
  }

  /// Nothing is generated because somebody looks; the button does it.
  void generated_data_are_made_when_asked() {
    Bench b({{.id = "source", .type = "table", .params = {{"rows", std::int64_t{50}}, {"seed", std::int64_t{4711}}}}});
    auto* make = b.panel.findChild<QPushButton*>("make_data");
    QTRY_VERIFY(make->isVisible());
    QCOMPARE(b.panel.model().rowCount(), 0);
    QTest::mouseClick(make, Qt::LeftButton);
    QTRY_COMPARE(b.panel.model().rowCount(), 50);
    QVERIFY(!make->isVisible());
  }
};

FEEDLINE_WINDOW_TEST(TestDataPanel)

}  // namespace test_data_panel

#include "test_data_panel.moc"
