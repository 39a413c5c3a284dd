// SPDX-License-Identifier: GPL-3.0-or-later
// Healing, splicing and adapters: the rewirings that a gesture makes.
#include "graph/adapters.h"
#include "graph/json.h"
#include "graph/part.h"
#include "graph/port_edits.h"
#include "graph/rewire.h"
#include "graph/validate.h"
#include "graph/wire_splits.h"
#include "support/fake_nodes.h"
#include "support/test_program.h"

#include <QTest>

namespace test_rewire {

using namespace feedline;
using feedline::test::fake_registry;

namespace {

void must(Diagram& diagram, const Edit& edit) {
  const auto done = diagram.apply(edit);
  if (!done) qFatal("%s", done.error().line().c_str());
}

std::string from_of(const Diagram& diagram, const PortRef& to) {
  const Link* link = diagram.link_into(to);
  return link == nullptr ? "nothing" : link->from.text();
}

/// source, shuffle, decode, batch and flatten; only the source is wired.
Document small_batch() {
  Document document;
  for (const auto& [id, type] : std::vector<std::pair<std::string, std::string>>{{"source", "generated_pictures"},
                                                                                 {"shuffle", "shuffle"},
                                                                                 {"decode", "decode"},
                                                                                 {"batch", "batch"},
                                                                                 {"flatten", "flatten"}})
    must(document, {AddNode{.node = {.id = id, .type = type}}});
  must(document, {AddLink{.link = {.from = {"source", "file"}, .to = {"shuffle", "sample"}}}});
  must(document, {AddLink{.link = {.from = {"shuffle", "sample"}, .to = {"decode", "file"}}}});
  return document;
}

}  // namespace

class TestRewire : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void deleting_heals_where_kinds_allow() {
    Document document = test::trainable().document();
    const std::string before = to_json(document);
    const auto undo = document.apply(remove_and_heal(document, {"resize"}, fake_registry()));
    QVERIFY(undo);
    QCOMPARE(from_of(document, {"batch", "image"}), std::string("shuffle.sample"));
    QVERIFY(document.apply(*undo));
    QCOMPARE(to_json(document), before);
  }

  void a_wire_to_the_free_input_makes_a_field() {
    Document document = small_batch();
    const std::string before = to_json(document);
    const auto wired = wire_to_free_port(document, {"decode", "image"}, "batch");
    QVERIFY2(wired, wired ? "" : wired.error().line().c_str());
    QCOMPARE(wired->to.port, std::string("image2"));
    const auto undo = document.apply(wired->edit);
    QVERIFY(undo);
    QCOMPARE(from_of(document, {"batch", "image2"}), std::string("decode.image"));
    QVERIFY(spec_of(*document.find("batch"))->output("image2") >= 0);
    QVERIFY(!check_connect(document, {"batch", "image2"}, {"flatten", "x"}));
    QVERIFY(document.apply(*undo));
    QCOMPARE(to_json(document), before);

    // What passes anything on takes the kind of what it passes.
    const auto passed = wire_to_free_port(document, {"shuffle", "sample"}, "batch");
    QVERIFY(passed);
    QCOMPARE(passed->to.port, std::string("sample"));
    const auto encoded = wire_to_free_port(document, {"source", "file"}, "batch");
    QVERIFY(encoded);
    QCOMPARE(encoded->to.port, std::string("file"));
    QVERIFY(!wire_to_free_port(document, {"batch", "image"}, "batch"));
    QVERIFY(!wire_to_free_port(document, {"source", "file"}, "decode"));
    const auto unknown = check_connect(document, {"decode", "image"}, {"batch", "image2"});
    QVERIFY(unknown && unknown->remedy.find("It has: image, features, tokens, label") != std::string::npos);
  }

