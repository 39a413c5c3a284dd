// SPDX-License-Identifier: GPL-3.0-or-later
// Ten thousand random edits of every kind, at every depth: all undone and all redone, to the same bytes each time.
#include "graph/edit.h"
#include "graph/flatten.h"
#include "graph/grouping.h"
#include "graph/json.h"
#include "graph/part.h"
#include "graph/path.h"
#include "graph/rewire.h"
#include "graph/subgraph.h"
#include "support/fake_nodes.h"
#include "support/random_draws.h"
#include "support/test_program.h"

#include <QTest>

#include <functional>
#include <map>
#include <set>

namespace test_random_edits {

using namespace feedline;
using feedline::test::fake_registry;

namespace {

constexpr std::size_t kEdits = 10'000;
constexpr std::size_t kMostNodesDrawn = 60;  // bytes are compared after every edit

/// Draws edits as gestures make them, and raw ones, in the document's diagram or that of any sub-graph.
class Gestures : test::RandomDraws {
 public:
  using RandomDraws::below;
  using RandomDraws::RandomDraws;

  Edit next(const Document& document) {
    std::vector<std::string> scopes = {""};
    std::size_t nodes = 0;
    each_node(document, [&](const std::string& path, const Node& node) {
      ++nodes;
      if (node.inner) scopes.push_back(path);
    });
    const std::string& scope = scopes[below(scopes.size())];
    crowded_ = nodes > kMostNodesDrawn;
    return within(scope, in(*document.at(scope), scope.empty()));
  }

 private:
  Edit in(const Diagram& d, bool top) {
    switch (below(top ? 21 : 20)) {
      case 0:
      case 1:
      case 2:
        return crowded_ ? remove_and_heal(d, some(d), fake_registry())
                        : Edit{AddNode{new_node(d), at(d.nodes().size())}};
      case 3:
        return {RemoveNode{node(d)}};
      case 4:
        return below(3) == 0 ? Edit{SetInside{node(d), crowded_ ? Diagram() : part_of(d, some(d)), origin()}}
                             : remove_and_heal(d, some(d), fake_registry());
      case 5:
      case 6:
        return connect(d);
      case 7:
        return {RemoveLink{input(d)}};
      case 8:
        return {SetWirePoints{input(d), std::vector<Position>(below(4), position())}};
      case 9:
        return {SetParam{node(d), word(), below(3) == 0 ? std::nullopt : std::optional(value())}};
      case 10:
        return below(3) == 0 ? Edit{SetOrigin{node(d), origin()}} : Edit{SetMuted{node(d), below(2) == 0}};
      case 11:
        return {MoveNodes{{{node(d), position()}, {node(d), position()}}}};
      case 12:
        return {RenameNode{node(d), d.free_id(word())}};
      case 13:
        return below(2) == 0 ? Edit{SetNodeComment{node(d), word()}} : note(d);
      case 14:
        return frame(d);
      case 15:
        return regroup(d);
      case 16:
        return paste(d);
      case 17:
        return put_into_wire(d);
      case 18:
        return {Edit::List{in(d, false), {MoveNodes{{{node(d), position()}}}}}};
      case 19:
        return {SetParam{node(d), "repeat", static_cast<std::int64_t>(1 + below(3))}};
      default:
        return {SetTitle{word()}};
    }
  }

  Node new_node(const Diagram& d) {
    static const char* const types[] = {"linear", "add",     "resize", "decode", "shuffle",        "batch",
                                        "files",  "martian", "cache",  "linear", "subgraph_input", "subgraph_output"};
    if (below(8) == 0) return new_subgraph(d.free_id("block"), position(), fake_registry());
    Node made{.id = d.free_id(word()), .type = types[below(std::size(types))], .position = position()};
    if (const NodeSpec* spec = fake_registry().find(made.type)) made.version = spec->version;  // nothing to upgrade
    if (below(3) == 0) made.params["p"] = value();
    return made;
  }
  std::optional<NodeOrigin> origin() {
    if (below(4) == 0) return std::nullopt;
    return NodeOrigin{.file = word(), .version = static_cast<int>(1 + below(9)), .digest = word()};
  }
  Edit connect(const Diagram& d) {
    const Node* from = d.find(node(d));
    const Node* to = d.find(node(d));
    if (from == nullptr || to == nullptr) return {RemoveLink{}};
    const auto out = spec_of(*from, fake_registry());
    const auto in = spec_of(*to, fake_registry());
    const bool known = out && in && !out->outputs.empty() && !in->inputs.empty();
    return {AddLink{{.from = {from->id, known ? out->outputs[below(out->outputs.size())].name : word()},
                     .to = {to->id, known ? in->inputs[below(in->inputs.size())].name : word()}},
                    at(d.links().size())}};
  }
  Edit note(const Diagram& d) {
    const std::string known = d.comments().empty() ? "none" : d.comments()[below(d.comments().size())].id;
    if (below(3) == 0) return {RemoveComment{known}};
    if (below(2) == 0) return {ChangeComment{{.id = known, .text = word(), .position = position(), .width = 50}}};
    return {AddComment{{.id = d.free_id("note"), .text = word(), .position = position()}, at(d.comments().size())}};
  }
  Edit frame(const Diagram& d) {
    const std::string known = d.frames().empty() ? "none" : d.frames()[below(d.frames().size())].id;
    if (below(3) == 0) return {RemoveFrame{known}};
    if (below(2) == 0) return {ChangeFrame{{.id = known, .title = word(), .position = position(), .color = "red"}}};
    return {AddFrame{{.id = d.free_id("frame"), .title = word(), .position = position()}, at(d.frames().size())}};
  }
  Edit regroup(const Diagram& d) {
    const auto changed = below(3) == 0 ? ungroup(d, node(d)) : group(d, some(d), fake_registry());
    return changed ? changed->edit : Edit{RemoveNode{"none"}};
  }
  Edit paste(const Diagram& d) {
    return crowded_ ? Edit{RemoveNode{node(d)}} : make_paste(d, part_of(d, some(d)), position()).edit;
  }
  Edit put_into_wire(const Diagram& d) {
    if (d.links().empty() || crowded_) return {RemoveLink{}};
    Node made = new_node(d);
    const std::string id = made.id;
    Edit added{AddNode{std::move(made)}};
    Diagram trial = d;
    if (!trial.apply(added)) return added;
    auto spliced = splice(trial, id, d.links()[below(d.links().size())], fake_registry());
    return spliced ? Edit{Edit::List{std::move(added), std::move(*spliced)}} : added;
  }

