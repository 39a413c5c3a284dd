// SPDX-License-Identifier: GPL-3.0-or-later
// Putting things in order by real mouse and key events: snapping, aligning, frames, points of wires, layers, overview.
#include "gui/canvas/arrange.h"
#include "gui/canvas/auto_layout.h"
#include "gui/canvas/frame_item.h"
#include "gui/canvas/grid.h"
#include "gui/canvas/make_room.h"
#include "gui/canvas/wire_item.h"
#include "gui/canvas_bench.h"
#include "support/test_program.h"

#include <QNativeGestureEvent>
#include <QPointingDevice>
#include <QSignalSpy>
#include <QTest>
#include <QTextDocument>

#include <cmath>

namespace test_canvas_arrange {

using namespace feedline;
using namespace feedline::gui;
using namespace feedline::test;

namespace {

QRectF body_of(Bench& b, const char* id) {
  const NodeItem* item = b.view.graph_scene().node(id);
  return item->mapRectToScene(item->body());
}

void select(Bench& b, std::initializer_list<const char*> ids) {
  bool first = true;
  for (const char* id : ids) {
    QTest::mouseClick(b.port(), Qt::LeftButton, first ? Qt::NoModifier : Qt::ControlModifier, b.title_of(id));
    first = false;
  }
}

}  // namespace

class TestCanvasArrange : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void aligning_data() {
    QTest::addColumn<int>("how");
    for (int how = 0; how < 6; ++how) QTest::addRow("%d", how) << how;
  }
  void aligning() {
    QFETCH(int, how);
    const std::vector<QRectF> rects = {{0, 0, 100, 50}, {40, 100, 60, 80}, {300, 30, 20, 20}};
    const std::vector<QPointF> shifts = align(rects, static_cast<Align>(how));
    std::vector<qreal> edges;
    for (std::size_t i = 0; i < rects.size(); ++i) {
      const QRectF r = rects[i].translated(shifts[i]);
      const qreal all[] = {r.left(), r.center().x(), r.right(), r.top(), r.center().y(), r.bottom()};
      edges.push_back(all[how]);
      QVERIFY(how < 3 ? qFuzzyIsNull(shifts[i].y()) : qFuzzyIsNull(shifts[i].x()));
    }
    for (const qreal edge : edges) QVERIFY(std::abs(edge - edges.front()) <= 1);
  }

  void distributing_makes_equal_gaps() {
    const std::vector<QRectF> rects = {{0, 0, 100, 50}, {110, 0, 60, 80}, {400, 0, 20, 20}, {150, 0, 40, 20}};
    const std::vector<QPointF> shifts = distribute(rects, Qt::Horizontal);
    QCOMPARE(shifts[0], QPointF());
    QCOMPARE(shifts[2], QPointF());
    const auto moved = [&](std::size_t i) { return rects[i].translated(shifts[i]); };
    const qreal gap = moved(1).left() - moved(0).right();
    QVERIFY(std::abs(moved(3).left() - moved(1).right() - gap) <= 1.5);
    QVERIFY(std::abs(moved(2).left() - moved(3).right() - gap) <= 1.5);
  }

  void edges_snap_like_to_like() {
    const std::vector<QRectF> others = {{100, 0, 50, 40}};
    const Snap snap = snap_to_edges({103, 70, 80, 40}, others, 5);
    QVERIFY(snap.x && !snap.y);
    QCOMPARE(snap.shift, QPointF(-3, 0));
    QCOMPARE(snap.guides.size(), std::size_t{1});
    QCOMPARE(snap.guides.front().x1(), 100.0);
    QVERIFY(!snap_to_edges({203, 70, 80, 40}, others, 5).x);
    QVERIFY(!snap_to_edges({147, 70, 80, 40}, others, 5).x);  // a left edge is not drawn to a right one
  }