  void wires_follow_the_fields() {
    Document document = small_batch();
    must(document, {AddLink{.link = {.from = {"decode", "image"}, .to = {"batch", "image"}}}});
    must(document, {AddLink{.link = {.from = {"source", "label"}, .to = {"batch", "label"}}}});
    must(document, {AddLink{.link = {.from = {"batch", "image"}, .to = {"flatten", "x"}}}});
    const std::string before = to_json(document);
    const auto fields = [](const char* text) {
      return *Registry::instance().find("batch")->param("fields")->parse(text);
    };
    // Renamed: all wires stay, in their order.
    const auto undo =
        document.apply(set_param(document, {"batch", "fields", fields("photo:image,features,tokens,label")}));
    QVERIFY2(undo, undo ? "" : undo.error().line().c_str());
    QCOMPARE(document.links().size(), std::size_t{5});
    QCOMPARE(document.links()[2].to.text(), std::string("batch.photo"));
    QCOMPARE(document.links()[4].from.text(), std::string("batch.photo"));
    QVERIFY(document.apply(*undo));
    QCOMPARE(to_json(document), before);
    // Moved: nothing happens to wires. Taken away: its wires go, and come back.
    const Edit moved = set_param(document, {"batch", "fields", fields("label, image")});
    QVERIFY(std::holds_alternative<SetParam>(moved.change));
    const auto gone = document.apply(set_param(document, {"batch", "fields", fields("label, tokens")}));
    QVERIFY(gone);
    QCOMPARE(document.links().size(), std::size_t{3});
    QCOMPARE(document.links().back().to.text(), std::string("batch.label"));
    QVERIFY(document.apply(*gone));
    QCOMPARE(to_json(document), before);
    QVERIFY(std::holds_alternative<SetParam>(
        set_param(document, {"decode", "channels", Value(std::string("rgb"))}).change));
  }

  void one_source_of_a_divided_data_set_becomes_two() {
    Document document = test::trainable().document();
    must(document, {SetParam{"trainer", "validation_split", Value(0.2)}});
    const std::string before = to_json(document);
    const auto edit = wire_splits(document, "source", "names", {"training", "validation"}, fake_registry());
    QVERIFY(edit);
    const auto undo = document.apply(*edit);
    QVERIFY2(undo, undo ? "" : undo.error().line().c_str());
    const Link* validation = document.link_into({"trainer", "validation"});
    QVERIFY(validation != nullptr);
    const std::string batch = validation->from.node;
    QVERIFY(batch != "batch");
    const std::string resize = document.link_into({batch, "image"})->from.node;
    const std::string source = document.link_into({resize, "image"})->from.node;  // no shuffle between
    QCOMPARE(document.find(source)->type, document.find("source")->type);
    QCOMPARE(document.link_into({batch, "label"})->from.node, source);
    QCOMPARE(std::get<std::string>(document.find("source")->params.at("names")), std::string("training"));
    QCOMPARE(std::get<std::string>(document.find(source)->params.at("names")), std::string("validation"));
    QVERIFY(!document.find("trainer")->params.contains("validation_split"));
    QVERIFY2(analyse(document, {}, fake_registry()).ok(), "the graph is right at once");
    QVERIFY(document.apply(*undo));
    QCOMPARE(to_json(document), before);
  }

  void a_validation_that_is_wired_gets_its_part() {
    Document document = test::trainable()
                            .add(
                                "vsource:pictures vresize:resize vbatch:batch vsource.image>vresize.image "
                                "vresize.image>vbatch.image vsource.label>vbatch.label vbatch.batch>trainer.validation")
                            .document();
    const std::size_t nodes = document.nodes().size();
    const auto edit = wire_splits(document, "source", "names", {"training", "validation"}, fake_registry());
    QVERIFY(edit);
    must(document, *edit);
    QCOMPARE(document.nodes().size(), nodes);
    QCOMPARE(std::get<std::string>(document.find("source")->params.at("names")), std::string("training"));
    QCOMPARE(std::get<std::string>(document.find("vsource")->params.at("names")), std::string("validation"));
  }

  void a_part_alone_is_only_chosen() {
    Document document = test::trainable().document();
    const auto edit = wire_splits(document, "source", "names", {"training", ""}, fake_registry());
    QVERIFY(edit);
    must(document, *edit);
    QVERIFY(document.link_into({"trainer", "validation"}) == nullptr);
    QVERIFY(!wire_splits(document, "nowhere", "names", {"training", ""}, fake_registry()));
  }

  void several_in_a_row_heal_to_what_is_before_all() {
    Document document = test::trainable().document();
    must(document, remove_and_heal(document, {"resize", "shuffle"}, fake_registry()));
    QCOMPARE(from_of(document, {"batch", "image"}), std::string("source.image"));
    QCOMPARE(from_of(document, {"batch", "label"}), std::string("source.label"));
  }

  void what_would_not_fit_is_not_healed() {
    Document document = test::trainable().document();
    must(document, remove_and_heal(document, {"batch"}, fake_registry()));
    QCOMPARE(from_of(document, {"linear", "x"}), std::string("nothing"));
    QCOMPARE(from_of(document, {"loss", "target"}), std::string("nothing"));
  }

