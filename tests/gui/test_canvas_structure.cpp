// SPDX-License-Identifier: GPL-3.0-or-later
// Sub-graphs, muting, healing and splicing by real mouse and key events.
#include "graph/path.h"
#include "graph/subgraph.h"
#include "gui/canvas/comment_item.h"
#include "gui/canvas/frame_item.h"
#include "gui/canvas/make_room.h"
#include "gui/canvas/wire_item.h"
#include "gui/canvas_bench.h"
#include "gui/models/palette_model.h"
#include "support/test_program.h"

#include <QDropEvent>
#include <QLineEdit>
#include <QMimeData>
#include <QSignalSpy>
#include <QTest>
#include <QToolButton>

namespace test_canvas_structure {

using namespace feedline;
using namespace feedline::gui;
using namespace feedline::test;

namespace {

/// source -> decode -> flip, linear apart.
struct Chain : Bench {
  Chain() {
    must(wire({"source", "file"}, {"decode", "file"}));
    must(wire({"decode", "image"}, {"flip", "image"}));
  }
  [[nodiscard]] std::string from_of(const PortRef& to, const std::string& scope = {}) const {
    const Link* link = document().at(scope)->link_into(to);
    return link == nullptr ? "nothing" : link->from.text();
  }
  [[nodiscard]] QPoint middle_of_wire(const PortRef& to) const {
    const GraphScene& scene = view.graph_scene();
    const PortRef from = scene.wire(to)->link().from;
    const QPainterPath path = wire_path(*scene.socket({from, Side::Output}), *scene.socket({to, Side::Input}));
    return view.mapFromScene(path.pointAtPercent(0.5));
  }
};

/// The pairs of bodies and notes that lie on each other.
QString covered(const Bench& b) {
  std::vector<std::pair<QString, QRectF>> all;
  for (const auto& [id, item] : b.view.graph_scene().nodes())
    all.emplace_back(QString::fromStdString(id), item->mapRectToScene(item->body()));
  for (const auto& [id, item] : b.view.graph_scene().comments())
    all.emplace_back(QString::fromStdString(id), item->mapRectToScene(item->shape().boundingRect()));
  QStringList pairs;
  for (std::size_t i = 0; i < all.size(); ++i)
    for (std::size_t k = 0; k < i; ++k)
      if (all[i].second.intersects(all[k].second)) pairs << all[i].first + " on " + all[k].first;
  return pairs.join(", ");
}

void send_drag(QWidget* port, QEvent::Type type, QPoint pos, const QMimeData& mime) {
  if (type == QEvent::DragEnter) {
    QDragEnterEvent event(pos, Qt::CopyAction, &mime, Qt::LeftButton, {});
    QApplication::sendEvent(port, &event);
  } else if (type == QEvent::DragMove) {
    QDragMoveEvent event(pos, Qt::CopyAction, &mime, Qt::LeftButton, {});
    QApplication::sendEvent(port, &event);
  } else {
    QDropEvent event(pos, Qt::CopyAction, &mime, Qt::LeftButton, {});
    QApplication::sendEvent(port, &event);
  }
}

}  // namespace

class TestCanvasStructure : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  // --- healing and splicing ----------------------------------------------------------------------------------------
  void delete_heals_and_control_delete_does_not_data() {
    QTest::addColumn<bool>("control");
    QTest::addColumn<QString>("from");
    QTest::newRow("Delete") << false << "decode.image";
    QTest::newRow("Ctrl+Delete") << true << "nothing";
  }
  void delete_heals_and_control_delete_does_not() {
    QFETCH(bool, control);
    QFETCH(QString, from);
    Chain b;
    b.must(add("flip2", "horizontal_flip", 864, 0));
    b.must(wire({"flip", "image"}, {"flip2", "image"}));
    b.view.select_node("flip");
    const std::string before = b.json();
    const int steps = b.steps();
    QTest::keyClick(&b.view, Qt::Key_Delete, control ? Qt::ControlModifier : Qt::NoModifier);
    QCOMPARE(b.from_of({"flip2", "image"}), from.toStdString());
    b.check_step(before, steps);
  }