  void aligning_the_selection_is_one_step() {
    Bench b;
    select(b, {"decode", "linear"});
    const std::string before = b.json();
    b.view.editor().align_selection(Align::Top);
    QCOMPARE(b.document().find("linear")->position.y, b.document().find("decode")->position.y);
    b.check_step(before, 0);
  }

  void distributing_the_selection_is_one_step() {
    Bench b;
    b.must({MoveNodes{{{"decode", {300, 0}}, {"flip", {800, 0}}}}});
    b.view.zoom_to_fit();
    select(b, {"source", "decode", "flip"});
    const std::string before = b.json();
    b.view.editor().distribute_selection(Qt::Horizontal);
    const qreal left = body_of(b, "decode").left() - body_of(b, "source").right();
    const qreal right = body_of(b, "flip").left() - body_of(b, "decode").right();
    QVERIFY(std::abs(left - right) <= 1.5);
    b.check_step(before, 1);
  }

  void a_moved_node_comes_in_line_with_another() {
    Bench b;
    b.must({MoveNodes{{{"linear", {583, 224}}}}});  // off the grid
    b.view.zoom_to_fit();
    const std::string before = b.json();
    const QPoint start = b.title_of("decode");
    const double zoom = b.view.zoom();
    const QPoint to = start + QPoint(static_cast<int>((583 + 2 - 288) * zoom), static_cast<int>(400 * zoom));
    drag(b.port(), start, to);
    QCOMPARE(b.document().find("decode")->position.x, 583.0);
    QCOMPARE(std::fmod(b.document().find("decode")->position.y, kGrid), 0.0);
    b.check_step(before, 1);
  }

  // --- frames ------------------------------------------------------------------------------------------------------
  void f_frames_the_selection_and_the_title_is_typed() {
    Bench b;
    select(b, {"decode", "flip"});
    const std::string before = b.json();
    QTest::keyClick(&b.view, Qt::Key_F);
    QCOMPARE(b.document().frames().size(), std::size_t{1});
    const Frame frame = b.document().frames().front();
    const QRectF area(frame.position.x, frame.position.y, frame.width, frame.height);
    QVERIFY(area.contains(body_of(b, "decode")) && area.contains(body_of(b, "flip")));
    QVERIFY(!area.intersects(body_of(b, "source")));
    b.check_step(before, 0);
    const FrameItem* item = b.view.graph_scene().frame(frame.id);
    const_cast<FrameItem*>(item)->start_editing();
    QTest::keyClicks(&b.view, "Pictures");
    QTest::keyClick(&b.view, Qt::Key_Return);
    QCOMPARE(b.document().frames().front().title, std::string("Pictures"));
    QCOMPARE(b.steps(), 2);
    b.c.undo_stack().undo();
    QVERIFY(b.document().frames().front().title != "Pictures");
  }

  void a_frame_takes_its_content_along() {
    Bench b;
    b.must({AddFrame{.frame = {.id = "frame", .title = "T", .position = {240, -64}, .width = 320, .height = 240}}});
    b.must(wire({"decode", "image"}, {"flip", "image"}));
    b.must({AddComment{.comment = {.id = "note", .position = {260, 120}, .width = 100, .height = 40}}});
    b.view.zoom_to_fit();
    const Position decode = b.document().find("decode")->position;
    const Position flip = b.document().find("flip")->position;
    const std::string before = b.json();
    const int steps = b.steps();
    const QPoint header = b.view.mapFromScene(QPointF(300, -56));
    drag(b.port(), header, header + QPoint(0, 90));
    const double dy = b.document().find_frame("frame")->position.y + 64;
    QVERIFY(dy > 0);
    QCOMPARE(b.document().find("decode")->position, (Position{decode.x, decode.y + dy}));
    QCOMPARE(b.document().find_comment("note")->position.y, 120 + dy);
    QCOMPARE(b.document().find("flip")->position, flip);  // it was outside
    b.check_step(before, steps);
  }

