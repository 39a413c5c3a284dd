// SPDX-License-Identifier: GPL-3.0-or-later
// Dragging wires with real mouse events; what counts is the document and its undo stack.
#include "gui/canvas/wire_item.h"
#include "gui/canvas_bench.h"
#include "gui/models/palette_model.h"
#include "support/test_program.h"

#include <QLineEdit>
#include <QListView>
#include <QSignalSpy>
#include <QTest>

namespace test_canvas_wires {

using namespace feedline;
using namespace feedline::gui;
using namespace feedline::test;

class TestCanvasWires : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void dragging_between_sockets_connects_data() {
    QTest::addColumn<bool>("backwards");
    QTest::newRow("from the output") << false;
    QTest::newRow("from the input") << true;
  }
  void dragging_between_sockets_connects() {
    QFETCH(bool, backwards);
    Bench b;
    const std::string before = b.json();
    QPoint from = b.at(out("source", "file"));
    QPoint to = b.at(in("decode", "file"));
    if (backwards) std::swap(from, to);
    drag(b.port(), from, to);
    const Link* link = b.document().link_into({"decode", "file"});
    QVERIFY(link != nullptr);
    QCOMPARE(link->from.text(), std::string("source.file"));
    QVERIFY(b.view.graph_scene().wire({"decode", "file"}) != nullptr);
    b.check_step(before, 0);
  }

  void dropping_on_a_node_takes_the_port_that_fits() {
    Bench b;
    drag(b.port(), b.at(out("source", "file")), b.title_of("decode"));
    QVERIFY(b.document().link_into({"decode", "file"}) != nullptr);
  }

  void a_wrong_wire_is_refused_with_the_reason() {
    Bench b;
    const std::string before = b.json();
    QSignalSpy status(&b.view, &GraphView::status_message);
    const QPoint target = b.at(in("linear", "x"));
    drag_to(b.port(), b.at(out("decode", "image")), target);
    QVERIFY(!b.view.shown_reason().isEmpty());  // while dragging
    send_mouse(b.port(), QEvent::MouseButtonRelease, target);
    QCOMPARE(b.json(), before);
    QCOMPARE(b.steps(), 0);
    const auto error = check_connect(b.document(), {"decode", "image"}, {"linear", "x"}, true);
    QVERIFY(error.has_value());
    QVERIFY(b.view.shown_reason().contains(QString::fromStdString(error->reason), Qt::CaseInsensitive));
    QVERIFY(!error->remedy.empty());
    QVERIFY(b.view.shown_reason().contains(QString::fromStdString(error->remedy), Qt::CaseInsensitive));
    QCOMPARE(status.count(), 1);
    QTest::keyClick(&b.view, Qt::Key_Escape);
    QVERIFY(b.view.shown_reason().isEmpty());
  }

  void output_to_output_is_refused() {
    Bench b;
    const std::string before = b.json();
    drag(b.port(), b.at(out("source", "file")), b.at(out("decode", "image")));
    QCOMPARE(b.json(), before);
    QVERIFY(!b.view.shown_reason().isEmpty());
  }

  void a_new_wire_replaces_the_old_in_one_step() {
    Bench b;
    b.must(add("decode2", "decode", 288, 224));
    b.must(wire({"decode", "image"}, {"flip", "image"}));
    const std::string before = b.json();
    const int steps = b.steps();
    drag(b.port(), b.at(out("decode2", "image")), b.at(in("flip", "image")));
    QCOMPARE(b.document().link_into({"flip", "image"})->from.node, std::string("decode2"));
    QCOMPARE(b.document().links().size(), std::size_t{1});
    b.check_step(before, steps);
  }

  void pulling_a_wire_off_removes_it() {
    Bench b;
    b.must(wire({"decode", "image"}, {"flip", "image"}));
    const std::string before = b.json();
    drag(b.port(), b.at(in("flip", "image")), b.nowhere());
    QVERIFY(b.document().links().empty());
    b.check_step(before, 1);
  }

  void pulling_a_wire_to_another_input_moves_it() {
    Bench b;
    b.must(add("flip2", "horizontal_flip", 288, 224));
    b.must(wire({"decode", "image"}, {"flip", "image"}));
    const std::string before = b.json();
    const int steps = b.steps();
    drag(b.port(), b.at(in("flip", "image")), b.at(in("flip2", "image")));
    QVERIFY(b.document().link_into({"flip", "image"}) == nullptr);
    QVERIFY(b.document().link_into({"flip2", "image"}) != nullptr);
    b.check_step(before, steps);
  }

