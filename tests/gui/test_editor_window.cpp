// SPDX-License-Identifier: GPL-3.0-or-later
// The canvas in the whole window, by real keys: what leads from it to the panels, and ten thousand nodes.
#include "graph/json.h"
#include "gui/app/main_window.h"
#include "gui/app/panels.h"
#include "gui/app/problems_panel.h"
#include "gui/canvas/graph_view.h"
#include "gui/canvas/node_item.h"
#include "gui/inspector/inspector_panel.h"
#include "gui/inspector/param_row.h"
#include "gui/inspector/port_line.h"
#include "gui/workspace/document_tab.h"
#include "gui/workspace/find_bar.h"
#include "support/test_program.h"
#include "support/window_home.h"

#include <QLineEdit>
#include <QSettings>
#include <QSignalSpy>
#include <QTest>
#include <QTreeView>

namespace feedline::gui::test_editor_window {
namespace {

constexpr int kMany = 10'000;

/// A chain in rows, as people lay them out, with its ends free.
Document long_chain() {
  Edit::List steps;
  for (int i = 0; i < kMany; ++i)
    steps.push_back({AddNode{.node = {.id = "layer" + std::to_string(i),
                                      .type = "relu",
                                      .position = {260.0 * (i % 100), 240.0 * static_cast<double>(i / 100)}}}});
  for (int i = 1; i < kMany; ++i)
    steps.push_back(
        {AddLink{.link = {.from = {"layer" + std::to_string(i - 1), "y"}, .to = {"layer" + std::to_string(i), "x"}}}});
  Document document;
  if (!document.apply(Edit{std::move(steps)})) qFatal("fixture");
  return document;
}

QRectF body_of(const NodeItem& item) { return item.mapRectToScene(item.body()); }

}  // namespace

class TestEditorWindow : public QObject {
  Q_OBJECT

  test::WindowHome home_{};

 private Q_SLOTS:
  void init() { QSettings().clear(); }

  void enter_leads_to_the_parameters_and_f2_to_the_name() {
    MainWindow window;
    window.show();
    QVERIFY(QTest::qWaitForWindowActive(&window) && window.files().open_example("quickstart"));
    InspectorPanel& inspector = *window.panels().inspector;
    window.view().setFocus();
    window.view().select_node("conv1");
    QTest::keyClick(&window.view(), Qt::Key_Return);
    QVERIFY(window.focusWidget() != nullptr);
    const auto* row = inspector.findChild<ParamRow*>();
    QVERIFY(row != nullptr && row->isAncestorOf(window.focusWidget()));
    QTest::keyClicks(window.focusWidget(), "24");  // in place of what it holds
    QTest::keyClick(window.focusWidget(), Qt::Key_Return);
    QCOMPARE(to_text(window.document().document().find("conv1")->params.at("filters")), std::string("24"));
    window.view().setFocus();
    QTest::keyClick(&window.view(), Qt::Key_F2);
    auto* name = inspector.findChild<QLineEdit*>("node_id");
    QCOMPARE(window.focusWidget(), static_cast<QWidget*>(name));
    QCOMPARE(name->selectedText(), QString("conv1"));
    QTest::keyClicks(name, "first");
    QTest::keyClick(name, Qt::Key_Return);
    QVERIFY(window.document().document().find("first") != nullptr);
    QVERIFY(window.view().graph_scene().node("first") != nullptr);
    window.close_quietly();
  }

  /// The name on a node's head is what all panels call it.
  void canvas_and_panels_use_one_name() {
    MainWindow window;
    window.show();
    QVERIFY(QTest::qWaitForWindowActive(&window) && window.files().open_example("quickstart"));
    QVERIFY(window.document().apply({SetParam{.node = "conv1", .param = "filters", .value = Value(std::int64_t{0})}}));
    window.view().select_node("conv1");
    const QString name = window.view().graph_scene().node("conv1")->face().id;
    QCOMPARE(name, QString("conv1"));
    QCOMPARE(window.panels().inspector->findChild<QLineEdit*>("node_id")->text(), name);
    const QAbstractItemModel& problems = *window.panels().problems->findChild<QTreeView*>()->model();
    QStringList where;
    for (int row = 0; row < problems.rowCount(); ++row) where << problems.index(row, 1).data().toString();
    QVERIFY2(where.contains(name + ".filters"), qPrintable(where.join(", ")));
    QVERIFY2(window.document().undo_stack().undoText().startsWith(name + ".filters"),
             qPrintable(window.document().undo_stack().undoText()));
    QTest::keyClick(&window, Qt::Key_F, Qt::ControlModifier);
    FindBar& find = window.workspace().current().find_bar();
    QTest::keyClicks(find.findChild<QLineEdit*>(), "conv1");
    QVERIFY2(find.shown_why().startsWith(name), qPrintable(find.shown_why()));
    window.close_quietly();
  }