  /// A node that is moved in a frame until it stands out of it makes the frame larger; one that is taken out is told.
  void a_frame_grows_with_what_is_moved_in_it() {
    Bench b;
    b.must({AddFrame{.frame = {.id = "frame", .title = "Data", .position = {240, -64}, .width = 320, .height = 208}}});
    b.view.zoom_to_fit();
    const auto area = [&] { return area_of(*b.document().find_frame("frame")); };
    const QRectF small = area();
    QVERIFY(small.contains(body_of(b, "decode")));
    std::string before = b.json();
    QSignalSpy told(&b.view, &GraphView::status_message);
    const QPoint down(0, static_cast<int>(80 * b.view.zoom()));
    drag(b.port(), b.title_of("decode"), b.title_of("decode") + down);
    QVERIFY(area().contains(body_of(b, "decode")));
    QVERIFY(area().height() > small.height());
    QCOMPARE(area().topLeft(), small.topLeft());
    QVERIFY(told.isEmpty());
    b.check_step(before, 1);

    before = b.json();
    select(b, {"decode"});
    for (int i = 0; i < 8; ++i) QTest::keyClick(&b.view, Qt::Key_Right);
    QVERIFY(area().contains(body_of(b, "decode")));
    QVERIFY(area().right() > small.right());
    b.check_step(before, 2);

    before = b.json();
    const QRectF large = area();
    const QPoint out(0, static_cast<int>(400 * b.view.zoom()));
    drag(b.port(), b.title_of("decode"), b.title_of("decode") + out);
    QCOMPARE(area(), large);
    QVERIFY(!large.intersects(body_of(b, "decode")));
    QCOMPARE(told.count(), 1);
    QCOMPARE(told[0][0].toString(), QStringLiteral("No longer in the frame “Data”: decode"));
    b.check_step(before, 3);
  }

  void a_frame_goes_about_what_was_arranged_in_it() {
    Bench b;
    b.must(wire({"source", "file"}, {"decode", "file"}));
    b.must(wire({"decode", "image"}, {"flip", "image"}));
    b.must({MoveNodes{{{"decode", {900, 700}}, {"flip", {1300, 900}}}}});
    b.must({AddFrame{.frame = {.id = "frame", .position = {880, 640}, .width = 660, .height = 480}}});
    b.must({AddComment{.comment = {.id = "note", .position = {900, 1000}, .width = 100, .height = 40}}});
    const std::string before = b.json();
    const int steps = b.steps();
    b.view.setFocus();
    QTest::keyClick(&b.view, Qt::Key_L, Qt::ControlModifier);
    const QRectF area = area_of(*b.document().find_frame("frame"));
    QVERIFY(area.contains(body_of(b, "decode")) && area.contains(body_of(b, "flip")));
    QVERIFY(!area.contains(body_of(b, "source")) && !area.contains(body_of(b, "linear")));
    const Comment& note = *b.document().find_comment("note");
    QVERIFY(area.contains(QRectF(note.position.x, note.position.y, note.width, note.height)));
    b.check_step(before, steps);
  }

  void a_frame_is_sized_at_its_corner_and_coloured() {
    Bench b;
    b.must({AddFrame{.frame = {.id = "frame", .position = {0, 300}, .width = 320, .height = 160}}});
    b.view.zoom_to_fit();
    std::string before = b.json();
    const QPoint corner = b.view.mapFromScene(QPointF(317, 457));
    drag(b.port(), corner, corner + QPoint(60, 40));
    QVERIFY(b.document().find_frame("frame")->width > 320);
    b.check_step(before, 1);
    QTest::mouseClick(b.port(), Qt::LeftButton, {}, b.view.mapFromScene(QPointF(20, 308)));
    before = b.json();
    b.view.editor().set_frame_color("red");
    QCOMPARE(b.document().find_frame("frame")->color, std::string("red"));
    b.check_step(before, 2);
  }