  void letting_go_where_it_was_changes_nothing() {
    Bench b;
    b.must(wire({"decode", "image"}, {"flip", "image"}));
    const std::string before = b.json();
    drag_to(b.port(), b.at(in("flip", "image")), b.nowhere());
    const QPoint home = b.at(in("flip", "image"));
    send_mouse(b.port(), QEvent::MouseMove, home);
    send_mouse(b.port(), QEvent::MouseButtonRelease, home);
    QTest::mouseClick(b.port(), Qt::LeftButton, {}, home);
    drag_to(b.port(), home, b.nowhere());
    QTest::keyClick(&b.view, Qt::Key_Escape);
    send_mouse(b.port(), QEvent::MouseButtonRelease, b.nowhere());
    QCOMPARE(b.json(), before);
    QCOMPARE(b.steps(), 1);
  }

  void dropping_on_nothing_offers_what_fits() {
    Bench b;
    const std::string before = b.json();
    drag(b.port(), b.at(out("decode", "image")), b.nowhere());
    auto* search = b.view.findChild<SearchPopup*>();
    QVERIFY(search->isVisible());
    auto* list = search->findChild<QListView*>();
    for (int row = 0; row < list->model()->rowCount(); ++row) {
      const QString type = list->model()->index(row, 0).data(PaletteModel::TypeRole).toString();
      QVERIFY2(type != "linear" && type != "image_folder" && type != "adam", qPrintable(type));
    }
    auto* line = search->findChild<QLineEdit*>();
    QTest::keyClicks(line, "normalise");
    QTest::keyClick(line, Qt::Key_Return);
    QVERIFY(!search->isVisible());
    QVERIFY(b.document().find("normalise") != nullptr);
    QCOMPARE(b.document().links().size(), std::size_t{1});
    QCOMPARE(b.document().links().front().from.text(), std::string("decode.image"));
    b.check_step(before, 0);
  }

  // --- adapters ----------------------------------------------------------------------------------------------------
  void a_wrong_wire_offers_its_adapter_in_one_click() {
    Bench b;
    const std::string before = b.json();
    drag(b.port(), b.at(out("source", "file")), b.at(in("flip", "image")));
    QVERIFY(b.view.bubble().offers());
    QVERIFY2(b.view.bubble().buttons().front()->text().contains("Decode"),
             qPrintable(b.view.bubble().buttons().front()->text()));
    QTest::mouseClick(b.view.bubble().buttons().front(), Qt::LeftButton);
    QVERIFY(!b.view.bubble().isVisible());
    const Link* into = b.document().link_into({"flip", "image"});
    QVERIFY(into != nullptr);
    QCOMPARE(into->from.text(), std::string("decode2.image"));
    QCOMPARE(b.document().link_into({"decode2", "file"})->from.text(), std::string("source.file"));
    b.check_step(before, 0);
  }

  void enter_takes_the_first_offer() {
    Bench b;
    drag(b.port(), b.at(out("source", "file")), b.at(in("flip", "image")));
    QTest::keyClick(&b.view, Qt::Key_Return);
    QVERIFY(b.document().link_into({"flip", "image"}) != nullptr);
    QCOMPARE(b.steps(), 1);
  }

  void escape_takes_no_offer() {
    Bench b;
    drag(b.port(), b.at(out("source", "file")), b.at(in("flip", "image")));
    QTest::keyClick(&b.view, Qt::Key_Escape);
    QVERIFY(!b.view.bubble().isVisible());
    QTest::keyClick(&b.view, Qt::Key_Return);
    QCOMPARE(b.steps(), 0);
  }

