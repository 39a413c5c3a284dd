// SPDX-License-Identifier: GPL-3.0-or-later
// Dragging wires with real mouse events; what counts is the document and its undo stack.
#include "canvas/wire_item.h"
#include "gui/canvas_bench.h"
#include "models/palette_model.h"

#include <QLineEdit>
#include <QListView>
#include <QSignalSpy>
#include <QTest>

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

  void a_wire_back_to_the_left_passes_above_its_target() {
    const QPainterPath path = wire_path({500, 100}, {0, 300}, {.gap = 230});
    QCOMPARE(path.pointAtPercent(0), QPointF(500, 100));
    QCOMPARE(path.pointAtPercent(1), QPointF(0, 300));
    QCOMPARE(path.pointAtPercent(0.5).y(), 230.0);
  }
};

QTEST_MAIN(TestCanvasWires)
#include "test_canvas_wires.moc"
