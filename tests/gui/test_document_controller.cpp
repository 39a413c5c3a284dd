// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/grouping.h"
#include "graph/json.h"
#include "graph/node_file.h"
#include "graph/subgraph.h"
#include "gui/commands/document_controller.h"
#include "support/test_program.h"

#include <QSignalSpy>
#include <QTest>

#include <algorithm>
#include <random>

namespace test_document_controller {

using namespace feedline;
using feedline::gui::DocumentController;

namespace {

Edit add(const std::string& id, const std::string& type, double x = 0) {
  return {AddNode{.node = {.id = id, .type = type, .position = {x, 0}}}};
}
Edit move(const std::string& id, double x) { return {MoveNodes{{{id, Position{x, 0}}}}}; }
Edit set(const std::string& id, const std::string& param, Value value) {
  SetParam change{.node = id, .param = param};
  change.value = std::move(value);
  return {std::move(change)};
}

/// Random edits, most of them sensible, some refused.
class RandomEdits {
 public:
  explicit RandomEdits(unsigned seed) : random_(seed) {}
  Edit next(const Document& document) {
    const auto& nodes = document.nodes();
    const int choice = nodes.size() < 3 ? 0 : pick(10);
    const auto node = [&]() -> const Node& {
      return nodes[static_cast<std::size_t>(pick(static_cast<int>(nodes.size())))];
    };
    const std::vector<const NodeSpec*> types = Registry::instance().all();
    switch (choice) {
      case 0:
      case 1: {
        const std::string& type = types[static_cast<std::size_t>(pick(static_cast<int>(types.size())))]->type;
        return add(document.free_id(type), type, pick(900));
      }
      case 2:
        return {RemoveNode{node().id}};
      case 3:
      case 4: {
        const Node& from = node();
        const Node& to = node();
        const NodeSpec& a = *Registry::instance().find(from.type);
        const NodeSpec& b = *Registry::instance().find(to.type);
        if (a.outputs.empty() || b.inputs.empty()) return move(from.id, pick(900));
        const PortRef end{to.id, b.inputs[static_cast<std::size_t>(pick(static_cast<int>(b.inputs.size())))].name};
        Edit::List steps;
        if (document.link_into(end) != nullptr && pick(2) == 0) steps.push_back({RemoveLink{end}});
        steps.push_back({AddLink{.link = {.from = {from.id, a.outputs.front().name}, .to = end}}});
        return {std::move(steps)};
      }
      case 5:
        return move(node().id, pick(900));
      case 6:
        return set(node().id, "size", Value(std::int64_t{pick(500)}));
      case 7:
        return {RenameNode{.from = node().id, .to = document.free_id("renamed")}};
      case 8:
        return {AddComment{.comment = {.id = document.free_id("note"), .text = "note"}}};
      default:
        return {SetNodeComment{.node = node().id, .text = "why " + std::to_string(pick(9))}};
    }
  }
  int pick(int below) { return std::uniform_int_distribution(0, below - 1)(random_); }

 private:
  std::mt19937 random_;
};

}  // namespace

class TestDocumentController : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void one_edit_is_one_step() {
    DocumentController c;
    const std::string empty = to_json(c.document());
    QVERIFY(c.apply(add("flip", "horizontal_flip")));
    const std::string with_node = to_json(c.document());
    QCOMPARE(c.undo_stack().count(), 1);
    QVERIFY(!c.undo_stack().undoText().isEmpty());
    c.undo_stack().undo();
    QCOMPARE(to_json(c.document()), empty);
    c.undo_stack().redo();
    QCOMPARE(to_json(c.document()), with_node);
  }

  void a_refused_edit_changes_nothing() {
    DocumentController c;
    QVERIFY(c.apply(add("flip", "horizontal_flip")));
    const std::string before = to_json(c.document());
    const QSignalSpy changed(&c, &DocumentController::changed);
    QVERIFY(!c.apply(add("flip", "relu")));
    QVERIFY(!c.apply({Edit::List{move("flip", 50), add("flip", "relu")}}));
    QCOMPARE(to_json(c.document()), before);
    QCOMPARE(c.undo_stack().count(), 1);
    QCOMPARE(changed.count(), 0);
  }