  void a_shape_that_does_not_fit_offers_its_adapter_too() {
    Bench b;
    for (const Edit& edit :
         {add("resize", "resize", 864, 0), add("normalise", "normalise", 1152, 0), add("batch", "batch", 1440, 0),
          wire({"source", "file"}, {"decode", "file"}), wire({"decode", "image"}, {"resize", "image"}),
          wire({"resize", "image"}, {"normalise", "image"}), wire({"normalise", "image"}, {"batch", "image"})})
      b.must(edit);
    b.view.zoom_to_fit();
    const int steps = b.steps();
    drag(b.port(), b.at(out("batch", "image")), b.at(in("linear", "x")));
    QVERIFY(b.document().link_into({"linear", "x"}) != nullptr);  // kinds allow it
    QVERIFY(b.view.bubble().offers());
    QStringList offers;
    for (const QPushButton* button : b.view.bubble().buttons()) offers << button->text();
    QVERIFY2(offers.join(' ').contains("Flatten"), qPrintable(offers.join(' ')));
    const std::string before = b.json();
    const auto flatten = std::find_if(b.view.bubble().buttons().begin(), b.view.bubble().buttons().end(),
                                      [](const QPushButton* button) { return button->text().contains("Flatten"); });
    QTest::mouseClick(*flatten, Qt::LeftButton);
    QCOMPARE(b.document().link_into({"linear", "x"})->from.text(), std::string("flatten.y"));
    QCOMPARE(b.document().link_into({"flatten", "x"})->from.text(), std::string("batch.image"));
    b.check_step(before, steps + 1);
  }

  // --- the keyboard ------------------------------------------------------------------------------------------------
  void w_takes_a_wire_off_and_enter_connects() {
    Bench b;
    b.view.select_node("source");
    const std::string before = b.json();
    QTest::keyClick(&b.view, Qt::Key_W);
    QTest::keyClick(&b.view, Qt::Key_Return);
    QCOMPARE(b.document().link_into({"decode", "file"})->from.text(), std::string("source.file"));
    b.check_step(before, 0);
  }

  void arrows_choose_the_end_and_escape_gives_up() {
    Bench b;
    b.must(add("decode2", "decode", 288, 300));
    b.view.zoom_to_fit();
    b.view.select_node("source");
    QTest::keyClick(&b.view, Qt::Key_W);
    QTest::keyClick(&b.view, Qt::Key_Right);
    QTest::keyClick(&b.view, Qt::Key_Return);
    QVERIFY(b.document().link_into({"decode2", "file"}) != nullptr);
    QVERIFY(b.document().link_into({"decode", "file"}) == nullptr);
    QTest::keyClick(&b.view, Qt::Key_W);
    QTest::keyClick(&b.view, Qt::Key_Escape);
    QTest::keyClick(&b.view, Qt::Key_Return);
    QCOMPARE(b.steps(), 2);
  }

  /// What no input is for gets one: named after the output, of its kind, in one step with the wire.
  void the_free_input_of_a_batch_adds_a_field() {
    Bench b;
    b.must(add("batch", "batch", 864, 0));
    b.view.zoom_to_fit();
    b.must(wire({"decode", "image"}, {"batch", "image"}));
    const std::string before = b.json();
    const int steps = b.steps();
    drag(b.port(), b.at(out("flip", "image")), b.at(in("batch", "+")));
    const Link* link = b.document().link_into({"batch", "image2"});
    QVERIFY(link != nullptr);
    QCOMPARE(link->from.text(), std::string("flip.image"));
    QVERIFY(b.document().link_into({"batch", "image"}) != nullptr);
    QCOMPARE(to_text(b.document().find("batch")->params.at("fields")),
             std::string("image, features, tokens, label, image2:image"));
    QVERIFY(b.view.graph_scene().wire({"batch", "image2"}) != nullptr);
    b.check_step(before, steps);
    // The node shows it, in front of the free one, which stays.
    const auto& inputs = b.view.graph_scene().node("batch")->face().inputs;
    QCOMPARE(inputs.size(), std::size_t{6});
    QCOMPARE(inputs[4].name, std::string("image2"));
    QVERIFY(inputs[5].free && !inputs[5].required);
    // Anywhere else on the node it means an input that is there.
    drag(b.port(), b.at(out("source", "label")), b.title_of("batch"));
    QVERIFY(b.document().link_into({"batch", "label"}) != nullptr);
    // A wire that is taken off one input can make another.
    const std::string again = b.json();
    const int now = b.steps();
    drag(b.port(), b.at(in("batch", "image")), b.at(in("batch", "+")));
    QVERIFY(b.document().link_into({"batch", "image"}) == nullptr);
    QCOMPARE(b.document().link_into({"batch", "image3"})->from.text(), std::string("decode.image"));
    b.check_step(again, now);
  }