  /// A step of a drag changes places only: forms and the list of problems are not made anew.
  void a_drag_leaves_the_panels_alone() {
    MainWindow window;
    window.show();
    QVERIFY(QTest::qWaitForWindowActive(&window) && window.files().open_example("quickstart"));
    window.view().select_node("conv1");
    const QSignalSpy problems(&window.workspace().current(), &DocumentTab::problems_changed);
    const auto ports = [&] { return window.panels().inspector->findChildren<PortLine*>(); };
    const QList<PortLine*> before = ports();
    QVERIFY(!before.isEmpty());
    QTest::keyClick(&window.view(), Qt::Key_Right);
    QVERIFY(window.document().undo_stack().undoText().startsWith("Move"));
    QCOMPARE(ports(), before);
    QCOMPARE(problems.count(), 0);
    QVERIFY(window.document().apply({SetParam{.node = "conv1", .param = "filters", .value = Value(std::int64_t{0})}}));
    QCOMPARE(problems.count(), 1);
    QVERIFY(ports() != before);
    window.close_quietly();
  }

  /// All of it fits the view, is selected, duplicated, brought back and deleted by keys; no copy lies on another node.
  void ten_thousand_nodes() {
    MainWindow window;
    window.resize(1280, 800);
    window.show();
    QVERIFY(QTest::qWaitForWindowActive(&window));
    window.document().reset(long_chain(), {});
    GraphView& view = window.view();
    view.setFocus();
    const auto fits = [&] {
      return view.mapToScene(view.viewport()->rect()).boundingRect().contains(view.graph_scene().content());
    };
    QVERIFY(fits());
    for (int i = 0; i < 40; ++i) QTest::keyClick(&view, Qt::Key_Minus, Qt::ControlModifier);
    QVERIFY(fits());
    QTest::keyClick(&view, Qt::Key_Plus, Qt::ControlModifier);
    for (int i = 0; i < 20; ++i) QTest::keyClick(&view, Qt::Key_Plus, Qt::ControlModifier);
    QVERIFY(!fits());
    QTest::keyClick(&view, Qt::Key_Home);
    QVERIFY(fits());

    const std::string before = to_json(window.document().document());
    QTest::keyClick(&view, Qt::Key_A, Qt::ControlModifier);
    QCOMPARE(view.graph_scene().selected_nodes().size(), std::size_t{kMany});
    QTest::keyClick(&view, Qt::Key_D, Qt::ControlModifier);
    QCOMPARE(window.document().undo_stack().undoText(), QString("Duplicate 10000 nodes"));
    const auto& nodes = view.graph_scene().nodes();
    QCOMPARE(nodes.size(), std::size_t{2 * kMany});
    QRectF old;
    QRectF copies;
    for (const auto& [id, item] : nodes) (item->isSelected() ? copies : old) |= body_of(*item);
    QVERIFY(!old.intersects(copies));
    QTest::keyClick(&view, Qt::Key_Z, Qt::ControlModifier);
    QVERIFY(to_json(window.document().document()) == before);
    QCOMPARE(nodes.size(), std::size_t{kMany});
    QTest::keyClick(&view, Qt::Key_A, Qt::ControlModifier);
    QTest::keyClick(&view, Qt::Key_Delete);
    QVERIFY(nodes.empty());
    QTest::keyClick(&view, Qt::Key_Z, Qt::ControlModifier);
    QVERIFY(to_json(window.document().document()) == before);
    window.close_quietly();
  }
};

FEEDLINE_WINDOW_TEST(TestEditorWindow)

}  // namespace feedline::gui::test_editor_window

#include "test_editor_window.moc"