  void the_inside_of_a_frame_lets_the_mouse_through() {
    Bench b;
    b.must({AddFrame{.frame = {.id = "frame", .position = {-40, 300}, .width = 520, .height = 260}}});
    b.view.zoom_to_fit();
    QTest::mouseDClick(b.port(), Qt::LeftButton, {}, b.view.mapFromScene(QPointF(200, 450)));
    QVERIFY(b.view.findChild<SearchPopup*>()->isVisible());  // as on the bare canvas
  }

  void deleting_a_frame_leaves_its_content() {
    Bench b;
    b.must({AddFrame{.frame = {.id = "frame", .position = {240, -64}, .width = 320, .height = 240}}});
    b.view.zoom_to_fit();
    QTest::mouseClick(b.port(), Qt::LeftButton, {}, b.view.mapFromScene(QPointF(300, -56)));
    const std::string before = b.json();
    QTest::keyClick(&b.view, Qt::Key_Delete);
    QVERIFY(b.document().frames().empty());
    QVERIFY(b.document().find("decode") != nullptr);
    b.check_step(before, 1);
  }

  // --- points of wires ---------------------------------------------------------------------------------------------
  void a_double_click_on_a_wire_makes_a_point_that_moves_and_goes() {
    Bench b;
    b.must(wire({"decode", "image"}, {"flip", "image"}));
    const WireItem* item = b.view.graph_scene().wire({"flip", "image"});
    const QPoint on_wire = b.view.mapFromScene(item->boundingRect().center());
    const auto points = [&] { return b.document().link_into({"flip", "image"})->via; };
    std::string before = b.json();
    QTest::mouseDClick(b.port(), Qt::LeftButton, {}, b.view.mapFromScene(wire_middle(b)));
    QVERIFY2(points().size() == 1, qPrintable(QString("%1,%2").arg(on_wire.x()).arg(on_wire.y())));
    b.check_step(before, 1);

    before = b.json();
    const QPoint point = b.view.mapFromScene(QPointF(points()[0].x, points()[0].y));
    drag(b.port(), point, point + QPoint(0, 120));
    QVERIFY(points()[0].y > 50);
    b.check_step(before, 2);
    QVERIFY(b.view.graph_scene().wire({"flip", "image"})->boundingRect().bottom() > 100);  // the wire passes there

    before = b.json();
    QTest::keyClick(&b.view, Qt::Key_Delete);
    QVERIFY(points().empty());
    QVERIFY(b.document().link_into({"flip", "image"}) != nullptr);
    b.check_step(before, 3);
  }

  void points_go_with_both_ends() {
    Bench b;
    b.must(wire({"decode", "image"}, {"flip", "image"}));
    b.must({SetWirePoints{{"flip", "image"}, {{540, 96}}}});
    select(b, {"decode", "flip"});
    const std::string before = b.json();
    QTest::keyClick(&b.view, Qt::Key_Down);
    QCOMPARE(b.document().link_into({"flip", "image"})->via.front(), (Position{540, 96 + kGrid}));
    b.check_step(before, 2);
  }

  // --- layers, looking ---------------------------------------------------------------------------------------------
  void layers_go_from_left_to_right() {
    const std::vector<LayoutNode> nodes = {{"c", {200, 100}}, {"a", {200, 100}}, {"b", {200, 150}}, {"d", {200, 100}}};
    const auto link = [](const char* from, const char* to) { return Link{.from = {from, "y"}, .to = {to, "x"}}; };
    const auto places = lay_out_in_layers(nodes, {link("a", "b"), link("a", "d"), link("b", "c"), link("d", "c")});
    QCOMPARE(places.size(), std::size_t{4});
    QVERIFY(places.at("a").x + 200 < places.at("b").x);
    QVERIFY(places.at("b").x + 200 < places.at("c").x);
    QCOMPARE(places.at("b").x, places.at("d").x);
    QVERIFY(std::abs(places.at("b").y - places.at("d").y) >= 100);
    for (const auto& [id, place] : places) {
      QCOMPARE(std::fmod(place.x, kGrid), 0.0);
      QVERIFY(place.x >= 0 && place.y >= 0);
    }
  }

