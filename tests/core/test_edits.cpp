// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/edit.h"
#include "graph/json.h"
#include "support/fake_nodes.h"
#include "support/random_draws.h"
#include "support/test_program.h"

#include <QTest>

namespace test_edits {

using namespace feedline;

namespace {

/// Draws edits that are mostly possible, and some that are not.
class RandomEdits : test::RandomDraws {
 public:
  using RandomDraws::below;
  using RandomDraws::RandomDraws;

  Edit next(const Document& d) {
    switch (below(14)) {
      case 0:
      case 1:
      case 2:
        return {
            AddNode{Node{.id = d.free_id(word()), .type = word(), .params = {{"p", value()}}, .position = position()},
                    at(d.nodes().size())}};
      case 3:
        return {RemoveNode{node(d)}};
      case 4:
      case 5:
      case 6:
        return {AddLink{Link{.from = {node(d), word()}, .to = {node(d), word()}}, at(d.links().size())}};
      case 7:
        return {RemoveLink{d.links().empty() ? PortRef{} : d.links()[below(d.links().size())].to}};
      case 8:
        return {SetParam{node(d), word(), below(3) == 0 ? std::nullopt : std::optional(value())}};
      case 9:
        return {MoveNodes{{{node(d), position()}, {node(d), position()}, {node(d), position()}}}};
      case 10:
        return {RenameNode{node(d), below(8) == 0 ? node(d) : d.free_id(word())}};
      case 11:
        return comment(d);
      case 12:
        return {SetNodeComment{node(d), word()}};
      default:
        return list(d);
    }
  }

 private:
  Edit list(const Document& d) {
    Edit::List edits;
    Document copy = d;
    for (std::size_t i = below(5); i > 0; --i) {
      Edit edit = next(copy);
      (void)copy.apply(edit);
      edits.push_back(std::move(edit));
    }
    return {std::move(edits)};
  }
  Edit comment(const Document& d) {
    const std::string known = d.comments().empty() ? "none" : d.comments()[below(d.comments().size())].id;
    switch (below(4)) {
      case 0:
        return {RemoveComment{known}};
      case 1:
        return {ChangeComment{Comment{.id = known, .text = word(), .position = position(), .width = 50}}};
      case 2:
        return {SetTitle{word()}};
      default:
        return {AddComment{Comment{.id = d.free_id("note"), .text = word(), .position = position()},
                           at(d.comments().size())}};
    }
  }
  Value value() {
    switch (below(5)) {
      case 0:
        return below(2) == 0;
      case 1:
        return static_cast<std::int64_t>(below(1000)) - 500;
      case 2:
        return static_cast<double>(below(1000)) / 7;
      case 3:
        return word();
      default:
        return RawJson{"[1, null]"};
    }
  }
};

}  // namespace

class TestEdits : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void random_edits_undo_and_redo_data() {
    QTest::addColumn<unsigned>("seed");
    for (unsigned seed = 1; seed <= 8; ++seed) QTest::addRow("seed %u", seed) << seed;
  }
  void random_edits_undo_and_redo() {
    QFETCH(unsigned, seed);
    RandomEdits edits(seed);
    Document document = test::trainable().document();
    std::vector<Document> states = {document};
    std::vector<Edit> undo;
    std::size_t refused = 0;
    while (undo.size() < 1000) {
      const Edit edit = edits.next(document);
      QVERIFY(!edit.text().empty());
      const Document before = document;
      Result<Edit> inverse = document.apply(edit);
      if (!inverse) {
        QVERIFY2(document == before, inverse.error().line().c_str());
        ++refused;
        continue;
      }
      undo.push_back(std::move(*inverse));
      states.push_back(document);
    }
    QVERIFY(refused > 0);
    QVERIFY(document.nodes().size() > 5);

    std::vector<Edit> redo;
    for (std::size_t i = undo.size(); i > 0; --i) {
      Result<Edit> inverse = document.apply(undo[i - 1]);
      QVERIFY2(inverse, inverse ? "" : inverse.error().line().c_str());
      QVERIFY(document == states[i - 1]);
      if (i % 50 == 1) QCOMPARE(to_json(document), to_json(states[i - 1]));
      redo.push_back(std::move(*inverse));
    }
    for (std::size_t i = 0; i < redo.size(); ++i) {
      QVERIFY(document.apply(redo[redo.size() - 1 - i]));
      QVERIFY(document == states[i + 1]);
    }
    QCOMPARE(to_json(document), to_json(states.back()));

    // What was drawn by edits can be saved and read back.
    const auto loaded = from_json(to_json(document), test::fake_registry());
    QVERIFY2(loaded, loaded ? "" : loaded.error().line().c_str());
    QVERIFY(loaded->document == document);
  }

  void removing_a_node_takes_its_wires_and_undo_brings_them_back_in_place() {
    Document document = test::trainable().document();
    const std::string before = to_json(document);
    const Result<Edit> inverse = document.apply({RemoveNode{"batch"}});
    QVERIFY(inverse);
    for (const Link& link : document.links()) QVERIFY(link.from.node != "batch" && link.to.node != "batch");
    QCOMPARE(document.links().size(), std::size_t{6});
    QVERIFY(document.apply(*inverse));
    QCOMPARE(to_json(document), before);
  }

  void renaming_follows_in_wires() {
    Document document = test::trainable().document();
    const std::string before = to_json(document);
    const Result<Edit> inverse = document.apply({RenameNode{"batch", "stack"}});
    QVERIFY(inverse);
    QVERIFY(document.find("batch") == nullptr);
    QCOMPARE(document.link_into({"linear", "x"})->from.text(), std::string("stack.image"));
    QVERIFY(document.link_into({"stack", "label"}) != nullptr);
    QVERIFY(document.apply(*inverse));
    QCOMPARE(to_json(document), before);
  }

  void a_selection_of_nodes_and_comments_is_removed_as_one() {
    Document document = test::trainable().document();
    QVERIFY(document.apply({AddComment{Comment{.id = "note", .text = "t"}}}));
    const Document before = document;
    const Result<Edit> inverse = document.apply(remove_nodes({"linear", "note", "batch"}));
    QVERIFY(inverse);
    QVERIFY(document.comments().empty());
    QVERIFY(document.find("linear") == nullptr);
    QVERIFY(document.apply(*inverse));
    QVERIFY(document == before);
  }

  void moving_one_node_twice_in_one_edit_undoes_to_the_start() {
    Document document = test::trainable().document();
    const Document before = document;
    const Result<Edit> inverse = document.apply({MoveNodes{{{"batch", {5, 5}}, {"batch", {9, 9}}}}});
    QVERIFY(inverse);
    QCOMPARE(document.find("batch")->position, (Position{9, 9}));
    QVERIFY(document.apply(*inverse));
    QVERIFY(document == before);
  }
};

FEEDLINE_TEST(TestEdits)

}  // namespace test_edits

#include "test_edits.moc"
