// SPDX-License-Identifier: GPL-3.0-or-later
// Sub-graphs and muted nodes: what runs, what is said of it, and that editing them is like editing anything.
#include "graph/flatten.h"
#include "graph/grouping.h"
#include "graph/json.h"
#include "graph/key.h"
#include "graph/override.h"
#include "graph/part.h"
#include "graph/path.h"
#include "graph/rewire.h"
#include "graph/subgraph.h"
#include "graph/validate.h"
#include "support/fake_nodes.h"
#include "support/test_program.h"

#include <QTest>

#include <algorithm>
#include <map>
#include <set>

namespace test_subgraph {

using namespace feedline;
using feedline::test::fake_registry;

namespace {

void must(Document& document, const Edit& edit) {
  const auto done = document.apply(edit);
  if (!done) qFatal("%s", done.error().line().c_str());
}

/// batch -> block (x -> linear -> y) -> loss, all else as in trainable().
Document with_block(std::int64_t repeat = 1) {
  Document document = test::trainable().document();
  const auto grouped = group(document, {"linear"}, fake_registry());
  if (!grouped) qFatal("%s", grouped.error().line().c_str());
  must(document, grouped->edit);
  must(document, {SetParam{"block/linear", "units", std::int64_t{10}}});
  if (repeat != 1) must(document, {SetParam{"block", "repeat", repeat}});
  return document;
}

Analysis look(const Document& document) { return analyse(document, {}, fake_registry()); }

std::string text_of(const std::vector<Problem>& problems) {
  std::string text;
  for (const Problem& problem : problems) text += problem.error.line() + "\n";
  return text;
}

std::vector<std::string> ids(const Document& document) {
  std::vector<std::string> list;
  for (const Node& node : document.nodes()) list.push_back(node.id);
  return list;
}

/// Sound, apart from warnings.
bool sound(const Document& document) {
  const Analysis analysis = look(document);
  if (!analysis.ok()) qWarning("%s", text_of(analysis.problems).c_str());
  return analysis.ok();
}

std::map<std::string, std::string> running_keys(const Document& document) {
  std::map<std::string, std::string> keys;
  const Flat flat = flatten(document, fake_registry());
  for (const Node& node : flat.document.nodes()) keys[node.id] = node.key;
  return keys;
}

/// Applies, undoes and redoes, comparing bytes.
void check_undo(Document document, const Edit& edit) {
  const std::string before = to_json(document);
  const auto undo = document.apply(edit);
  QVERIFY2(undo, undo ? "" : undo.error().line().c_str());
  const std::string after = to_json(document);
  QVERIFY(after != before);
  const auto redo = document.apply(*undo);
  QVERIFY(redo);
  QCOMPARE(to_json(document), before);
  QVERIFY(document.apply(*redo));
  QCOMPARE(to_json(document), after);
}

}  // namespace

class TestSubgraph : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void paths() {
    QCOMPARE(std::string(scope_of("a/b/c")), std::string("a/b"));
    QCOMPARE(std::string(scope_of("c")), std::string());
    QCOMPARE(std::string(leaf_of("a/b/c")), std::string("c"));
    QCOMPARE(join_path("", "c"), std::string("c"));
    QCOMPARE(drawn_path("a/2/b/13/c"), std::string("a/b/c"));
    QCOMPARE(instance_of("a/b"), std::size_t{1});
    QCOMPARE(instance_of("a/2/b"), std::size_t{2});
    QVERIFY(is_within("a/b", "a") && is_within("a", "") && !is_within("ab/c", "a") && !is_within("a", "a"));
  }

  void grouping_keeps_the_meaning() {
    const Document document = with_block();
    QCOMPARE(document.nodes().size(), test::trainable().document().nodes().size());
    QVERIFY(document.find("block/linear") != nullptr);
    QVERIFY(document.find("linear") == nullptr);
    QVERIFY(sound(document));
    const Flat flat = flatten(document, fake_registry());
    QVERIFY(flat.problems.empty());
    QCOMPARE(flat.document.link_into({"block/linear", "x"})->from.text(), std::string("batch.image"));
    QCOMPARE(flat.document.link_into({"loss", "prediction"})->from.text(), std::string("block/linear.x"));
    QVERIFY(flat.document.find("block") == nullptr);
  }

