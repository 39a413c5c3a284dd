// SPDX-License-Identifier: GPL-3.0-or-later
// What the canvas does to a graph, without a canvas: from a diagram, what is selected and how large things are drawn,
// to an edit.
#include "graph/document.h"
#include "gui/canvas/commands/carry.h"
#include "gui/canvas/commands/insert.h"
#include "gui/canvas/commands/order.h"
#include "gui/canvas/commands/paste.h"
#include "gui/canvas/commands/remove.h"
#include "gui/canvas/commands/room.h"
#include "gui/canvas/make_room.h"
#include "gui/canvas/new_node.h"
#include "support/test_program.h"

#include <QTest>

#include <variant>

namespace feedline::gui::test_canvas_commands {
namespace {

constexpr qreal kWidth = 160;
constexpr qreal kHeight = 96;

/// Every node of the diagram is drawn at the same size.
class Table : public Geometry {
 public:
  explicit Table(const Diagram& diagram) : diagram_(diagram) {}
  [[nodiscard]] std::optional<QRectF> body(const std::string& node) const override {
    const Node* found = diagram_.find(node);
    if (found == nullptr) return std::nullopt;
    return QRectF(found->position.x, found->position.y, kWidth, kHeight);
  }
  [[nodiscard]] QSizeF size_of(const Node&) const override { return {kWidth, kHeight}; }
  [[nodiscard]] QRectF sheet(const Comment& note) const override { return area_of(note); }

 private:
  const Diagram& diagram_;
};

Edit node_at(const char* id, const char* type, double x, double y) {
  return {AddNode{.node = {.id = id, .type = type, .position = {x, y}}}};
}

/// source -> decode -> flip in a row, with a frame about the last two and a note in it.
Document row() {
  Document document;
  for (const Edit& edit :
       {node_at("source", "image_folder", 0, 0), node_at("decode", "decode", 240, 0),
        node_at("flip", "horizontal_flip", 480, 0),
        Edit{AddLink{.link = {.from = {"source", "image"}, .to = {"decode", "image"}}}},
        Edit{AddLink{.link = {.from = {"decode", "image"}, .to = {"flip", "image"}, .via = {{420, 200}}}}},
        Edit{AddFrame{.frame = {.id = "frame", .position = {220, -60}, .width = 460, .height = 320}}},
        Edit{AddComment{.comment = {.id = "note", .position = {260, 160}, .width = 96, .height = 64}}}})
    if (const auto done = document.apply(edit); !done) qFatal("%s", done.error().line().c_str());
  return document;
}

}  // namespace

class TestCanvasCommands : public QObject {
  Q_OBJECT

  Document document_{};

  [[nodiscard]] Position place_of(const char* node) const { return document_.find(node)->position; }
  /// The edit is sound, and what it returns takes it back.
  void check_applies(const Edit& edit) {
    const Document before = document_;
    const auto inverse = document_.apply(edit);
    QVERIFY2(inverse.has_value(), inverse ? "" : inverse.error().line().c_str());
    QVERIFY(!(document_ == before));
    Document back = document_;
    QVERIFY(back.apply(*inverse));
    QVERIFY(back == before);
  }

 private Q_SLOTS:
  void init() { document_ = row(); }

  void a_frame_carries_what_lies_in_it() {
    const Table table(document_);
    const Selection frame{.frames = {"frame"}};
    QCOMPARE(with_frame_content(document_, table, frame),
             (std::vector<std::string>{"frame", "decode", "flip", "note"}));
    const Carried carried = carried_with(document_, table, frame);
    QCOMPARE(carried.wires.size(), std::size_t{1});  // both its ends go, so its point does
    check_applies(moved(carried, {32, 48}));
    QCOMPARE(place_of("decode"), (Position{272, 48}));
    QCOMPARE(place_of("source"), (Position{0, 0}));
    QCOMPARE(document_.link_into({"flip", "image"})->via.front(), (Position{452, 248}));
  }

  void a_point_moves_alone_when_only_it_is_selected() {
    const Table table(document_);
    const Selection point{.points = {{.to = {"flip", "image"}, .index = 0}}};
    check_applies(moved(carried_with(document_, table, point), {0, 16}));
    QCOMPARE(document_.link_into({"flip", "image"})->via.front(), (Position{420, 216}));
    QCOMPARE(place_of("flip"), (Position{480, 0}));
  }

  void frames_grow_with_what_was_moved_in_them_and_tell_what_left() {
    const Table table(document_);
    const Carried flip = carried_with(document_, table, {.nodes = {"flip"}});
    QVERIFY(document_.apply(moved(flip, {96, 0})));
    Settled settled = settled_in_frames(document_, table, flip);
    QVERIFY(settled.left.empty());
    QCOMPARE(settled.steps.size(), std::size_t{1});
    check_applies(settled.steps.front());
    QVERIFY(area_of(*document_.find_frame("frame")).contains(*table.body("flip")));

    const Carried decode = carried_with(document_, table, {.nodes = {"decode"}});
    QVERIFY(document_.apply(moved(decode, {0, 2000})));
    settled = settled_in_frames(document_, table, decode);
    QVERIFY(settled.steps.empty());
    QCOMPARE(settled.left.size(), std::size_t{1});
    QCOMPARE(settled.left.front().things, QStringList{"decode"});
  }

  void deleting_heals_or_does_not() {
    const Selection decode{.nodes = {"decode"}};
    const Document before = document_;
    check_applies(*removal(document_, decode, true));
    QVERIFY(document_.find("decode") == nullptr);
    document_ = before;
    check_applies(*removal(document_, decode, false));
    QVERIFY(document_.link_into({"flip", "image"}) == nullptr);
    QVERIFY(!removal(document_, {}, true));
  }