  void a_free_node_dropped_on_a_wire_goes_into_it() {
    Chain b;
    b.must(add("resize", "resize", 300, 300));
    b.view.zoom_to_fit();
    const std::string before = b.json();
    const int steps = b.steps();
    const QPoint title = b.title_of("resize");
    const NodeItem* item = b.view.graph_scene().node("resize");
    const QPoint centre = b.view.mapFromScene(item->mapToScene(item->body().center()));
    drag(b.port(), title, title + b.middle_of_wire({"flip", "image"}) - centre);
    QCOMPARE(b.from_of({"flip", "image"}), std::string("resize.image"));
    QCOMPARE(b.from_of({"resize", "image"}), std::string("decode.image"));
    b.check_step(before, steps);  // the move and the wires are one step
  }

  void a_node_that_does_not_fit_stays_beside_the_wire() {
    Chain b;
    const QPoint title = b.title_of("linear");
    const NodeItem* item = b.view.graph_scene().node("linear");
    const QPoint centre = b.view.mapFromScene(item->mapToScene(item->body().center()));
    drag(b.port(), title, title + b.middle_of_wire({"flip", "image"}) - centre);
    QCOMPARE(b.from_of({"flip", "image"}), std::string("decode.image"));
  }

  void a_node_from_the_palette_goes_into_the_wire() {
    Chain b;
    const std::string before = b.json();
    const int steps = b.steps();
    drop_into_wire(b);
    QCOMPARE(b.from_of({"flip", "image"}), std::string("resize.image"));
    QCOMPARE(b.from_of({"resize", "image"}), std::string("decode.image"));
    b.check_step(before, steps);
  }

  void a_node_put_into_a_wire_pushes_the_others_along() {
    Chain b;
    drop_into_wire(b);
    const auto body = [&](const char* id) {
      const NodeItem* item = b.view.graph_scene().node(id);
      return item->mapRectToScene(item->body());
    };
    QVERIFY(body("decode").right() < body("resize").left());
    QVERIFY(body("resize").right() < body("flip").left());
    QCOMPARE(b.document().find("decode")->position, (Position{288, 0}));
  }

  void nodes_that_are_pushed_come_to_lie_on_no_note() {
    Chain b;
    b.must({AddComment{.comment = {.id = "beside", .text = "why", .position = {784, 16}}}});
    b.must({AddComment{.comment = {.id = "apart", .text = "as it is", .position = {0, 900}}}});
    const std::string before = b.json();
    const int steps = b.steps();
    drop_into_wire(b);
    QVERIFY(b.document().find("flip")->position.x > 576);  // so that it would cover the note
    QVERIFY(b.document().find_comment("beside")->position != (Position{784, 16}));
    QCOMPARE(b.document().find_comment("apart")->position, (Position{0, 900}));
    QCOMPARE(covered(b), QString());
    b.check_step(before, steps);
  }

  void ungrouping_makes_room_for_what_was_inside_data() {
    QTest::addColumn<int>("copies");
    QTest::newRow("once") << 1;
    QTest::newRow("repeated") << 3;
  }
  void ungrouping_makes_room_for_what_was_inside() {
    QFETCH(int, copies);
    Chain b;
    b.must({RemoveNode{"source"}});
    b.must({RemoveNode{"linear"}});
    if (copies > 1) b.must({RemoveNode{"decode"}});
    b.view.editor().select_all();
    QTest::keyClick(&b.view, Qt::Key_G, Qt::ControlModifier);
    const Node* block = b.document().find("block");
    QVERIFY(block != nullptr);
    const auto [x, y] = block->position;
    if (copies > 1) b.must({SetParam{"block", "repeat", std::int64_t{copies}}});
    b.must(add("left", "resize", x - 260, y));
    b.must(add("right", "resize", x + 260, y));
    b.must(add("next", "resize", x + 520, y));
    b.view.select_node("block");
    const std::string before = b.json();
    const int steps = b.steps();
    QTest::keyClick(&b.view, Qt::Key_G, Qt::ControlModifier | Qt::ShiftModifier);
    QVERIFY(b.document().find("block") == nullptr);
    QCOMPARE(covered(b), QString());
    QCOMPARE(b.document().find("left")->position, (Position{x - 260, y}));
    b.check_step(before, steps);
    b.c.undo_stack().undo();
    QVERIFY(b.c.undo_stack().redoText().startsWith("Ungroup"));
  }