  void edits_of_a_gesture_merge() {
    DocumentController c;
    QVERIFY(c.apply(add("flip", "horizontal_flip")));
    const std::string before = to_json(c.document());
    for (int x = 1; x <= 20; ++x) QVERIFY(c.apply(move("flip", x * 16), "drag.1"));
    QCOMPARE(c.undo_stack().count(), 2);
    QCOMPARE(c.document().find("flip")->position.x, 320.0);
    c.undo_stack().undo();
    QCOMPARE(to_json(c.document()), before);
    c.undo_stack().redo();
    QCOMPARE(c.document().find("flip")->position.x, 320.0);
  }

  void unlike_edits_of_a_gesture_merge_in_order() {
    DocumentController c;
    const std::string before = to_json(c.document());
    QVERIFY(c.apply(add("flip", "horizontal_flip"), "g"));
    QVERIFY(c.apply(move("flip", 64), "g"));
    QVERIFY(c.apply(set("flip", "probability", Value(0.25)), "g"));
    QCOMPARE(c.undo_stack().count(), 1);
    const std::string after = to_json(c.document());
    c.undo_stack().undo();
    QCOMPARE(to_json(c.document()), before);
    c.undo_stack().redo();
    QCOMPARE(to_json(c.document()), after);
  }

  void gestures_stay_apart() {
    DocumentController c;
    QVERIFY(c.apply(add("flip", "horizontal_flip")));
    QVERIFY(c.apply(move("flip", 16), "drag.1"));
    QVERIFY(c.apply(move("flip", 32), "drag.2"));
    QVERIFY(c.apply(move("flip", 48)));
    QVERIFY(c.apply(move("flip", 64)));
    QCOMPARE(c.undo_stack().count(), 5);
  }

  void the_dirty_flag_follows_undo() {
    DocumentController c;
    QVERIFY(c.undo_stack().isClean());
    QVERIFY(c.apply(add("flip", "horizontal_flip")));
    QVERIFY(!c.undo_stack().isClean());
    c.mark_saved("/tmp/a.feedline");
    QVERIFY(c.undo_stack().isClean());
    QCOMPARE(c.file(), QString("/tmp/a.feedline"));
    QVERIFY(c.apply(move("flip", 16), "drag"));
    QVERIFY(!c.undo_stack().isClean());
    c.undo_stack().undo();
    QVERIFY(c.undo_stack().isClean());
    c.undo_stack().undo();
    QVERIFY(!c.undo_stack().isClean());
    c.undo_stack().redo();
    QVERIFY(c.undo_stack().isClean());
  }

  void saving_in_mid_gesture_keeps_the_saved_state() {
    DocumentController c;
    QVERIFY(c.apply(add("flip", "horizontal_flip")));
    QVERIFY(c.apply(move("flip", 16), "drag"));
    c.mark_saved("/tmp/a.feedline");
    const std::string saved = to_json(c.document());
    QVERIFY(c.apply(move("flip", 32), "drag"));
    QVERIFY(!c.undo_stack().isClean());
    c.undo_stack().undo();
    QVERIFY(c.undo_stack().isClean());
    QCOMPARE(to_json(c.document()), saved);
  }

  /// What undo and redo bring back was made while the graph lay in another folder.
  void node_files_are_found_wherever_the_graph_is_saved() {
    const NodeOrigin first{.file = "../nodes/x.feedline-node", .version = 1};
    Node block = new_subgraph("block", {});
    block.origin = first;
    DocumentController c;
    c.reset({}, "/a/graphs/one.feedline");
    const auto copy = [&] { return *c.document().find("block")->origin; };
    const auto found = [&] { return origin_path(copy(), c.folder()).lexically_normal(); };
    const std::filesystem::path file = "/a/nodes/x.feedline-node";
    QVERIFY(c.apply({AddNode{block}}));
    QVERIFY(c.apply({SetOrigin{"block", NodeOrigin{.file = first.file, .version = 2}}}));
    QCOMPARE(found(), file);
    c.mark_saved("/a/graphs/deeper/two.feedline");
    QVERIFY(c.undo_stack().isClean());
    QCOMPARE(c.undo_stack().count(), 2);  // following is no step of its own
    QCOMPARE(copy().file, std::string("../../nodes/x.feedline-node"));
    c.undo_stack().undo();
    QCOMPARE(copy().version, 1);
    QCOMPARE(found(), file);
    c.undo_stack().undo();
    c.undo_stack().redo();
    QCOMPARE(found(), file);
    QVERIFY(c.apply({RenameNode{"block", "other"}}));
    c.undo_stack().undo();
    QCOMPARE(found(), file);
    QCOMPARE(c.as_saved_to("/a/nodes/three.feedline").find("block")->origin->file, std::string("x.feedline-node"));
    QCOMPARE(found(), file);

    Document reloaded = c.document();
    QVERIFY(reloaded.apply({AddNode{{.id = "flip", .type = "horizontal_flip"}}}));
    c.reload(reloaded, "Reload");
    c.mark_saved("/a/four.feedline");
    for (int i = 0; i < 2; ++i) {
      c.undo_stack().undo();
      QVERIFY(c.document().find("flip") == nullptr);
      QCOMPARE(found(), file);
      c.undo_stack().redo();
      QCOMPARE(found(), file);
    }
  }