  void control_l_arranges_in_one_step() {
    Bench b;
    b.must(wire({"source", "file"}, {"decode", "file"}));
    b.must(wire({"decode", "image"}, {"flip", "image"}));
    b.must({MoveNodes{{{"source", {900, 500}}, {"flip", {0, 0}}}}});
    const std::string before = b.json();
    QTest::keyClick(&b.view, Qt::Key_L, Qt::ControlModifier);
    QVERIFY(body_of(b, "source").right() < body_of(b, "decode").left());
    QVERIFY(body_of(b, "decode").right() < body_of(b, "flip").left());
    b.check_step(before, 3);
  }

  void a_long_chain_wraps_into_rows_and_nothing_overlaps() {
    std::vector<LayoutNode> nodes;
    std::vector<Link> links;
    for (int i = 0; i < 24; ++i) {
      nodes.push_back({"n" + std::to_string(i), {184, 120.0 + 16 * (i % 3)}});
      if (i > 0) links.push_back({.from = {nodes[nodes.size() - 2].id, "y"}, .to = {nodes.back().id, "x"}});
    }
    const auto places = lay_out_in_layers(nodes, links, {.aspect = 1.6});
    QRectF all;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      const QRectF mine(QPointF(places.at(nodes[i].id).x, places.at(nodes[i].id).y), nodes[i].size);
      all |= mine;
      for (std::size_t k = 0; k < i; ++k)
        QVERIFY(!mine.intersects({QPointF(places.at(nodes[k].id).x, places.at(nodes[k].id).y), nodes[k].size}));
      if (i == 0) continue;
      const Position& last = places.at(nodes[i - 1].id);
      const bool new_row = mine.left() < last.x;
      QVERIFY(new_row ? mine.top() > last.y : mine.top() == last.y);  // as text is read
    }
    QVERIFY2(all.width() < 3000 && all.width() > 1000, qPrintable(QString::number(all.width())));
  }

  void undo_of_arranging_brings_the_view_back() {
    Bench b;
    b.must({MoveNodes{{{"source", {4000, 3000}}}}});
    b.view.zoom_to_fit();
    b.view.zoom_in();
    const double zoom = b.view.zoom();
    const QPointF middle = b.view.mapToScene(b.port()->rect().center());
    QTest::keyClick(&b.view, Qt::Key_L, Qt::ControlModifier);
    const double arranged = b.view.zoom();
    QVERIFY(arranged != zoom);
    QTest::keyClick(&b.view, Qt::Key_Z, Qt::ControlModifier);
    QCOMPARE(b.view.zoom(), zoom);
    const QPointF now = b.view.mapToScene(b.port()->rect().center());
    QVERIFY2(QLineF(now, middle).length() < 2 / zoom,  // pixels are whole
             qPrintable(QString("%1, %2 instead of %3, %4").arg(now.x()).arg(now.y()).arg(middle.x()).arg(middle.y())));
    QTest::keyClick(&b.view, Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
    QCOMPARE(b.view.zoom(), arranged);
  }

  void a_large_graph_is_arranged_beside_the_window_and_can_be_given_up() {
    DocumentController c;
    GraphView view(c);
    Document document;
    Edit::List steps;
    for (int i = 0; i < 2000; ++i) steps.push_back(add("n" + std::to_string(i), "relu", 10.0 * i, 0));
    for (int i = 1; i < 2000; ++i)
      steps.push_back(wire({"n" + std::to_string(i / 2), "y"}, {"n" + std::to_string(i), "x"}));
    QVERIFY(document.apply(Edit{steps}));
    c.reset(std::move(document), {});
    view.resize(1100, 700);
    view.show();
    const std::string before = to_json(c.document());
    QTest::keyClick(&view, Qt::Key_L, Qt::ControlModifier);
    QVERIFY(view.editor().arrange_job().isVisible());
    QTest::keyClick(&view, Qt::Key_Escape);
    QVERIFY(!view.editor().arrange_job().isVisible());
    QTest::qWait(50);
    QCOMPARE(to_json(c.document()), before);
    QTest::keyClick(&view, Qt::Key_L, Qt::ControlModifier);
    QTRY_VERIFY_WITH_TIMEOUT(!view.editor().arrange_job().active(), 60'000);
    QVERIFY(to_json(c.document()) != before);
    const QRectF seen = view.mapToScene(view.viewport()->rect()).boundingRect();
    QVERIFY(seen.contains(view.graph_scene().content()));  // however many there are
  }

  void a_point_keeps_the_way_of_a_wire_that_goes_back() {
    const QPointF from(900, 100);
    const QPointF to(0, 500);
    WireItem item({.link = {.from = {"a", "y"}, .to = {"b", "x"}}});
    item.set_ends(from, to, {.gap = 440});
    const QPainterPath before = wire_path(from, to, {.gap = 440});
    const QPointF point = item.on_route(before.pointAtPercent(0.6) + QPointF(0, 5));
    const QPainterPath after = wire_path(from, to, {.gap = 440, .via = {point}});
    for (int i = 0; i <= 20; ++i)
      QVERIFY(QLineF(before.pointAtPercent(i / 20.0), after.pointAtPercent(i / 20.0)).length() < 2);
  }

  void the_overview_shows_when_needed_and_leads_there() {
    Bench b;
    QVERIFY(!b.view.minimap().isVisible());  // all is in view
    b.must(add("far", "relu", 6000, 4000));
    QVERIFY(b.view.minimap().isVisible());
    const QPoint there = b.view.minimap().place_of(QPointF(6080, 4040)).toPoint();
    QTest::mouseClick(&b.view.minimap(), Qt::LeftButton, {}, there);
    const QRectF seen = b.view.mapToScene(b.port()->rect()).boundingRect();
    QVERIFY(seen.contains(body_of(b, "far").center()));
    b.view.minimap().set_wanted(false);
    QVERIFY(!b.view.minimap().isVisible());
  }

  void period_zooms_to_the_selection() {
    Bench b;
    b.must(add("far", "relu", 6000, 4000));
    b.view.zoom_to_fit();
    b.view.select_node("far");
    QTest::keyClick(&b.view, Qt::Key_Period);
    const QRectF seen = b.view.mapToScene(b.port()->rect()).boundingRect();
    QVERIFY(seen.contains(body_of(b, "far")));
    QVERIFY(!seen.contains(body_of(b, "source")));
  }

  void a_pinch_zooms_about_the_fingers() {
    Bench b;
    const double before = b.view.zoom();
    const QPointF centre(300, 200);
    const QPointF held = b.view.mapToScene(centre.toPoint());
    QNativeGestureEvent event(Qt::ZoomNativeGesture, QPointingDevice::primaryPointingDevice(), 2, centre, centre,
                              b.port()->mapToGlobal(centre), 0.5, {});
    QApplication::sendEvent(b.port(), &event);
    QVERIFY(b.view.zoom() > 1.4 * before);
    const QPointF now = b.view.mapToScene(centre.toPoint());
    QVERIFY(QLineF(held, now).length() < 3);
  }

 private:
  static QPointF wire_middle(Bench& b) {
    const QPointF from = *b.view.graph_scene().socket({{"decode", "image"}, Side::Output});
    const QPointF to = *b.view.graph_scene().socket({{"flip", "image"}, Side::Input});
    return wire_path(from, to).pointAtPercent(0.5);
  }
};

FEEDLINE_WINDOW_TEST(TestCanvasArrange)

}  // namespace test_canvas_arrange

#include "test_canvas_arrange.moc"