  /// Points of a wire whose ends both give way keep their places between them, and a frame keeps what gives way in it.
  void what_gives_way_takes_points_and_frames_along() {
    Chain b;
    b.must(add("crop", "resize", 784, 0));
    b.must(wire({"flip", "image"}, {"crop", "image"}));
    b.must({SetWirePoints{{"crop", "image"}, {{760, 160}}}});
    b.must({AddFrame{.frame = {.id = "frame", .position = {560, -64}, .width = 432, .height = 272}}});
    b.view.zoom_to_fit();
    const auto body = [&](const char* id) {
      const NodeItem* item = b.view.graph_scene().node(id);
      return item->mapRectToScene(item->body());
    };
    const QRectF flip = body("flip");
    const QRectF crop = body("crop");
    const std::string before = b.json();
    const int steps = b.steps();
    drop_into_wire(b);
    QCOMPARE(b.from_of({"flip", "image"}), std::string("resize.image"));
    QVERIFY(body("flip").left() > flip.left() && body("crop").left() > crop.left());
    const Position point = b.document().link_into({"crop", "image"})->via.front();
    QCOMPARE(point.y, 160.0);
    QVERIFY2(point.x > body("flip").right() && point.x < body("crop").left(), qPrintable(QString::number(point.x)));
    const QRectF frame = area_of(*b.document().find_frame("frame"));
    QVERIFY(frame.contains(body("flip")) && frame.contains(body("crop")));
    b.check_step(before, steps);
  }

  void grouping_makes_no_ports_for_what_nobody_reads() {
    Chain b;
    b.must({RemoveNode{"linear"}});
    b.view.select_node("source");
    QTest::mouseClick(b.port(), Qt::LeftButton, Qt::ControlModifier, b.title_of("decode"));
    QTest::keyClick(&b.view, Qt::Key_G, Qt::ControlModifier);
    const Node* block = b.document().find("block");
    QVERIFY(block != nullptr);
    QCOMPARE(subgraph_outputs(*block->inner), std::vector<std::string>{"image"});  // the source's label is not read
  }

  // --- muting ------------------------------------------------------------------------------------------------------
  void m_mutes_and_shows_it() {
    Chain b;
    b.view.select_node("flip");
    const std::string before = b.json();
    const int steps = b.steps();
    QTest::keyClick(&b.view, Qt::Key_M);
    QVERIFY(b.document().find("flip")->muted);
    QVERIFY(b.view.graph_scene().node("flip")->face().muted);
    b.check_step(before, steps);
    QTest::keyClick(&b.view, Qt::Key_M);
    QVERIFY(!b.document().find("flip")->muted);
  }

  void what_cannot_be_muted_says_why() {
    Chain b;
    b.view.select_node("decode");
    const std::string before = b.json();
    QTest::keyClick(&b.view, Qt::Key_M);
    QCOMPARE(b.json(), before);
    QVERIFY2(b.view.shown_reason().contains("cannot be muted"), qPrintable(b.view.shown_reason()));
  }

  // --- sub-graphs --------------------------------------------------------------------------------------------------
  void control_g_groups_and_control_shift_g_ungroups() {
    Chain b;
    b.view.select_node("decode");
    QTest::mouseClick(b.port(), Qt::LeftButton, Qt::ControlModifier, b.title_of("flip"));
    const std::string before = b.json();
    const int steps = b.steps();
    QTest::keyClick(&b.view, Qt::Key_G, Qt::ControlModifier);
    QVERIFY(b.document().find("block/decode") != nullptr && b.document().find("block/flip") != nullptr);
    QCOMPARE(b.from_of({"block", "file"}), std::string("source.file"));
    QVERIFY(b.view.graph_scene().node("block")->isSelected());
    QVERIFY(b.view.graph_scene().node("block")->face().subgraph);
    QCOMPARE(b.view.graph_scene().node("block")->face().inputs.size(), std::size_t{1});
    QVERIFY(b.view.graph_scene().node("block")->face().inputs.front().kind == Kind::Encoded);
    b.check_step(before, steps);
    b.view.select_node("block");
    const std::string grouped = b.json();
    QTest::keyClick(&b.view, Qt::Key_G, Qt::ControlModifier | Qt::ShiftModifier);
    QVERIFY(b.document().find("decode") != nullptr && b.document().find("block") == nullptr);
    QCOMPARE(b.from_of({"decode", "file"}), std::string("source.file"));
    QCOMPARE(b.from_of({"flip", "image"}), std::string("decode.image"));
    b.check_step(grouped, steps + 1);
  }

