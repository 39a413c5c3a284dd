// SPDX-License-Identifier: GPL-3.0-or-later
// Real mouse and key events on the canvas; what counts is the document and its undo stack.
#include "gui/canvas/comment_item.h"
#include "gui/canvas/grid.h"
#include "gui/canvas_bench.h"
#include "gui/models/palette_model.h"
#include "support/results.h"
#include "support/test_program.h"

#include <QClipboard>
#include <QDropEvent>
#include <QMimeData>
#include <QSignalSpy>
#include <QTest>

#include <cmath>

namespace test_canvas {

using namespace feedline;
using namespace feedline::gui;
using namespace feedline::test;

class TestCanvas : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  // --- adding ------------------------------------------------------------------------------------------------------
  void tab_and_double_click_search_to_add_data() {
    QTest::addColumn<bool>("by_tab");
    QTest::newRow("Tab") << true;
    QTest::newRow("double click") << false;
  }
  void tab_and_double_click_search_to_add() {
    QFETCH(bool, by_tab);
    Bench b;
    const std::string before = b.json();
    if (by_tab) {
      b.view.setFocus();
      QTest::keyClick(&b.view, Qt::Key_Tab);
    } else {
      QTest::mouseDClick(b.port(), Qt::LeftButton, {}, b.nowhere());
    }
    auto* search = b.view.findChild<SearchPopup*>();
    QVERIFY(search->isVisible());
    auto* line = search->findChild<QLineEdit*>();
    QTest::keyClicks(line, "rrc");
    QTest::keyClick(line, Qt::Key_Return);
    QVERIFY(b.document().find("random_resized_crop") != nullptr);
    QCOMPARE(b.view.graph_scene().selected_nodes(), std::vector<std::string>{"random_resized_crop"});
    b.check_step(before, 0);
    QTest::keyClick(&b.view, Qt::Key_Tab);
    QTest::keyClick(line, Qt::Key_Escape);
    QVERIFY(!search->isVisible());
    QCOMPARE(b.steps(), 1);
  }

  void added_nodes_do_not_cover_each_other() {
    Bench b;
    for (int i = 0; i < 6; ++i) b.view.editor().add_node("relu");
    const auto& nodes = b.view.graph_scene().nodes();
    QCOMPARE(nodes.size(), std::size_t{10});
    for (const auto& [id, item] : nodes)
      for (const auto& [other_id, other] : nodes)
        if (id != other_id)
          QVERIFY2(!item->mapRectToScene(item->body()).intersects(other->mapRectToScene(other->body())), id.c_str());
  }

  void the_view_follows_what_keys_add() {
    Bench b;
    b.view.setFocus();
    for (int i = 0; i < 4; ++i) b.view.zoom_in();
    QWheelEvent away(QPointF(300, 300), b.port()->mapToGlobal(QPointF(300, 300)), {}, {0, 4000}, Qt::NoButton,
                     Qt::ShiftModifier, Qt::NoScrollPhase, false);
    QApplication::sendEvent(b.port(), &away);
    for (int i = 0; i < 12; ++i) {
      QTest::keyClick(&b.view, Qt::Key_Tab);
      auto* line = b.view.findChild<SearchPopup*>()->findChild<QLineEdit*>();
      QTest::keyClicks(line, "resize");
      QTest::keyClick(line, Qt::Key_Return);
      const NodeItem* item = b.view.graph_scene().node(b.view.graph_scene().selected_nodes().front());
      const QRectF seen = b.view.mapToScene(b.port()->rect()).boundingRect();
      QVERIFY(seen.contains(item->mapRectToScene(item->body())));
    }
    const auto& nodes = b.view.graph_scene().nodes();
    for (const auto& [id, item] : nodes)  // all were asked for at one place
      for (const auto& [other_id, other] : nodes)
        if (id != other_id)
          QVERIFY2(!item->mapRectToScene(item->body()).intersects(other->mapRectToScene(other->body())), id.c_str());
  }