  void deleting_takes_wires_and_points_too() {
    const Link* link = document_.link_into({"flip", "image"});
    check_applies(*removal(document_, {.points = {{.to = link->to, .index = 0}}}, true));
    link = document_.link_into({"flip", "image"});
    QVERIFY(link != nullptr && link->via.empty());
    check_applies(*removal(document_, {.wires = {*link}}, true));
    QVERIFY(document_.link_into({"flip", "image"}) == nullptr);
  }

  void copies_cover_nothing() {
    const Table table(document_);
    const Document part = part_of(document_, {"decode", "flip", "note"});
    QCOMPARE(top_left(part), QPointF(240, 0));
    const Paste paste = pasted_clear(document_, table, part, {16, 16});
    QCOMPARE(paste.ids.size(), std::size_t{3});
    const std::vector<QRectF> there = obstacles(document_, table);
    check_applies(paste.edit);
    for (const std::string& id : paste.ids) {
      if (document_.find(id) == nullptr) continue;
      for (const QRectF& rect : there) QVERIFY(!table.body(id)->intersects(rect));
    }
  }

  void a_new_node_finds_a_free_place() {
    const Table table(document_);
    const Node node{.id = "new", .type = "decode"};
    const QPointF place = free_place(document_, table, node, {250, 10});
    for (const QRectF& rect : obstacles(document_, table))
      QVERIFY(!QRectF(place, QSizeF(kWidth, kHeight)).intersects(rect));
  }

  void a_node_put_into_a_wire_pushes_the_others_along() {
    const Table table(document_);
    const NodeSpec* resize = Registry::instance().find("resize");
    const Link wire = *document_.link_into({"flip", "image"});
    QVERIFY(resize != nullptr && fits_into(document_, *resize, wire));
    QVERIFY(!fits_into(document_, *Registry::instance().find("linear"), wire));
    const Document before = document_;
    check_applies(added(before, Table(before), new_node(*resize, "resize", {416, 0}), wire.to));
    QCOMPARE(document_.link_into({"flip", "image"})->from.node, std::string("resize"));
    QVERIFY(place_of("flip").x > 480);
    QVERIFY(!table.body("flip")->intersects(*table.body("resize")));
  }

  void aligning_and_distributing() {
    const Table table(document_);
    QVERIFY(!aligned(document_, table, {"source", "decode"}, Align::Top));  // they are
    check_applies(*aligned(document_, table, {"source", "decode"}, Align::Left));
    QCOMPARE(place_of("source").x, place_of("decode").x);
    document_ = row();
    QVERIFY(document_.apply({MoveNodes{.to = {{"decode", {300, 0}}}}}));
    check_applies(*distributed(document_, table, {"source", "decode", "flip"}, Qt::Horizontal));
    QCOMPARE(place_of("decode").x, 240.0);
  }

  void laying_out_takes_frames_and_notes_along() {
    const Table table(document_);
    QCOMPARE(nodes_to_lay_out(document_, {.nodes = {"flip"}}).size(), std::size_t{3});  // one alone means all
    const auto ids = nodes_to_lay_out(document_, {});
    const auto nodes = layout_nodes(document_, table, ids);
    QCOMPARE(nodes.front().size, QSizeF(kWidth, kHeight));
    const Document before = document_;
    check_applies(laid_out(before, Table(before), ids, lay_out_in_layers(nodes, document_.links())));
    QVERIFY(place_of("source").x < place_of("decode").x && place_of("decode").x < place_of("flip").x);
    const QRectF frame = area_of(*document_.find_frame("frame"));
    QVERIFY(frame.contains(*table.body("decode")) && frame.contains(*table.body("flip")));
    QVERIFY(!frame.contains(table.body("source")->center()));
    QVERIFY(document_.link_into({"flip", "image"})->via.empty());
  }

  void notes_and_frames_have_a_least_size() {
    check_applies(*resized(document_, "note", {0, 0}));
    QVERIFY(document_.find_comment("note")->width > 0 && document_.find_comment("note")->height > 0);
    check_applies(*resized(document_, "frame", {1000, 600}));
    QVERIFY(!resized(document_, "frame", {1000, 600}));
    QVERIFY(!resized(document_, "decode", {10, 10}));
  }

  void frames_are_made_titled_and_coloured() {
    const Table table(document_);
    const Frame frame = new_frame(document_, table, {"source"}, {}, "Data");
    QVERIFY(area_of(frame).contains(*table.body("source")));
    check_applies({AddFrame{.frame = frame}});
    check_applies(*titled(document_, frame.id, "Source"));
    check_applies(*coloured(document_, {frame.id, "frame"}, "red"));
    QCOMPARE(document_.find_frame("frame")->color, std::string("red"));
    QCOMPARE(document_.find_frame(frame.id)->title, std::string("Source"));
    QVERIFY(!coloured(document_, {}, "red"));
  }

  void a_note_is_put_clear_of_all_and_written() {
    const Table table(document_);
    const Comment note = new_note(document_, table, {250, 10});
    for (const QRectF& rect : obstacles(document_, table)) QVERIFY(!area_of(note).intersects(rect));
    check_applies({AddComment{.comment = note}});
    check_applies(*written(document_, note.id, "why"));
    QVERIFY(!written(document_, "decode", "why"));
  }
};

FEEDLINE_TEST(TestCanvasCommands)

}  // namespace feedline::gui::test_canvas_commands

#include "test_canvas_commands.moc"