  void group_and_ungroup_are_inverse_in_meaning() {
    Document document = with_block();
    const auto ungrouped = ungroup(document, "block");
    QVERIFY(ungrouped);
    check_undo(document, ungrouped->edit);
    must(document, ungrouped->edit);
    QVERIFY(is_flat(document));
    QCOMPARE(document.link_into({"linear", "x"})->from.text(), std::string("batch.image"));
    QCOMPARE(document.link_into({"loss", "prediction"})->from.text(), std::string("linear.x"));
    QVERIFY(sound(document));
  }

  void ungrouping_a_repeated_one_writes_the_copies_out() {
    Document document = with_block(3);
    const auto ungrouped = ungroup(document, "block");
    QVERIFY(ungrouped);
    QCOMPARE(ungrouped->ids.size(), std::size_t{3});
    must(document, ungrouped->edit);
    QCOMPARE(document.link_into({"linear2", "x"})->from.text(), std::string("linear.x"));
    QCOMPARE(document.link_into({"linear3", "x"})->from.text(), std::string("linear2.x"));
    QCOMPARE(document.link_into({"loss", "prediction"})->from.text(), std::string("linear3.x"));
    QVERIFY(sound(document));
  }

  void grouping_across_a_way_back_is_refused() {
    const Document document = test::Graph("a:linear b:linear c:add a.x>b.x b.x>c.a a.x>c.b").document();
    const auto grouped = group(document, {"a", "c"}, fake_registry());
    QVERIFY(!grouped);
    QVERIFY2(grouped.error().reason.find("comes back by way of b") != std::string::npos,
             grouped.error().reason.c_str());
  }

  void every_value_that_enters_gets_one_port() {
    const Document document =
        test::Graph("s:linear a:linear b:linear c:add s.x>a.x s.x>b.x a.x>c.a b.x>c.b").document();
    const auto grouped = group(document, {"a", "b", "c"}, fake_registry());
    QVERIFY(grouped);
    Document after = document;
    must(after, grouped->edit);
    const NodeSpec spec = subgraph_spec(*after.find("block"), fake_registry());
    QCOMPARE(spec.inputs.size(), std::size_t{1});
    QCOMPARE(spec.outputs.size(), std::size_t{1});  // the loose end of c
    QVERIFY(spec.inputs.front().kind == Kind::Tensor && spec.outputs.front().kind == Kind::Tensor);
  }

  void a_repeat_makes_copies_in_series() {
    const Document document = with_block(3);
    const Flat flat = flatten(document, fake_registry());
    const std::vector<std::string> names = ids(flat.document);
    for (const char* name : {"block/linear", "block/2/linear", "block/3/linear"})
      QVERIFY2(std::find(names.begin(), names.end(), name) != names.end(), name);
    const auto into = [&](const char* node) { return flat.document.link_into({node, "x"})->from.text(); };
    QCOMPARE(into("block/linear"), std::string("batch.image"));
    QCOMPARE(into("block/2/linear"), std::string("block/linear.x"));
    QCOMPARE(into("block/3/linear"), std::string("block/2/linear.x"));
    QCOMPARE(flat.document.link_into({"loss", "prediction"})->from.text(), std::string("block/3/linear.x"));
    QCOMPARE(flat.same.at({"block", "x2"}).text(), std::string("block/3/linear.x"));
    QVERIFY(sound(document));
  }

  void nested_repeats_multiply() {
    Document document = with_block(2);
    const auto grouped = group(document, {"block"}, fake_registry());
    QVERIFY(grouped);
    must(document, grouped->edit);
    must(document, {SetParam{"block2", "repeat", std::int64_t{3}}});
    const Flat flat = flatten(document, fake_registry());
    const std::vector<std::string> names = ids(flat.document);
    QCOMPARE(std::count_if(names.begin(), names.end(), [](const std::string& id) { return id.ends_with("/linear"); }),
             6);
    QVERIFY(std::find(names.begin(), names.end(), "block2/3/block/2/linear") != names.end());
    QVERIFY(sound(document));
  }