  void the_view_goes_on_at_the_edge_data() {
    QTest::addColumn<bool>("wire");
    QTest::newRow("node") << false;
    QTest::newRow("wire") << true;
  }
  /// The box that selects goes on with the view, from where it began.
  void a_box_goes_on_at_the_edge() {
    Bench b;
    b.must(add("far", "relu", 1400, 240));
    const QPoint start(b.title_of("flip").x() - 100, b.port()->height() - 30);
    const QPoint edge(b.port()->width() - 3, 100);
    const qreal left = b.view.mapToScene(start).x();
    drag_to(b.port(), start, edge);
    QVERIFY(!b.view.graph_scene().node("far")->isSelected());
    QTRY_VERIFY(b.view.graph_scene().node("far")->isSelected());  // without another move of the mouse
    const QRectF box = b.view.mapToScene(b.view.rubberBandRect()).boundingRect();
    QVERIFY2(std::abs(box.left() - left) < 3, qPrintable(QString::number(box.left() - left)));
    send_mouse(b.port(), QEvent::MouseButtonRelease, edge);
    QCOMPARE(b.view.graph_scene().selected_nodes(), (std::vector<std::string>{"far", "flip", "linear"}));
    QCOMPARE(b.steps(), 1);
  }
  void the_view_goes_on_at_the_edge() {
    QFETCH(bool, wire);
    Bench b;
    const QPoint start = wire ? b.at(out("decode", "image")) : b.title_of("decode");
    const QPoint edge(b.port()->width() - 3, 300);
    drag_to(b.port(), start, edge);
    const qreal before = b.view.mapToScene(edge).x();
    QTRY_VERIFY(b.view.mapToScene(edge).x() > before + 100);  // without another move of the mouse
    if (!wire) QVERIFY(b.document().find("decode")->position.x > before - 100);
    send_mouse(b.port(), QEvent::MouseButtonRelease, edge);
    const qreal after = b.view.mapToScene(edge).x();
    QTest::qWait(60);
    QCOMPARE(b.view.mapToScene(edge).x(), after);
  }

  void enter_and_f2_ask_for_the_inspector() {
    Bench b;
    QSignalSpy wanted(&b.view, &GraphView::inspect_wanted);
    b.view.select_node("flip");
    QTest::keyClick(&b.view, Qt::Key_Return);
    QTest::keyClick(&b.view, Qt::Key_F2);
    QCOMPARE(wanted.count(), 2);
    QCOMPARE(wanted[0].front().toBool(), false);
    QCOMPARE(wanted[1].front().toBool(), true);
  }

  void an_edit_during_a_run_says_that_the_run_keeps_its_graph() {
    Bench b;
    b.view.show_run_active(true);
    QTest::keyClick(&b.view, Qt::Key_N);  // a note changes nothing of the run
    QTest::keyClick(&b.view, Qt::Key_Return, Qt::ControlModifier);
    QVERIFY(b.view.run_notice().isEmpty());
    b.view.select_node("flip");
    QTest::keyClick(&b.view, Qt::Key_Delete);
    QVERIFY2(b.view.run_notice().contains("run again"), qPrintable(b.view.run_notice()));
    QTest::keyClick(&b.view, Qt::Key_Z, Qt::ControlModifier);
    QVERIFY(b.view.run_notice().isEmpty());
    QTest::keyClick(&b.view, Qt::Key_Y, Qt::ControlModifier);
    b.must({RemoveNode{"linear"}});
    QVERIFY(!b.view.run_notice().isEmpty());
    b.view.show_run_active(false);
    QVERIFY(b.view.run_notice().isEmpty());
  }

  void a_drop_from_the_palette_adds_there() {
    Bench b;
    const std::string before = b.json();
    QMimeData mime;
    mime.setData(kNodeMime, "relu");
    const QPoint place = b.nowhere();
    const QPointF under_mouse = b.view.mapToScene(place);
    QDragEnterEvent enter(place, Qt::CopyAction, &mime, Qt::LeftButton, {});
    QApplication::sendEvent(b.port(), &enter);
    QVERIFY(enter.isAccepted());
    QDropEvent drop(place, Qt::CopyAction, &mime, Qt::LeftButton, {});
    QApplication::sendEvent(b.port(), &drop);
    const Node* node = b.document().find("relu");
    QVERIFY(node != nullptr);
    const QPointF away = QPointF(node->position.x, node->position.y) - under_mouse;
    QVERIFY(std::hypot(away.x(), away.y()) < 4 * kGrid);
    b.check_step(before, 0);
  }

  // --- arranging ---------------------------------------------------------------------------------------------------
  void dragging_moves_on_the_grid_in_one_step() {
    Bench b;
    const std::string before = b.json();
    drag(b.port(), b.title_of("decode"), b.title_of("decode") + QPoint(61, 83));
    const Position moved = b.document().find("decode")->position;
    QVERIFY(moved.x > 288 && moved.y > 0);
    QCOMPARE(std::fmod(moved.x, kGrid), 0.0);
    QCOMPARE(std::fmod(moved.y, kGrid), 0.0);
    QCOMPARE(b.view.graph_scene().node("decode")->pos(), QPointF(moved.x, moved.y));
    b.check_step(before, 0);
    drag(b.port(), b.title_of("decode"), b.title_of("decode") + QPoint(40, 0));
    QCOMPARE(b.steps(), 2);  // another drag, another step
  }

