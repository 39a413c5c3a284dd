// SPDX-License-Identifier: GPL-3.0-or-later
// The canvas without a mouse: choosing nodes, moving them, wiring and unwiring them, each change one step of undo.
#include "gui/canvas/grid.h"
#include "gui/canvas_bench.h"
#include "support/test_program.h"

#include <QAction>
#include <QSignalSpy>
#include <QTest>

namespace test_canvas_keys {

using namespace feedline;
using namespace feedline::gui;
using namespace feedline::test;

constexpr auto kWithBoth = Qt::ControlModifier | Qt::ShiftModifier;

void press(Bench& b, Qt::Key key, Qt::KeyboardModifiers with = {}, int times = 1) {
  for (int i = 0; i < times; ++i) QTest::keyClick(&b.view, key, with);
}

std::vector<std::string> selected(const Bench& b) { return b.view.graph_scene().selected_nodes(); }

Position place(const Bench& b, const char* id) { return b.document().find(id)->position; }

class TestCanvasKeys : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void arrows_move_by_one_step_of_the_grid_data() {
    QTest::addColumn<int>("key");
    QTest::addColumn<int>("modifiers");
    QTest::addColumn<QPointF>("way");
    const auto row = [](const char* name, Qt::Key key, Qt::KeyboardModifiers with, double x, double y) {
      QTest::newRow(name) << static_cast<int>(key) << static_cast<int>(with.toInt()) << QPointF(x, y) * kGrid;
    };
    row("left", Qt::Key_Left, {}, -1, 0);
    row("right", Qt::Key_Right, {}, 1, 0);
    row("up", Qt::Key_Up, {}, 0, -1);
    row("down", Qt::Key_Down, {}, 0, 1);
    row("of the number pad", Qt::Key_Right, Qt::KeypadModifier, 1, 0);
    row("shift, left", Qt::Key_Left, Qt::ShiftModifier, -4, 0);
    row("shift, down", Qt::Key_Down, Qt::ShiftModifier, 0, 4);
  }
  void arrows_move_by_one_step_of_the_grid() {
    QFETCH(int, key);
    QFETCH(int, modifiers);
    QFETCH(QPointF, way);
    Bench b;
    b.view.select_node("flip");
    const std::string before = b.json();
    press(b, static_cast<Qt::Key>(key), Qt::KeyboardModifiers::fromInt(modifiers), 2);
    QCOMPARE(place(b, "flip"), (Position{576 + 2 * way.x(), 2 * way.y()}));
    QCOMPARE(b.view.graph_scene().node("flip")->pos(), QPointF(576, 0) + 2 * way);
    QCOMPARE(selected(b), std::vector<std::string>{"flip"});
    b.check_step(before, 0);
  }

  void all_that_is_selected_moves_together() {
    Bench b;
    b.must({AddComment{{.id = "note", .text = "why", .position = {0, 320}, .width = 160}}});
    press(b, Qt::Key_A, Qt::ControlModifier);
    const std::string before = b.json();
    press(b, Qt::Key_Down, {}, 3);
    press(b, Qt::Key_Left);
    QCOMPARE(place(b, "source"), (Position{-kGrid, 3 * kGrid}));
    QCOMPARE(place(b, "linear"), (Position{576 - kGrid, 224 + 3 * kGrid}));
    QCOMPARE(b.document().find_comment("note")->position, (Position{-kGrid, 320 + 3 * kGrid}));
    b.check_step(before, 1);
  }

  /// What was moved in one go is one step; another selection begins another, also of the same node.
  void another_selection_is_another_step() {
    Bench b;
    b.view.select_node("source");
    press(b, Qt::Key_Up, {}, 2);
    press(b, Qt::Key_Right, Qt::ControlModifier);
    QCOMPARE(selected(b), std::vector<std::string>{"decode"});
    press(b, Qt::Key_Up);
    press(b, Qt::Key_Left, Qt::ControlModifier);
    const std::string before = b.json();
    press(b, Qt::Key_Up);
    QCOMPARE(place(b, "source"), (Position{0, -3 * kGrid}));
    b.check_step(before, 2);
    press(b, Qt::Key_Z, Qt::ControlModifier, 2);
    QCOMPARE(place(b, "source"), (Position{0, -2 * kGrid}));
    QCOMPARE(place(b, "decode"), (Position{288, 0}));
    press(b, Qt::Key_Z, kWithBoth, 2);
    QCOMPARE(place(b, "source"), (Position{0, -3 * kGrid}));
    QCOMPARE(place(b, "decode"), (Position{288, -kGrid}));
  }

  void the_view_goes_with_what_is_moved() {
    Bench b;
    b.view.select_node("linear");
    press(b, Qt::Key_Right, Qt::ShiftModifier, 30);
    const NodeItem* item = b.view.graph_scene().node("linear");
    const QRectF seen = b.view.mapToScene(b.port()->rect()).boundingRect();
    QVERIFY(seen.contains(item->mapRectToScene(item->body())));
    QVERIFY(!b.port()->rect().contains(b.title_of("source")));
  }