  void too_many_copies_are_refused_without_making_them() {
    Document document = with_block(1000);
    std::string outermost = "block";
    for (int depth = 0; depth < 3; ++depth) {
      const auto grouped = group(document, {outermost}, fake_registry());
      QVERIFY(grouped);
      must(document, grouped->edit);
      outermost = grouped->ids.front();
      must(document, {SetParam{outermost, "repeat", std::int64_t{1000}}});
    }
    const Analysis analysis = look(document);
    QVERIFY(!analysis.ok());
    QVERIFY2(text_of(analysis.problems).find("more than 100000 nodes") != std::string::npos,
             text_of(analysis.problems).c_str());
    QVERIFY(flatten(document, fake_registry()).document.nodes().size() < 20);
  }

  void problems_inside_name_the_node_inside_once() {
    Document document = with_block(4);
    must(document, {SetParam{"block/linear", "units", std::int64_t{-3}}});
    const Analysis analysis = look(document);
    const auto at_linear = std::count_if(analysis.problems.begin(), analysis.problems.end(), [](const Problem& p) {
      return p.error.node == "block/linear" && p.error.parameter == "units";
    });
    QCOMPARE(at_linear, 1);
    for (const Problem& problem : analysis.problems)
      QVERIFY2(problem.error.node.find_first_of("0123456789") == std::string::npos, problem.error.line().c_str());
  }

  void an_open_port_is_reported_at_the_subgraph() {
    Document document = with_block();
    must(document, {RemoveLink{{"block", "x"}}});
    const Analysis analysis = look(document);
    const bool named = std::any_of(analysis.problems.begin(), analysis.problems.end(), [](const Problem& p) {
      return p.error.node == "block" && p.error.port == "x" && p.severity == Problem::Severity::Error;
    });
    QVERIFY2(named, text_of(analysis.problems).c_str());
  }