  void a_selection_moves_together() {
    Bench b;
    b.must({AddComment{.comment = {.id = "note", .position = {0, 320}}}});
    b.view.zoom_to_fit();
    b.view.editor().select_all();
    const std::string before = b.json();
    drag(b.port(), b.title_of("decode"), b.title_of("decode") + QPoint(40, 40));
    const Position lead = b.document().find("decode")->position;
    const double dx = lead.x - 288;
    QVERIFY(dx > 0);
    QCOMPARE(b.document().find("source")->position.x, dx);
    QCOMPARE(b.document().find("linear")->position.x, 576 + dx);
    QCOMPARE(b.document().find_comment("note")->position.x, dx);
    b.check_step(before, 1);
  }

  void a_click_moves_nothing() {
    Bench b;
    QSignalSpy selected(&b.view, &GraphView::selection_changed);
    QTest::mouseClick(b.port(), Qt::LeftButton, {}, b.title_of("flip"));
    QCOMPARE(b.steps(), 0);
    QVERIFY(selected.count() > 0);
    QCOMPARE(selected.back().front().toStringList(), QStringList{"flip"});
  }

  void arrow_keys_nudge_in_one_step() {
    Bench b;
    b.view.select_node("flip");
    const std::string before = b.json();
    for (int i = 0; i < 3; ++i) QTest::keyClick(&b.view, Qt::Key_Right);
    QTest::keyClick(&b.view, Qt::Key_Down);
    QCOMPARE(b.document().find("flip")->position, (Position{576 + 3 * kGrid, kGrid}));
    b.check_step(before, 0);
  }

  void control_arrows_walk_the_selection() {
    Bench b;
    b.view.select_node("source");
    QTest::keyClick(&b.view, Qt::Key_Right, Qt::ControlModifier);
    QCOMPARE(b.view.graph_scene().selected_nodes(), std::vector<std::string>{"decode"});
    QTest::keyClick(&b.view, Qt::Key_Left, Qt::ControlModifier);
    QCOMPARE(b.view.graph_scene().selected_nodes(), std::vector<std::string>{"source"});
    QCOMPARE(b.steps(), 0);
  }

  void a_box_selects_and_delete_removes() {
    Bench b;
    b.must(wire({"source", "file"}, {"decode", "file"}));
    b.must(wire({"decode", "image"}, {"flip", "image"}));
    const QRectF body = b.view.graph_scene().node("decode")->sceneBoundingRect();
    drag(b.port(), b.view.mapFromScene(body.topLeft() - QPointF(4, 4)),
         b.view.mapFromScene(body.bottomRight() + QPointF(4, 4)));
    QCOMPARE(b.view.graph_scene().selected_nodes(), std::vector<std::string>{"decode"});
    const std::string before = b.json();
    QTest::keyClick(&b.view, Qt::Key_Delete);
    QVERIFY(b.document().find("decode") == nullptr);
    QVERIFY(b.document().links().empty());
    b.check_step(before, 2);
  }

  void delete_removes_a_wire() {
    Bench b;
    b.must(wire({"decode", "image"}, {"flip", "image"}));
    const QPoint middle = (b.at(out("decode", "image")) + b.at(in("flip", "image"))) / 2;
    QTest::mouseClick(b.port(), Qt::LeftButton, {}, middle);
    QCOMPARE(b.view.graph_scene().selected_wires().size(), std::size_t{1});
    QTest::keyClick(&b.view, Qt::Key_Delete);
    QVERIFY(b.document().links().empty());
    QCOMPARE(b.document().nodes().size(), std::size_t{4});
  }