  void analysis_is_of_the_document_as_it_is() {
    DocumentController c;
    QVERIFY(c.apply(add("flip", "horizontal_flip")));
    const auto about_flip = [&] {
      return std::count_if(c.analysis().problems.begin(), c.analysis().problems.end(),
                           [](const Problem& p) { return p.error.node == "flip"; });
    };
    QVERIFY(about_flip() > 0);  // its input has no wire
    c.undo_stack().undo();
    QCOMPARE(about_flip(), 0);
    c.undo_stack().redo();
    QVERIFY(about_flip() > 0);
  }

  void reset_forgets_history() {
    DocumentController c;
    QVERIFY(c.apply(add("flip", "horizontal_flip")));
    QSignalSpy replaced(&c, &DocumentController::replaced);
    QSignalSpy file(&c, &DocumentController::file_changed);
    c.reset({}, "/tmp/b.feedline");
    QCOMPARE(replaced.count(), 1);
    QCOMPARE(file.count(), 1);
    QVERIFY(!c.undo_stack().canUndo());
    QVERIFY(c.undo_stack().isClean());
    QVERIFY(c.document().nodes().empty());
  }

  void probed_sources_sharpen_shapes() {
    DocumentController c;
    QVERIFY(c.apply(add("source", "image_folder")));
    const NodeSpec& spec = *Registry::instance().find("image_folder");
    std::vector<TensorDesc> exact;
    for (const PortSpec& port : spec.outputs)
      exact.push_back({.kind = port.kind, .dtype = port.kind == Kind::Label ? DType::I64 : DType::U8, .classes = 5});
    c.set_probed({{"source", exact}});
    const TensorDesc* label = c.analysis().at({"source", "label"});
    QVERIFY(label != nullptr);
    QCOMPARE(label->classes.size(), std::int64_t{5});
  }

  void random_edits_undo_and_redo_to_the_same_bytes_data() {
    QTest::addColumn<unsigned>("seed");
    for (unsigned seed = 1; seed <= 4; ++seed) QTest::addRow("seed %u", seed) << seed;
  }
  void random_edits_undo_and_redo_to_the_same_bytes() {
    QFETCH(unsigned, seed);
    DocumentController c;
    RandomEdits edits(seed);
    std::vector<std::string> states{to_json(c.document())};
    for (int i = 0; i < 400; ++i) {
      const QString gesture = edits.pick(3) == 0 ? QStringLiteral("g%1").arg(edits.pick(4)) : QString();
      const int before = c.undo_stack().count();
      const Status done = c.apply(edits.next(c.document()), gesture);
      if (!done) {
        QCOMPARE(to_json(c.document()), states.back());
      } else if (c.undo_stack().count() == before) {
        states.back() = to_json(c.document());  // merged
      } else {
        states.push_back(to_json(c.document()));
      }
    }
    QVERIFY(states.size() > 100);
    QCOMPARE(static_cast<std::size_t>(c.undo_stack().count()) + 1, states.size());
    for (std::size_t i = states.size() - 1; i-- > 0;) {
      c.undo_stack().undo();
      QCOMPARE(to_json(c.document()), states[i]);
    }
    for (std::size_t i = 1; i < states.size(); ++i) {
      c.undo_stack().redo();
      QCOMPARE(to_json(c.document()), states[i]);
    }
  }
};

FEEDLINE_WINDOW_TEST(TestDocumentController)

}  // namespace test_document_controller

#include "test_document_controller.moc"