  /// What ungrouping brings back pushes aside what was put there meanwhile.
  void a_double_click_enters_and_the_breadcrumb_leads_back() {
    Chain b;
    group(b);
    QSignalSpy scopes(&b.view, &GraphView::scope_changed);
    QTest::mouseDClick(b.port(), Qt::LeftButton, {}, b.title_of("block"));
    QCOMPARE(b.view.scope(), std::string("block"));
    QCOMPARE(scopes.count(), 1);
    QVERIFY(b.view.graph_scene().node("decode") != nullptr && b.view.graph_scene().node("source") == nullptr);
    QVERIFY(b.view.breadcrumb().isVisible());
    const auto buttons = b.view.breadcrumb().findChildren<QToolButton*>();
    QCOMPARE(buttons.size(), 2);
    QTest::mouseClick(buttons.front(), Qt::LeftButton);
    QVERIFY(b.view.scope().empty());
    QVERIFY(!b.view.breadcrumb().isVisible());
    QVERIFY(b.view.graph_scene().node("source") != nullptr);
  }

  void keys_enter_and_leave() {
    Chain b;
    group(b);
    b.view.select_node("block");
    QTest::keyClick(&b.view, Qt::Key_Return, Qt::ControlModifier);
    QCOMPARE(b.view.scope(), std::string("block"));
    QTest::keyClick(&b.view, Qt::Key_Up, Qt::AltModifier);
    QVERIFY(b.view.scope().empty());
    QVERIFY(b.view.graph_scene().node("block")->isSelected());
  }

  void editing_inside_is_like_editing_outside() {
    Chain b;
    group(b);
    b.view.enter("block");
    QSignalSpy selected(&b.view, &GraphView::selection_changed);
    QTest::mouseClick(b.port(), Qt::LeftButton, {}, b.title_of("flip"));
    QCOMPARE(selected.back().front().toStringList(), QStringList{"block/flip"});
    std::string before = b.json();
    int steps = b.steps();
    drag(b.port(), b.title_of("flip"), b.title_of("flip") + QPoint(40, 90));  // move
    b.check_step(before, steps);
    before = b.json();
    steps = b.steps();
    QTest::keyClick(&b.view, Qt::Key_Tab);  // add
    auto* line = b.view.findChild<SearchPopup*>()->findChild<QLineEdit*>();
    QTest::keyClicks(line, "resize");
    QTest::keyClick(line, Qt::Key_Return);
    QVERIFY(b.document().find("block/resize") != nullptr);
    b.check_step(before, steps);
    b.view.zoom_to_fit();
    before = b.json();
    steps = b.steps();
    drag(b.port(), b.at(out("decode", "image")), b.at(in("resize", "image")));  // wire
    QCOMPARE(b.from_of({"resize", "image"}, "block"), std::string("decode.image"));
    b.check_step(before, steps);
    before = b.json();
    b.view.select_node("block/decode");
    QTest::keyClick(&b.view, Qt::Key_Delete);  // remove
    QVERIFY(b.document().find("block/decode") == nullptr);
    b.check_step(before, steps + 1);
  }

  void undoing_the_group_while_inside_leads_out() {
    Chain b;
    group(b);
    b.view.enter("block");
    b.c.undo_stack().undo();
    QVERIFY(b.view.scope().empty());
    QVERIFY(b.view.graph_scene().node("decode") != nullptr);
    b.c.undo_stack().redo();
    QVERIFY(b.document().find("block/decode") != nullptr);
  }