  void the_free_input_says_what_it_does_not_take() {
    Bench b;
    b.must(add("batch", "batch", 864, 0));
    b.view.zoom_to_fit();
    const std::string before = b.json();
    drag(b.port(), b.at(out("linear", "y")), b.at(in("batch", "+")));
    QCOMPARE(b.json(), before);
    QVERIFY2(b.view.shown_reason().contains("one record"), qPrintable(b.view.shown_reason()));
  }

  void the_space_bar_adds_what_the_wire_needs() {
    Bench b;
    b.view.select_node("decode");
    const std::string before = b.json();
    QTest::keyClick(&b.view, Qt::Key_W);
    QTest::keyClick(&b.view, Qt::Key_Space);
    auto* search = b.view.findChild<SearchPopup*>();
    QVERIFY(search->isVisible());
    auto* line = search->findChild<QLineEdit*>();
    QTest::keyClicks(line, "resize");
    QTest::keyClick(line, Qt::Key_Return);
    QCOMPARE(b.document().link_into({"resize", "image"})->from.text(), std::string("decode.image"));
    b.check_step(before, 0);
  }

  /// Where a wire passes below a node its shape stands beside that, or nowhere.
  void a_label_is_never_below_a_node() {
    Bench b;
    b.must(add("batch", "batch", 1440, 0));
    b.must(wire({"source", "file"}, {"decode", "file"}));
    b.must(wire({"decode", "image"}, {"batch", "image"}));
    const GraphScene& scene = b.view.graph_scene();
    WireItem* line = scene.wire({"batch", "image"});
    QVERIFY(line != nullptr && !line->face().label.isEmpty());
    const auto covered_by = [&](const char* id) {
      const NodeItem* node = scene.node(id);
      return node->mapRectToScene(node->body()).intersects(line->label_rect().adjusted(6, 1, -6, -1));
    };
    const auto move = [&](const char* id, double x, double y) { b.must({MoveNodes{.to = {{id, {x, y}}}}}); };
    const QRectF way = line->mapRectToScene(line->boundingRect());
    for (const char* id : {"flip", "linear"}) move(id, way.left(), way.bottom() + 400);
    const QRectF middle = line->label_rect();
    QVERIFY(!middle.isEmpty());
    QVERIFY(std::abs(middle.center().x() - way.center().x()) < 2);
    move("flip", middle.center().x() - 80, middle.center().y() - 40);
    QVERIFY(!line->label_rect().isEmpty());
    QVERIFY(!covered_by("flip"));
    move("flip", way.left(), way.bottom() + 400);
    QCOMPARE(line->label_rect(), middle);
    for (int i = 0; i < 12; ++i) {
      const std::string id = "over" + std::to_string(i);
      b.must(add(id.c_str(), "horizontal_flip", way.left() + 120 * i, middle.center().y() - 40));
    }
    QVERIFY(line->label_rect().isEmpty());
  }

  /// Wires from one node to the next are 20 apart, less than two labels need; the second stands below its wire.
  void labels_of_wires_side_by_side_stand_apart() {
    Bench b;
    const GraphScene& scene = b.view.graph_scene();
    const NodeItem* source = scene.node("source");
    const QRectF body = source->mapRectToScene(source->body());
    b.must(add("mix", "shuffle", body.right() + 100, body.top()));
    b.must(wire({"source", "file"}, {"mix", "sample"}));
    b.must(wire({"source", "label"}, {"mix", "label"}));
    const QRectF first = scene.wire({"mix", "sample"})->label_rect();
    const QRectF second = scene.wire({"mix", "label"})->label_rect();
    QVERIFY(!first.isEmpty() && !second.isEmpty());
    QVERIFY2(!first.adjusted(6, 1, -6, -1).intersects(second.adjusted(6, 1, -6, -1)),
             qPrintable(
                 QString("%1 %2, %3 %4").arg(first.top()).arg(first.bottom()).arg(second.top()).arg(second.bottom())));
  }

  void a_wire_back_to_the_left_passes_above_its_target() {
    const QPainterPath path = wire_path({500, 100}, {0, 300}, {.gap = 230});
    QCOMPARE(path.pointAtPercent(0), QPointF(500, 100));
    QCOMPARE(path.pointAtPercent(1), QPointF(0, 300));
    QCOMPARE(path.pointAtPercent(0.5).y(), 230.0);
  }
};

FEEDLINE_WINDOW_TEST(TestCanvasWires)

}  // namespace test_canvas_wires

#include "test_canvas_wires.moc"