  std::vector<std::string> some(const Diagram& d) {
    std::set<std::string> ids;
    for (std::size_t i = below(4); i > 0; --i) ids.insert(node(d));
    if (!d.frames().empty() && below(3) == 0) ids.insert(d.frames().front().id);
    ids.erase("none");
    return {ids.begin(), ids.end()};
  }
  PortRef input(const Diagram& d) { return d.links().empty() ? PortRef{} : d.links()[below(d.links().size())].to; }
  Value value() {
    switch (below(4)) {
      case 0:
        return below(2) == 0;
      case 1:
        return static_cast<std::int64_t>(below(1000)) - 500;
      case 2:
        return static_cast<double>(below(1000)) / 7;
      default:
        return word();
    }
  }
  bool crowded_ = false;
};

void count_kinds(const Edit& edit, std::map<std::size_t, std::size_t>& kinds) {
  ++kinds[edit.change.index()];
  if (const auto* list = std::get_if<Edit::List>(&edit.change))
    for (const Edit& each : *list) count_kinds(each, kinds);
  if (const auto* inside = std::get_if<Within>(&edit.change))
    for (const Edit& each : inside->edits) count_kinds(each, kinds);
}

}  // namespace

class TestRandomEdits : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void ten_thousand_undone_and_redone() {
    Gestures gestures(20'261'125);
    const std::hash<std::string> hash;
    Document document = test::trainable().document();
    const std::string first = to_json(document);
    std::vector<std::size_t> states = {hash(first)};
    std::vector<Edit> undo;
    std::map<std::size_t, std::size_t> kinds;
    std::size_t refused = 0;
    std::size_t deepest = 0;
    while (undo.size() < kEdits) {
      const Edit edit = gestures.next(document);
      QVERIFY(!edit.text().empty());
      const std::string before = refused % 100 == 0 ? to_json(document) : std::string();
      Result<Edit> inverse = document.apply(edit);
      if (!inverse) {
        if (!before.empty()) QCOMPARE(to_json(document), before);  // a refused edit changes nothing
        ++refused;
        continue;
      }
      count_kinds(edit, kinds);
      undo.push_back(std::move(*inverse));
      states.push_back(hash(to_json(document)));
      each_node(document, [&](const std::string& path, const Node&) { deepest = std::max(deepest, depth_of(path)); });
      if (undo.size() % 500 == 0) (void)analyse(document, {}, fake_registry());  // whatever it is, it can be looked at
    }
    QCOMPARE(kinds.size(), std::variant_size_v<EditChange::variant>);  // every kind was drawn and carried out
    QVERIFY(deepest >= 2);
    QVERIFY(refused > 0);
    const std::string last = to_json(document);

    std::vector<Edit> redo;
    for (std::size_t i = undo.size(); i > 0; --i) {
      Result<Edit> inverse = document.apply(undo[i - 1]);
      QVERIFY2(inverse, inverse ? "" : inverse.error().line().c_str());
      QVERIFY2(hash(to_json(document)) == states[i - 1], std::to_string(i).c_str());
      redo.push_back(std::move(*inverse));
    }
    QCOMPARE(to_json(document), first);
    for (std::size_t i = 0; i < redo.size(); ++i) {
      QVERIFY(document.apply(redo[redo.size() - 1 - i]));
      QVERIFY2(hash(to_json(document)) == states[i + 1], std::to_string(i).c_str());
    }
    QCOMPARE(to_json(document), last);

    const auto loaded = from_json(last, fake_registry());
    QVERIFY2(loaded, loaded ? "" : loaded.error().line().c_str());
    QVERIFY(loaded->document == document);
  }
};

FEEDLINE_TEST(TestRandomEdits)

}  // namespace test_random_edits

#include "test_random_edits.moc"