  void a_problem_inside_marks_the_subgraph_and_is_found_by_its_path() {
    Chain b;
    group(b);
    b.must({SetParam{"block/flip", "probability", 7.0}});
    const NodeFace& face = b.view.graph_scene().node("block")->face();
    QVERIFY(face.problem_is_error);
    QVERIFY2(face.problem.contains("flip"), qPrintable(face.problem));
    b.view.select_node("block/flip");
    QCOMPARE(b.view.scope(), std::string("block"));
    QVERIFY(b.view.graph_scene().node("flip")->isSelected());
    QVERIFY(b.view.graph_scene().node("flip")->face().problem_is_error);
    b.view.select_node("block/2/decode");  // what a running copy is called
    QVERIFY(b.view.graph_scene().node("decode")->isSelected());
  }

  void a_new_subgraph_comes_with_ports() {
    Bench b;
    const std::string before = b.json();
    QTest::keyClick(&b.view, Qt::Key_Tab);
    auto* line = b.view.findChild<SearchPopup*>()->findChild<QLineEdit*>();
    QTest::keyClicks(line, "sub-graph");
    QTest::keyClick(line, Qt::Key_Return);
    const Node* node = b.document().find("block");
    QVERIFY(node != nullptr);
    QCOMPARE(subgraph_inputs(*node->inner), std::vector<std::string>{"x"});
    QCOMPARE(subgraph_outputs(*node->inner), std::vector<std::string>{"y"});
    b.check_step(before, 0);
  }

  void ports_are_offered_inside_only() {
    Bench b;
    b.view.editor().add_node("subgraph_input");
    QCOMPARE(b.steps(), 0);
    b.view.editor().add_node("subgraph");
    b.view.enter("block");
    b.view.editor().add_node("subgraph_input");
    QCOMPARE(b.steps(), 2);
    QCOMPARE(subgraph_inputs(*b.document().find("block")->inner).size(), std::size_t{2});
  }

  void copies_go_with_their_insides_to_another_window() {
    Chain b;
    group(b);
    b.view.select_node("block");
    QTest::keyClick(&b.view, Qt::Key_C, Qt::ControlModifier);
    Bench other;
    const std::string before = other.json();
    QTest::keyClick(&other.view, Qt::Key_V, Qt::ControlModifier);
    QVERIFY(other.document().find("block/decode") != nullptr);
    QCOMPARE(other.document().at("block")->links().size(), b.document().at("block")->links().size());
    other.check_step(before, 0);
  }

  void a_failure_inside_marks_the_subgraph() {
    Chain b;
    group(b);
    b.view.mark_failed("block/2/decode", "broken");
    QCOMPARE(b.view.graph_scene().node("block")->failure(), QString("broken"));
    b.view.enter("block");
    QCOMPARE(b.view.graph_scene().node("decode")->failure(), QString("broken"));
  }

  void an_empty_subgraph_asks_to_be_filled_and_a_repeat_shows() {
    Bench b;
    b.view.editor().add_node("subgraph");
    b.must({SetParam{"block", "repeat", std::int64_t{4}}});
    QCOMPARE(b.view.graph_scene().node("block")->face().repeat, 4);
  }

 private:
  /// Drops a node of the palette on the wire from `decode` to `flip`.
  static void drop_into_wire(Chain& b) {
    QMimeData mime;
    mime.setData(QString::fromLatin1(kNodeMime), "resize");
    const QPoint at = b.middle_of_wire({"flip", "image"});
    send_drag(b.port(), QEvent::DragEnter, at, mime);
    send_drag(b.port(), QEvent::DragMove, at, mime);
    send_drag(b.port(), QEvent::Drop, at, mime);
  }
  static void group(Chain& b) {
    b.view.select_node("decode");
    QTest::mouseClick(b.port(), Qt::LeftButton, Qt::ControlModifier, b.title_of("flip"));
    b.view.editor().group_selection();
    if (b.document().find("block") == nullptr) qFatal("not grouped");
  }
};

FEEDLINE_WINDOW_TEST(TestCanvasStructure)

}  // namespace test_canvas_structure

#include "test_canvas_structure.moc"