  void a_free_node_goes_into_a_wire() {
    Document document = test::trainable().document();
    must(document, {AddNode{.node = {.id = "second", .type = "resize", .position = {50, 0}}}});
    must(document, {SetWirePoints{{"batch", "image"}, {{10, 0}, {90, 0}}}});
    const Link wire = *document.link_into({"batch", "image"});
    const auto edit = splice(document, "second", wire, fake_registry());
    QVERIFY(edit);
    must(document, *edit);
    QCOMPARE(from_of(document, {"second", "image"}), std::string("resize.image"));
    QCOMPARE(from_of(document, {"batch", "image"}), std::string("second.image"));
    QCOMPARE(document.link_into({"second", "image"})->via.size(), std::size_t{1});  // the points stay, each on its side
    QCOMPARE(document.link_into({"batch", "image"})->via.front(), (Position{90, 0}));
  }

  void a_node_that_does_not_fit_or_has_wires_does_not() {
    Document document = test::trainable().document();
    must(document, {AddNode{.node = {.id = "other", .type = "linear"}}});
    QVERIFY(!splice(document, "other", *document.link_into({"batch", "image"}), fake_registry()));
    QVERIFY(!splice(document, "resize", *document.link_into({"batch", "label"}), fake_registry()));
    QVERIFY(!splice(document, "nobody", *document.link_into({"batch", "label"}), fake_registry()));
  }

  void adapters_are_found_from_the_specs_alone() {
    const Document document = test::Graph("f:files r:resize b:batch l:linear").document();
    const Analysis analysis = analyse(document, {}, fake_registry());
    const auto chains = find_adapters(document, analysis, {}, {"f", "file"}, {"r", "image"}, 2, fake_registry());
    QCOMPARE(chains.size(), std::size_t{1});
    QCOMPARE(chain_text(chains.front()), std::string("decode"));
    // Files to a batch of pictures of one size: two nodes.
    const auto longer = find_adapters(document, analysis, {}, {"f", "file"}, {"b", "image"}, 1, fake_registry());
    QCOMPARE(longer.size(), std::size_t{1});
    QCOMPARE(chain_text(longer.front()), std::string("decode and resize"));
    QVERIFY(find_adapters(document, analysis, {}, {"l", "x"}, {"r", "image"}, 2, fake_registry()).empty());
  }

  void inserting_wires_them_through() {
    Document document = test::Graph("f:files b:batch").document();
    const Analysis analysis = analyse(document, {}, fake_registry());
    const auto chains = find_adapters(document, analysis, {}, {"f", "file"}, {"b", "image"}, 1, fake_registry());
    const Insertion insertion = insert_adapters(document, chains.front(), {"f", "file"}, {"b", "image"}, {0, 0}, 100);
    QCOMPARE(insertion.ids, (std::vector<std::string>{"decode", "resize"}));
    const auto undo = document.apply(insertion.edit);
    QVERIFY(undo);
    QCOMPARE(from_of(document, {"b", "image"}), std::string("resize.image"));
    QCOMPARE(from_of(document, {"resize", "image"}), std::string("decode.image"));
    QCOMPARE(document.find("resize")->position, (Position{100, 0}));
    QVERIFY(document.apply(*undo));
    QCOMPARE(document.nodes().size(), std::size_t{2});
  }

  void parts_carry_frames_points_and_insides() {
    Document document = test::trainable().document();
    must(document, {AddFrame{.frame = {.id = "frame", .title = "Data", .position = {1, 1}}}});
    must(document, {SetWirePoints{{"resize", "image"}, {{5, 5}}}});
    const Document part = part_of(document, {"shuffle", "resize", "frame"});
    QCOMPARE(part.links().size(), std::size_t{1});
    const Paste paste = make_paste(document, part, {100, 10});
    must(document, paste.edit);
    QCOMPARE(paste.ids, (std::vector<std::string>{"resize2", "shuffle2", "frame2"}));
    QCOMPARE(document.link_into({"resize2", "image"})->via.front(), (Position{105, 15}));
    QCOMPARE(document.find_frame("frame2")->position, (Position{101, 11}));
  }
};

FEEDLINE_TEST(TestRewire)

}  // namespace test_rewire

#include "test_rewire.moc"