  // --- the clipboard -----------------------------------------------------------------------------------------------
  void copy_and_paste_keep_inner_wires() {
    Bench b;
    b.must(wire({"source", "file"}, {"decode", "file"}));
    b.must(wire({"decode", "image"}, {"flip", "image"}));
    b.must({SetParam{.node = "flip", .param = "probability", .value = Value(0.25)}});
    b.view.select_node("decode");
    QTest::mouseClick(b.port(), Qt::LeftButton, Qt::ControlModifier, b.title_of("flip"));
    QCOMPARE(b.view.graph_scene().selected_nodes().size(), std::size_t{2});
    QTest::keyClick(&b.view, Qt::Key_C, Qt::ControlModifier);
    const std::string before = b.json();
    const int steps = b.steps();
    QTest::keyClick(&b.view, Qt::Key_V, Qt::ControlModifier);
    QCOMPARE(b.document().nodes().size(), std::size_t{6});
    QCOMPARE(b.document().links().size(), std::size_t{3});  // the wire from outside is not copied
    QCOMPARE(b.document().link_into({"flip2", "image"})->from.text(), std::string("decode2.image"));
    QCOMPARE(to_text(b.document().find("flip2")->params.at("probability")), std::string("0.25"));
    QCOMPARE(b.view.graph_scene().selected_nodes(), (std::vector<std::string>{"decode2", "flip2"}));
    b.check_step(before, steps);
    QTest::keyClick(&b.view, Qt::Key_V, Qt::ControlModifier);
    QVERIFY(b.document().find("flip3") != nullptr);
    QVERIFY(!(b.document().find("flip3")->position == b.document().find("flip2")->position));
  }

  void paste_goes_between_windows_and_refuses_other_things() {
    Bench b;
    b.view.editor().select_all();
    b.view.editor().cut();
    QVERIFY(b.document().nodes().empty());
    DocumentController other;
    GraphView second(other);
    second.editor().paste();
    QCOMPARE(other.document().nodes().size(), std::size_t{4});
    for (const char* text : {"hello", "{}", "[1,2]", ""}) {
      QGuiApplication::clipboard()->setText(text);
      second.editor().paste();
      QCOMPARE(other.document().nodes().size(), std::size_t{4});
    }
  }

  void paste_goes_to_the_pointer_and_says_why_not() {
    Bench b;
    b.view.select_node("flip");
    QTest::keyClick(&b.view, Qt::Key_C, Qt::ControlModifier);
    const QPoint pointer(60, b.port()->height() - 160);
    send_mouse(b.port(), QEvent::MouseMove, pointer, Qt::NoButton);
    const QPointF place = b.view.mapToScene(pointer);
    QTest::keyClick(&b.view, Qt::Key_V, Qt::ControlModifier);
    const Node* pasted = b.document().find("flip2");
    QVERIFY(pasted != nullptr);
    QVERIFY(std::hypot(pasted->position.x - place.x(), pasted->position.y - place.y()) < 4 * kGrid);
    QGuiApplication::clipboard()->setText("a shopping list");
    QTest::keyClick(&b.view, Qt::Key_V, Qt::ControlModifier);
    QVERIFY2(b.view.shown_reason().contains("not a graph"), qPrintable(b.view.shown_reason()));
  }

  void duplicate_leaves_the_clipboard_alone() {
    Bench b;
    QGuiApplication::clipboard()->setText("mine");
    b.view.select_node("flip");
    const std::string before = b.json();
    QTest::keyClick(&b.view, Qt::Key_D, Qt::ControlModifier);
    QVERIFY(b.document().find("flip2") != nullptr);
    QCOMPARE(QGuiApplication::clipboard()->text(), QString("mine"));
    b.check_step(before, 0);
  }

  // --- looking -----------------------------------------------------------------------------------------------------
  void the_wheel_zooms_about_the_cursor() {
    Bench b;
    const QPoint cursor = b.at(in("flip", "image"));
    const QPointF held = b.view.mapToScene(cursor);
    const double zoom = b.view.zoom();
    QWheelEvent wheel(cursor, b.port()->mapToGlobal(cursor), {}, {0, 240}, Qt::NoButton, {}, Qt::NoScrollPhase, false);
    QApplication::sendEvent(b.port(), &wheel);
    QVERIFY(b.view.zoom() > zoom * 1.2);
    const QPointF now = b.view.mapToScene(cursor);
    QVERIFY(std::hypot(now.x() - held.x(), now.y() - held.y()) < 2);
  }

  void middle_button_and_space_pan() {
    Bench b;
    const QPoint before = b.at(in("flip", "image"));
    drag(b.port(), {300, 300}, {360, 340}, Qt::MiddleButton);
    QCOMPARE(b.at(in("flip", "image")), before + QPoint(60, 40));
    QTest::keyPress(&b.view, Qt::Key_Space);
    drag(b.port(), {300, 300}, {240, 260});
    QTest::keyRelease(&b.view, Qt::Key_Space);
    QCOMPARE(b.at(in("flip", "image")), before);
    QCOMPARE(b.steps(), 0);
  }

  void a_rename_keeps_item_and_selection() {
    Bench b;
    b.view.select_node("flip");
    const NodeItem* item = b.view.graph_scene().node("flip");
    QSignalSpy selected(&b.view, &GraphView::selection_changed);
    b.must({RenameNode{.from = "flip", .to = "mirror"}});
    QCOMPARE(b.view.graph_scene().node("mirror"), item);
    QVERIFY(b.view.graph_scene().node("flip") == nullptr);
    QCOMPARE(selected.back().front().toStringList(), QStringList{"mirror"});
  }