  void without_a_selection_an_arrow_chooses_a_node() {
    Bench b;
    press(b, Qt::Key_Right);
    QCOMPARE(selected(b).size(), std::size_t{1});
    QCOMPARE(b.steps(), 0);
  }

  void control_and_an_arrow_go_to_the_next_node() {
    Bench b;
    b.view.select_node("source");
    press(b, Qt::Key_Left, Qt::ControlModifier);  // there is none
    QCOMPARE(selected(b), std::vector<std::string>{"source"});
    press(b, Qt::Key_Right, Qt::ControlModifier, 2);
    QCOMPARE(selected(b), std::vector<std::string>{"flip"});
    press(b, Qt::Key_Down, Qt::ControlModifier);
    QCOMPARE(selected(b), std::vector<std::string>{"linear"});
    press(b, Qt::Key_Up, Qt::ControlModifier);
    QCOMPARE(selected(b), std::vector<std::string>{"flip"});
    QCOMPARE(b.steps(), 0);
  }

  void with_shift_they_select_it_as_well() {
    Bench b;
    b.view.select_node("decode");
    press(b, Qt::Key_Right, kWithBoth);
    QCOMPARE(selected(b), (std::vector<std::string>{"decode", "flip"}));
    press(b, Qt::Key_Down, kWithBoth);  // on from the one that came last
    QCOMPARE(selected(b), (std::vector<std::string>{"decode", "flip", "linear"}));
    const std::string before = b.json();
    press(b, Qt::Key_Down);
    QCOMPARE(place(b, "decode"), (Position{288, kGrid}));
    QCOMPARE(place(b, "linear"), (Position{576, 224 + kGrid}));
    QCOMPARE(place(b, "source"), (Position{0, 0}));
    b.check_step(before, 0);
    press(b, Qt::Key_Left, kWithBoth, 2);  // past those that are selected; then none is left
    QCOMPARE(selected(b), (std::vector<std::string>{"decode", "flip", "linear", "source"}));
    press(b, Qt::Key_Right, Qt::ControlModifier);
    QCOMPARE(selected(b), std::vector<std::string>{"decode"});
  }

  /// In the window Delete is the shortcut of a menu. While a wire is led it is about the wire, and the node stays.
  void delete_takes_away_the_wire_that_an_input_gave_away() {
    Bench b;
    auto* remove = new QAction(&b.view);
    remove->setShortcut(QKeySequence::Delete);
    b.view.addAction(remove);
    connect(remove, &QAction::triggered, &b.view.editor(), &CanvasEditor::delete_selection);
    b.must(wire({"source", "file"}, {"decode", "file"}));
    b.view.select_node("decode");
    const std::string before = b.json();
    press(b, Qt::Key_W);
    press(b, Qt::Key_Delete);  // of its output: nothing hangs there yet
    QCOMPARE(b.json(), before);
    QSignalSpy said(&b.view, &GraphView::status_message);
    press(b, Qt::Key_W, {}, 2);
    QVERIFY2(said.back()[0].toString().startsWith(QStringLiteral("source.file → decode.file: Delete")),
             qPrintable(said.back()[0].toString()));
    press(b, Qt::Key_Delete);
    QVERIFY(b.document().find("decode") != nullptr);
    QVERIFY(b.document().links().empty());
    b.check_step(before, 1);
    press(b, Qt::Key_Delete);  // and now about the node
    QVERIFY(b.document().find("decode") == nullptr);
  }

  void a_wire_that_an_input_gave_away_is_put_elsewhere() {
    Bench b;
    b.must(add("decode2", "decode", 288, 300));
    b.must(wire({"source", "file"}, {"decode2", "file"}));
    b.view.zoom_to_fit();
    b.view.select_node("decode2");
    const std::string before = b.json();
    press(b, Qt::Key_W, {}, 2);
    press(b, Qt::Key_Return);  // where it ended, though another input is nearer
    QCOMPARE(b.json(), before);
    press(b, Qt::Key_W, {}, 2);
    press(b, Qt::Key_Escape);
    QCOMPARE(b.json(), before);
    press(b, Qt::Key_W, {}, 2);
    press(b, Qt::Key_Right);
    press(b, Qt::Key_Return);
    QCOMPARE(b.document().link_into({"decode", "file"})->from.text(), std::string("source.file"));
    QVERIFY(b.document().link_into({"decode2", "file"}) == nullptr);
    b.check_step(before, 2);
  }
};

FEEDLINE_WINDOW_TEST(TestCanvasKeys)

}  // namespace test_canvas_keys

#include "test_canvas_keys.moc"