  void a_bad_repeat_is_named() {
    const Analysis analysis = look(with_block(100'000));
    const bool named = std::any_of(analysis.problems.begin(), analysis.problems.end(), [](const Problem& p) {
      return p.error.node == "block" && p.error.parameter == "repeat";
    });
    QVERIFY2(named, text_of(analysis.problems).c_str());
  }

  void shapes_stand_at_the_ports() {
    const Document document = with_block(2);
    const Analysis analysis = look(document);
    for (const PortRef& port : {PortRef{"block", "x2"}, PortRef{"block/linear", "x"}, PortRef{"block/x", "value"}}) {
      QVERIFY2(analysis.at(port) != nullptr, port.text().c_str());
      QVERIFY(analysis.at(port)->kind == Kind::Tensor);
    }
    QCOMPARE(analysis.at({"block", "x2"})->shape.back().size(), std::int64_t{10});
  }

  void ports_outside_a_subgraph_are_an_error() {
    const Analysis analysis = look(test::Graph("p:subgraph_input").document());
    QVERIFY2(text_of(analysis.problems).find("stands in no sub-graph") != std::string::npos,
             text_of(analysis.problems).c_str());
  }

  void wires_that_go_round_through_a_subgraph_are_a_problem() {
    Document document = with_block();
    must(document, {RemoveLink{{"block", "x"}}});
    must(document, {AddLink{.link = {.from = {"block", "x2"}, .to = {"block", "x"}}}});
    QVERIFY(!look(document).ok());
    Document hollow;  // nothing but ports
    must(hollow, {AddNode{.node = new_subgraph("hollow", {}, fake_registry())}});
    must(hollow, within("hollow", {AddLink{.link = {.from = {"x", "value"}, .to = {"y", "value"}}}}));
    must(hollow, {AddLink{.link = {.from = {"hollow", "y"}, .to = {"hollow", "x"}}}});
    must(hollow, {AddNode{.node = {.id = "l", .type = "linear"}}});
    must(hollow, {AddLink{.link = {.from = {"hollow", "y"}, .to = {"l", "x"}}}});
    QVERIFY(text_of(look(hollow).problems).find("circle") != std::string::npos);
  }

  // --- editing ---------------------------------------------------------------------------------------------------

  void edits_inside_undo_and_redo() {
    const Document document = with_block();
    check_undo(document, within("block", {AddNode{.node = {.id = "more", .type = "linear"}}}));
    check_undo(document, {SetParam{"block/linear", "units", std::int64_t{7}}});
    check_undo(document, {SetMuted{"block/linear", true}});
    check_undo(document, within("block", {MoveNodes{{{"linear", {5, 6}}, {"x", {1, 2}}}}}));
    check_undo(document, within("block", {AddFrame{.frame = {.id = "f", .title = "Hello"}}}));
    check_undo(document, within("block", {AddComment{.comment = {.id = "c", .text = "t"}}}));
    check_undo(document, {RemoveNode{"block"}});
    check_undo(document, {RemoveNode{"block/linear"}});
  }

  void a_removed_port_takes_the_wire_outside_and_undo_brings_it_back() {
    Document document = with_block();
    check_undo(document, {RemoveNode{"block/x"}});
    must(document, {RemoveNode{"block/x"}});
    QVERIFY(document.link_into({"block", "x"}) == nullptr);
  }

  void a_renamed_port_keeps_its_wires_outside() {
    Document document = with_block();
    check_undo(document, {RenameNode{"block/x", "picture"}});
    check_undo(document, {RenameNode{"block/x2", "classes"}});
    must(document, {RenameNode{"block/x", "picture"}});
    must(document, within("block", {RenameNode{"x2", "classes"}}));
    QCOMPARE(document.link_into({"block", "picture"})->from.text(), std::string("batch.image"));
    QCOMPARE(document.link_into({"loss", "prediction"})->from.text(), std::string("block.classes"));
    QVERIFY(sound(document));
  }

  void nesting_has_an_end() {
    Document document;
    std::string scope;
    for (std::size_t depth = 0; depth < kMaxNesting; ++depth) {
      must(document, within(scope, {AddNode{.node = new_subgraph("s", {}, fake_registry())}}));
      scope = join_path(scope, "s");
    }
    const auto refused = document.apply(within(scope, {AddNode{.node = new_subgraph("s", {}, fake_registry())}}));
    QVERIFY(!refused);
    QVERIFY(refused.error().reason.find("nested deeper") != std::string::npos);
    const auto loaded = from_json(to_json(document), fake_registry());  // what can be drawn can be read
    QVERIFY2(loaded, loaded ? "" : loaded.error().line().c_str());
    QVERIFY(loaded->document == document);
  }

  void set_reaches_inside() {
    Document document = with_block();
    const auto edit = parse_override(document, "block/linear.units=12", fake_registry());
    QVERIFY2(edit, edit ? "" : edit.error().line().c_str());
    must(document, *edit);
    QVERIFY(document.find("block/linear")->params.at("units") == Value(std::int64_t{12}));
    const auto wrong = parse_override(document, "block/linaer.units=12", fake_registry());
    QVERIFY(!wrong);
    QVERIFY2(wrong.error().remedy.find("block/linear") != std::string::npos, wrong.error().remedy.c_str());
  }

  // --- muting ----------------------------------------------------------------------------------------------------

  void a_muted_node_is_left_out() {
    Document document = test::trainable().document();
    must(document, {SetMuted{"shuffle", true}});
    const Flat flat = flatten(document, fake_registry());
    QVERIFY(flat.problems.empty());
    QVERIFY(flat.document.find("shuffle") == nullptr);
    QCOMPARE(flat.document.link_into({"resize", "image"})->from.text(), std::string("source.image"));
    QCOMPARE(flat.document.link_into({"batch", "label"})->from.text(), std::string("source.label"));
    QVERIFY(sound(document));
    QVERIFY(look(document).at({"shuffle", "sample"}) != nullptr);  // the wire behind it still has a shape
  }

  void what_cannot_pass_on_cannot_be_muted() {
    Document document = test::trainable().document();
    QVERIFY(!toggle_muted(document, {"batch"}, fake_registry()));
    QVERIFY(!toggle_muted(document, {"source"}, fake_registry()));
    QVERIFY(!toggle_muted(document, {"trainer"}, fake_registry()));
    must(document, {SetMuted{"batch", true}});  // but a file may say so
    const Analysis analysis = look(document);
    QVERIFY(!analysis.ok());
    QVERIFY2(text_of(analysis.problems).find("batch: it cannot be muted") != std::string::npos ||
                 text_of(analysis.problems).find("it cannot be muted") != std::string::npos,
             text_of(analysis.problems).c_str());
  }

  void a_muted_subgraph_passes_on() {
    Document document = with_block(3);
    must(document, {SetMuted{"block", true}});
    const Flat flat = flatten(document, fake_registry());
    QCOMPARE(flat.document.link_into({"loss", "prediction"})->from.text(), std::string("batch.image"));
  }

  void toggling_mutes_all_and_then_none() {
    Document document = test::trainable().document();
    auto edit = toggle_muted(document, {"shuffle", "resize"}, fake_registry());
    QVERIFY(edit);
    check_undo(document, *edit);
    must(document, *edit);
    QVERIFY(document.find("shuffle")->muted && document.find("resize")->muted);
    edit = toggle_muted(document, {"shuffle", "resize"}, fake_registry());
    QVERIFY(edit);
    must(document, *edit);
    QVERIFY(!document.find("shuffle")->muted && !document.find("resize")->muted);
  }

  // --- the file ----------------------------------------------------------------------------------------------------

  void survives_json() {
    Document document = with_block(2);
    must(document, {SetMuted{"resize", true}});
    must(document, {SetWirePoints{{"batch", "image"}, {{1, 2}, {3.5, -4}}}});
    must(document, {AddFrame{.frame = {.id = "f", .title = "Data", .position = {-5, 6}, .color = "teal"}}});
    must(document, within("block", {AddFrame{.frame = {.id = "f", .title = "Inside"}}}));
    const std::string text = to_json(document);
    QVERIFY(text.find("\"feedline\": 3") != std::string::npos);
    const auto loaded = from_json(text, fake_registry());
    QVERIFY2(loaded, loaded ? "" : loaded.error().line().c_str());
    QVERIFY2(loaded->notes.empty(), text_of(loaded->notes).c_str());
    QVERIFY(loaded->document == document);
    QCOMPARE(to_json(loaded->document), text);
  }

  void unknown_keys_inside_are_kept() {
    const char* text = R"({"feedline": 2, "nodes": [{"id": "b", "type": "subgraph", "odd": 1, "graph": {
      "nodes": [{"id": "r", "type": "martian", "mine": [1]}], "links": [], "later": {"a": null}}}]})";
    const auto loaded = from_json(text, fake_registry());
    QVERIFY(loaded);
    QCOMPARE(loaded->notes.size(), std::size_t{3});
    const std::string saved = to_json(loaded->document);
    for (const char* part : {"\"odd\": 1", "\"mine\": [1]", "\"later\": {\"a\": null}"})
      QVERIFY2(saved.find(part) != std::string::npos, saved.c_str());
    QVERIFY(from_json(saved, fake_registry())->document == loaded->document);
  }

  void what_version_1_did_not_know_stays_without_meaning() {
    const auto loaded =
        from_json(R"({"feedline": 1, "frames": 3, "nodes": [{"id": "a", "type": "linear", "muted": true}],
                      "links": [{"from": "a.x", "to": "a.x", "via": "somewhere"}]})",
                  fake_registry());
    QVERIFY2(loaded, loaded ? "" : loaded.error().line().c_str());
    QVERIFY(!loaded->document.find("a")->muted);
    QVERIFY(loaded->document.frames().empty() && loaded->document.links().front().via.empty());
    const std::string saved = to_json(loaded->document);
    QVERIFY(saved.find("\"version-1-muted\": true") != std::string::npos);
    QVERIFY(saved.find("\"version-1-frames\": 3") != std::string::npos);
    QVERIFY(saved.find("\"version-1-via\": \"somewhere\"") != std::string::npos);
  }

  void an_older_program_can_read_what_has_nothing_new() {
    QVERIFY(to_json(test::trainable().document()).find("\"feedline\": 1") != std::string::npos);
  }

  void faults_inside_say_where() {
    const auto loaded = from_json(
        R"({"feedline": 2, "nodes": [{"id": "b", "type": "subgraph", "graph": {"links": [{"from": "x.y", "to": "z.y"}]}}]})",
        fake_registry());
    QVERIFY(!loaded);
    QVERIFY2(loaded.error().reason.find("b: links[0]") != std::string::npos, loaded.error().reason.c_str());
  }

  // --- keys --------------------------------------------------------------------------------------------------------

  void a_renamed_node_keeps_its_key() {
    Document document = test::trainable().document();
    check_undo(document, {RenameNode{"linear", "head"}});
    must(document, {RenameNode{"linear", "head"}});
    QCOMPARE(running_keys(document).at("head"), std::string("linear"));
    QCOMPARE(document.free_id("linear"), std::string("linear2"));  // a new node of that name would have the same key
    must(document, {RenameNode{"head", "last"}});
    QCOMPARE(running_keys(document).at("last"), std::string("linear"));
    must(document, {RenameNode{"last", "linear"}});
    QVERIFY(document == test::trainable().document());
  }

  void what_is_in_a_renamed_sub_graph_keeps_its_key() {
    Document document = with_block(2);
    const auto before = running_keys(document);
    must(document, {RenameNode{"block", "stage"}});
    must(document, {RenameNode{"stage/linear", "dense"}});
    const auto after = running_keys(document);
    QCOMPARE(after.at("stage/dense"), before.at("block/linear"));
    QCOMPARE(after.at("stage/2/dense"), before.at("block/2/linear"));
    QVERIFY(after.at("stage/dense") != after.at("stage/2/dense"));
  }

  void grouping_and_ungrouping_keep_keys() {
    Document document = with_block();
    QCOMPARE(running_keys(document).at("block/linear"), std::string("linear"));
    const auto outer = group(document, {"block"}, fake_registry());
    QVERIFY(outer);
    must(document, outer->edit);
    const std::string path = outer->ids.front() + "/block";
    QCOMPARE(running_keys(document).at(path + "/linear"), std::string("linear"));
    const auto deeper = group(*document.at(path), {"linear"}, fake_registry(), key_scope(document, path));
    QVERIFY(deeper);
    must(document, within(path, deeper->edit));
    QCOMPARE(running_keys(document).at(path + "/" + deeper->ids.front() + "/linear"), std::string("linear"));
    for (const std::string& id : {path + "/" + deeper->ids.front(), path, outer->ids.front()}) {
      const std::string scope(scope_of(id));
      const auto open = ungroup(*document.at(scope), std::string(leaf_of(id)), key_scope(document, scope));
      QVERIFY(open);
      must(document, within(scope, open->edit));
    }
    QVERIFY(document.find("linear") != nullptr && document.find("linear")->key.empty());
    QCOMPARE(running_keys(document), running_keys([] {
               Document plain = test::trainable().document();
               must(plain, {SetParam{"linear", "units", std::int64_t{10}}});
               return plain;
             }()));
  }

  void copies_that_are_written_out_keep_their_keys() {
    Document document = with_block(3);  // in it, `linear` carries a key
    const auto nested = group(document, {"block"}, fake_registry());
    QVERIFY(nested);
    must(document, nested->edit);
    const std::string outer = nested->ids.front();
    must(document, {SetParam{outer, "repeat", std::int64_t{2}}});
    const auto keys_of = [](const Document& d) {
      std::vector<std::string> keys;
      for (const auto& [id, key] : running_keys(d)) keys.push_back(key);
      std::sort(keys.begin(), keys.end());
      return keys;
    };
    const std::vector<std::string> before = keys_of(document);
    QCOMPARE(std::set<std::string>(before.begin(), before.end()).size(), before.size());  // each its own
    const auto outside = ungroup(document, outer);
    QVERIFY(outside);
    must(document, outside->edit);
    QCOMPARE(keys_of(document), before);
    for (const std::string& id : outside->ids) {
      const auto copies = ungroup(document, id);
      QVERIFY(copies);
      must(document, copies->edit);
    }
    QVERIFY(is_flat(document));
    QCOMPARE(keys_of(document), before);
  }

  void a_copy_gets_a_key_of_its_own() {
    Document document = with_block();
    must(document, {RenameNode{"block", "stage"}});
    const Paste paste = make_paste(document, part_of(document, {"stage"}), {100, 100});
    must(document, paste.edit);
    const auto keys = running_keys(document);
    QVERIFY(keys.at(paste.ids.front() + "/linear") != keys.at("stage/linear"));
    QVERIFY(document.find(paste.ids.front() + "/linear")->key.empty());
  }

  void keys_survive_saving() {
    Document document = with_block(2);
    must(document, {RenameNode{"batch", "collate"}});
    const std::string text = to_json(document);
    QVERIFY(text.find("\"feedline\": 3") != std::string::npos && text.find("\"key\": \"batch\"") != std::string::npos);
    const auto loaded = from_json(text, fake_registry());
    QVERIFY2(loaded && loaded->notes.empty(), loaded ? "" : loaded.error().line().c_str());
    QVERIFY(loaded->document == document);
  }

  void a_key_that_stands_twice_is_kept_apart() {
    const auto loaded = from_json(R"({"feedline": 3, "nodes": [{"id": "a", "type": "linear"},
        {"id": "b", "type": "linear", "key": "a"}, {"id": "c", "type": "linear", "key": "a"}]})",
                                  fake_registry());
    QVERIFY(loaded);
    const auto keys = running_keys(loaded->document);
    QCOMPARE(keys.at("b"), std::string("a"));  // it carries the key; that of `a` only follows from its place
    QVERIFY(keys.at("a") != "a" && keys.at("c") != "a" && keys.at("a") != keys.at("c"));
  }

  void what_version_2_did_not_know_stays_without_meaning() {
    const auto loaded = from_json(R"({"feedline": 2, "nodes": [{"id": "a", "type": "linear", "key": 7},
        {"id": "b", "type": "subgraph", "graph": {"nodes": [{"id": "c", "type": "linear", "key": "a"}]}}]})",
                                  fake_registry());
    QVERIFY2(loaded, loaded ? "" : loaded.error().line().c_str());
    QVERIFY(loaded->document.find("b/c")->key.empty());
    const std::string saved = to_json(loaded->document);
    QVERIFY(saved.find("\"version-2-key\": 7") != std::string::npos);
    QVERIFY(saved.find("\"version-2-key\": \"a\"") != std::string::npos);
  }

  // --- costs -------------------------------------------------------------------------------------------------------

  void costs_are_summed_over_copies() {
    const Analysis analysis = look(with_block(5));
    QVERIFY(analysis.costs.contains("block/linear"));
    QVERIFY(analysis.costs.contains("block"));
    QCOMPARE(analysis.costs.at("block").layers, std::size_t{5});
    QCOMPARE(analysis.costs.at("block/linear").layers, std::size_t{1});
    QCOMPARE(analysis.total.layers, std::size_t{5});
    QCOMPARE(analysis.costs.at("block").activations, std::int64_t{50});
    QCOMPARE(analysis.batch, std::int64_t{64});
  }
};

FEEDLINE_TEST(TestSubgraph)

}  // namespace test_subgraph

#include "test_subgraph.moc"