  void unknown_nodes_are_drawn_with_the_ports_of_their_wires() {
    Bench b;
    b.must(add("mystery", "gabor_bank", 288, 224));
    b.must(wire({"decode", "image"}, {"mystery", "picture"}));
    const NodeItem* item = b.view.graph_scene().node("mystery");
    QVERIFY(!item->face().known);
    QVERIFY(item->face().problem_is_error);
    QVERIFY(b.view.graph_scene().socket(in("mystery", "picture")).has_value());
    QVERIFY(b.view.graph_scene().wire({"mystery", "picture"}) != nullptr);
    QVERIFY(!b.view.grab().isNull());
  }

  void notes_are_edited_in_place() {
    Bench b;
    b.view.editor().add_comment_at({0, 320});
    b.view.setFocus();
    const CommentItem* note = b.view.graph_scene().comment("note");
    QVERIFY(note->editing());
    QTest::keyClicks(&b.view, "why");
    QTest::mouseClick(b.port(), Qt::LeftButton, {}, b.title_of("flip"));
    QCOMPARE(b.document().find_comment("note")->text, std::string("why"));
    QCOMPARE(b.steps(), 2);
    b.c.undo_stack().undo();
    QVERIFY(b.document().find_comment("note")->text.empty());
    b.c.undo_stack().undo();
    QVERIFY(b.view.graph_scene().comment("note") == nullptr);
  }

  // --- a run -------------------------------------------------------------------------------------------------------
  void nodes_wear_their_rates_and_the_bottleneck_is_marked() {
    Bench b;
    b.must(add("trainer", "trainer", 864, 0));
    Snapshot earlier;
    earlier.at = from_seconds(1);
    for (const char* id : {"source", "decode", "flip"}) earlier.stages.push_back({.node = id, .workers = 2});
    Snapshot now = earlier;
    now.at = from_seconds(2);
    now.stages[1].total = {
        .records = 1240, .cpu = from_seconds(1.6), .busy = from_seconds(1.6), .starved = from_seconds(0.4)};
    now.stages[2].total = {
        .records = 1240, .cpu = from_seconds(0.2), .busy = from_seconds(0.2), .blocked = from_seconds(1.8)};
    now.trainer = {.steps = 20,
                   .times = test::times_of({{Phase::Wait, from_seconds(0.7)}, {Phase::Forward, from_seconds(0.3)}}),
                   .stepped = from_seconds(1),
                   .loss = 0.5};
    b.view.show_run_active(true);
    b.view.show_snapshot(now, earlier);
    const auto live = [&](const char* id) { return b.view.graph_scene().node(id)->live(); };
    QVERIFY(live("decode")->rate.contains("240/s"));
    QVERIFY(!live("decode")->bottleneck && !live("trainer")->bottleneck);  // busy, but nobody has judged
    QCOMPARE(live("decode")->busy, 0.8);
    QCOMPARE(live("flip")->blocked, 0.9);
    QVERIFY(live("trainer")->rate.startsWith("20"));
    QVERIFY(live("trainer")->detail.contains("0"));
    QCOMPARE(live("trainer")->starved, 0.7);
    QVERIFY(!live("linear").has_value());
    b.view.show_bottleneck("trainer");
    b.view.show_run_active(false);
    b.view.show_snapshot(now, earlier);
    QVERIFY(live("trainer")->bottleneck && !live("decode")->bottleneck);
    b.view.point_out({"flip"});
    QVERIFY(b.view.graph_scene().node("flip")->pointed_out() && !b.view.graph_scene().node("decode")->pointed_out());
    b.view.point_out({});
    QVERIFY(!b.view.graph_scene().node("flip")->pointed_out());
    b.must({RemoveNode{"decode"}});  // editing goes on while a run shows nodes that are gone
    b.view.show_snapshot(now, earlier);
    b.view.mark_failed("flip", "broken file");
    b.view.mark_failed("decode", "gone");
    QVERIFY(b.view.graph_scene().node("flip")->failure().contains("broken"));
    QVERIFY(!b.view.grab().isNull());
    b.view.clear_run();
    QVERIFY(!live("flip").has_value());
    QVERIFY(b.view.graph_scene().node("flip")->failure().isEmpty());
  }
};

FEEDLINE_WINDOW_TEST(TestCanvas)

}  // namespace test_canvas

#include "test_canvas.moc"
