// SPDX-License-Identifier: GPL-3.0-or-later
// Sub-graphs as files of their own: copies, versions, updates, and what is refused.
#include "base/embedded.h"
#include "graph/graph_file.h"
#include "graph/grouping.h"
#include "graph/key.h"
#include "graph/node_file.h"
#include "graph/subgraph.h"
#include "support/fake_nodes.h"
#include "support/test_program.h"

#include <QTemporaryDir>
#include <QTest>

#include <algorithm>
#include <fstream>
#include <memory>
#include <sstream>

namespace test_node_file {

using namespace feedline;
using feedline::test::fake_registry;
namespace fs = std::filesystem;

namespace {

void must(Document& document, const Edit& edit) {
  const auto done = document.apply(edit);
  if (!done) qFatal("%s", done.error().line().c_str());
}

/// As trainable(), its layer in a sub-graph: batch -> block -> loss.
Document with_block() {
  Document document = test::trainable().document();
  const auto grouped = group(document, {"linear"}, fake_registry());
  if (!grouped) qFatal("%s", grouped.error().line().c_str());
  must(document, grouped->edit);
  return document;
}

std::string text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

void write(const fs::path& file, const std::string& text) { std::ofstream(file, std::ios::binary) << text; }

std::string reason_of(const fs::path& file) {
  const auto read = read_node_file(file, fake_registry());
  if (read) return "it was read";
  const Error& error = read.error();
  return error.file == file.string() && !error.remedy.empty() ? error.reason : "incomplete: " + error.line();
}

}  // namespace

class TestNodeFile : public QObject {
  Q_OBJECT

 private Q_SLOTS:
  void init() {
    folder_ = std::make_unique<QTemporaryDir>();
    QVERIFY(folder_->isValid());
    graphs_ = fs::path(folder_->path().toStdString()) / "graphs";
    file_ = fs::path(folder_->path().toStdString()) / "nodes" / "block.feedline-node";
    fs::create_directories(graphs_);
    fs::create_directories(file_.parent_path());
  }

  void a_file_holds_what_was_drawn() {
    Document document = with_block();
    must(document, {SetParam{"block", "repeat", std::int64_t{2}}});
    const auto saved = save_node_file(*document.find("block"), file_, graphs_);
    QVERIFY2(saved, saved ? "" : saved.error().line().c_str());
    QCOMPARE(saved->origin.file, std::string("../nodes/block.feedline-node"));
    QCOMPARE(saved->origin.version, 1);
    QCOMPARE(saved->origin.digest.size(), std::size_t{64});
    QVERIFY(load_document(file_, fake_registry()));  // it opens as a graph

    const auto read = read_node_file(file_, fake_registry());
    QVERIFY2(read, read ? "" : read.error().line().c_str());
    QVERIFY(read->notes.empty());
    QCOMPARE(read->digest, saved->origin.digest);
    const Node copy = node_from(*read, "other", {40, 60}, graphs_);
    QCOMPARE(copy.id, std::string("other"));
    QVERIFY(copy.params == document.find("block")->params);
    QVERIFY(copy.origin == saved->origin);
    // A copy is another node: it has weights and random numbers of its own.
    QVERIFY(!document.find("block/linear")->key.empty());
    QVERIFY(copy.inner->find("linear")->key.empty());

    Document other;
    must(other, {AddNode{.node = copy}});
    const auto again = from_json(to_json(other), fake_registry());
    QVERIFY(again && again->notes.empty());
    QVERIFY(again->document == other);
  }

  /// What comes with Feedline is found wherever the graph lies, and never written.
  void an_example_follows_no_folder() {
    for (const EmbeddedFile& file : embedded_nodes()) {
      const std::string name(file.name.substr(0, file.name.size() - kNodeFileSuffix.size()));
      const auto read = read_node_file(std::string(kExampleNode) + name);
      QVERIFY2(read && read->notes.empty(), name.c_str());
    }
    const auto examples = embedded_examples();
    const auto file = std::find_if(examples.begin(), examples.end(),
                                   [](const EmbeddedFile& one) { return one.name == "node-file.feedline"; });
    QVERIFY(file != examples.end());
    Document document = from_json(file->text)->document;
    for (const fs::path& folder : {graphs_, fs::path()}) {
      const auto looks = look_at_origins(document, folder);
      QCOMPARE(looks.size(), std::size_t{2});
      QVERIFY(looks[0].state == OriginState::Current && looks[0].version == 2);
      QVERIFY(looks[1].state == OriginState::Outdated && !looks[0].own_changes && !looks[1].own_changes);
      QCOMPARE(version_step(looks[1]), std::string("version 1 → 2"));
    }
    must(document, moved_origins(document, graphs_, file_.parent_path()));
    QCOMPARE(document.find("block1")->origin->file, std::string("example:residual"));

    const auto read = read_node_file(origin_path(*document.find("block2")->origin, graphs_));
    QVERIFY2(read, read ? "" : read.error().line().c_str());
    const auto update = update_node(document, "block2", *read, graphs_);
    QVERIFY2(update && update->lost.empty(), update ? "" : update.error().line().c_str());
    must(document, update->edit);
    QVERIFY(document.find("block2")->origin == document.find("block1")->origin);
    QVERIFY(document.find("block2")->params.at("repeat") == Value(std::int64_t{2}));
    QVERIFY(analyse(document).ok());

    const auto written = save_node_file(*document.find("block1"), "example:residual", graphs_);
    QVERIFY(!written && !written.error().remedy.empty() && written.error().file == "example:residual");
    QCOMPARE(reason_of("example:nobody"), std::string("there is no such example of a node"));
  }

  void the_version_grows_with_what_is_in_it() {
    Document document = with_block();
    const auto save = [&] { return save_node_file(*document.find("block"), file_, graphs_); };
    QCOMPARE(save()->origin.version, 1);
    const std::string first = text_of(file_);
    const auto same = save();
    QCOMPARE(same->origin.version, 1);
    QVERIFY(!same->written);
    must(document, {MoveNodes{{{"block", {500, 500}}}}});  // where it stands is no part of it
    must(document, {RenameNode{"block", "body"}});
    must(document, {RenameNode{"body", "block"}});
    QVERIFY(!save()->written);
    must(document, {SetParam{"block/linear", "units", std::int64_t{7}}});
    QCOMPARE(save()->origin.version, 2);
    QVERIFY(text_of(file_) != first);
    QCOMPARE(read_node_file(file_, fake_registry())->version, 2);
  }

  /// The port that stays keeps its wire, the one that goes is named; undo brings all of it back.
  void an_update_keeps_what_fits() {
    Document document = with_block();
    const auto saved = save_node_file(*document.find("block"), file_, graphs_);
    must(document, {SetOrigin{"block", saved->origin}});
    must(document, {SetParam{"block", "repeat", std::int64_t{3}}});
    const std::string in = subgraph_inputs(*document.find("block")->inner).front();
    const std::string out = subgraph_outputs(*document.find("block")->inner).front();
    const std::string key = document.find("block/linear")->key;

    Document author = document;
    must(author, {SetParam{"block/linear", "units", std::int64_t{7}}});
    must(author, {Within{"block", {{RenameNode{out, "result"}}}}});
    QCOMPARE(save_node_file(*author.find("block"), file_, graphs_)->origin.version, 2);

    const auto looks = look_at_origins(document, graphs_, {}, fake_registry());
    QCOMPARE(looks.size(), std::size_t{1});
    QVERIFY(looks.front().state == OriginState::Outdated && !looks.front().own_changes);
    QCOMPARE(version_step(looks.front()), std::string("version 1 → 2"));
    QVERIFY(origin_note(looks.front())->remedy.find("node update FILE block") != std::string::npos);

    const auto update =
        update_node(document, "block", *read_node_file(file_, fake_registry()), graphs_, fake_registry());
    QVERIFY2(update, update ? "" : update.error().line().c_str());
    QCOMPARE(update->lost.size(), std::size_t{1});
    QVERIFY2(update->lost.front().starts_with("block." + out + " -> "), update->lost.front().c_str());
    QVERIFY2(update->changes.find("block/linear.units") != std::string::npos, update->changes.c_str());
    QVERIFY(!update->own_changes);

    const std::string before = to_json(document);
    const auto undo = document.apply(update->edit);
    QVERIFY(undo);
    const Node& block = *document.find("block");
    QVERIFY(document.link_into({"block", in}) != nullptr);
    QVERIFY(block.params.contains("repeat"));
    QVERIFY(document.find("block/linear")->params.at("units") == Value(std::int64_t{7}));
    QCOMPARE(document.find("block/linear")->key, key);
    QCOMPARE(block.origin->version, 2);
    QVERIFY(look_at_origins(document, graphs_, {}, fake_registry()).front().state == OriginState::Current);
    const std::string after = to_json(document);
    const auto redo = document.apply(*undo);
    QVERIFY(redo);
    QCOMPARE(to_json(document), before);
    QVERIFY(document.apply(*redo));
    QCOMPARE(to_json(document), after);
  }

  void an_update_says_that_own_changes_go() {
    Document document = with_block();
    must(document, {SetOrigin{"block", save_node_file(*document.find("block"), file_, graphs_)->origin}});
    Document author = document;
    must(author, {SetParam{"block/linear", "units", std::int64_t{7}}});
    QVERIFY(save_node_file(*author.find("block"), file_, graphs_));
    must(document, {SetParam{"block/linear", "units", std::int64_t{9}}});
    QVERIFY(look_at_origins(document, graphs_, {}, fake_registry()).front().own_changes);
    const auto read = read_node_file(file_, fake_registry());
    QVERIFY(update_node(document, "block", *read, graphs_, fake_registry())->own_changes);
    // The same change made here: only the version is noted.
    must(document, {SetParam{"block/linear", "units", std::int64_t{7}}});
    const auto update = update_node(document, "block", *read, graphs_, fake_registry());
    QVERIFY(!update->own_changes && update->lost.empty());
    QVERIFY(std::holds_alternative<SetOrigin>(update->edit.change));
  }

  void a_key_is_never_two_nodes() {
    Document document = with_block();
    must(document, {SetOrigin{"block", save_node_file(*document.find("block"), file_, graphs_)->origin}});
    must(document, {Within{"block", {{AddNode{{.id = "first", .type = "linear"}}}}}});
    must(document, {RenameNode{"block/first", "second"}});
    QCOMPARE(document.find("block/second")->key, std::string("block/first"));
    Document author = with_block();
    must(author,
         {Within{"block",
                 {{AddNode{{.id = "first", .type = "linear"}}}, {AddNode{{.id = "second", .type = "linear"}}}}}});
    QVERIFY(save_node_file(*author.find("block"), file_, graphs_));
    const auto update =
        update_node(document, "block", *read_node_file(file_, fake_registry()), graphs_, fake_registry());
    must(document, update->edit);
    const KeyScope keys = key_scope(document, "block");
    QVERIFY(keys.key_of(*document.find("block/first")) != keys.key_of(*document.find("block/second")));
  }

  void files_that_are_gone_or_broken_leave_the_copy_alone() {
    Document document = with_block();
    must(document, {SetOrigin{"block", save_node_file(*document.find("block"), file_, graphs_)->origin}});
    // What is inside a block that comes from a file is the file's business.
    must(document, {Within{"block", {{AddNode{new_subgraph("inside", {}, fake_registry())}}}}});
    must(document, {SetOrigin{"block/inside", NodeOrigin{.file = "elsewhere.feedline-node", .version = 1}}});
    const auto state = [&] {
      const auto looks = look_at_origins(document, graphs_, {}, fake_registry());
      return looks.size() == 1 ? looks.front() : OriginLook{};
    };
    QVERIFY(state().state == OriginState::Current);
    write(file_, "{\"feedline\": 2,");
    QVERIFY(state().state == OriginState::Unreadable);
    QVERIFY(origin_note(state())->reason.find("the copy here is whole") != std::string::npos);
    fs::remove(file_);
    QVERIFY(state().state == OriginState::Missing);
    QVERIFY(!origin_note(state()));
  }

  /// A graph that is saved elsewhere goes on finding its files, by absolute paths where they are far away.
  void origins_follow_the_graph() {
    Document document = with_block();
    const NodeOrigin origin = save_node_file(*document.find("block"), file_, graphs_)->origin;
    must(document, {SetOrigin{"block", origin}});
    const auto moved = [&](const fs::path& to) {
      Document there = document;
      must(there, moved_origins(document, graphs_, to));
      return *there.find("block")->origin;
    };
    QCOMPARE(moved(graphs_ / "deep").file, std::string("../../nodes/block.feedline-node"));
    QCOMPARE(moved(graphs_ / "very" / "deep").file, file_.string());
    QCOMPARE(moved({}).file, file_.string());
    QVERIFY(moved(graphs_) == origin);
    QCOMPARE(moved(graphs_ / "deep").digest, origin.digest);
  }

  void refuses() {
    Document document = with_block();
    QVERIFY(save_node_file(*document.find("block"), file_, graphs_));
    const std::string text = text_of(file_);
    const auto read = [&](const std::string& changed) {
      write(file_, changed);
      return reason_of(file_);
    };
    const auto with = [&](const std::string& was, const std::string& is) {
      std::string changed = text;
      const std::size_t at = changed.find(was);
      if (at == std::string::npos) qFatal("no %s in %s", was.c_str(), text.c_str());
      return changed.replace(at, was.size(), is);
    };
    QCOMPARE(read(text), std::string("it was read"));
    QVERIFY(read(text.substr(0, text.size() / 2)).starts_with("not valid JSON"));
    QVERIFY(read(with("\"feedline\": 2", "\"feedline\": 99")).find("format version 99") != std::string::npos);
    QVERIFY(read(with("\"origin\"", "\"beginning\"")).find("no version") != std::string::npos);
    QVERIFY(read(with("{\"version\": 1}", "{\"version\": -1}")).find("no version") != std::string::npos);
    QVERIFY(read(to_json(document)).find("is a graph, and no node") != std::string::npos);
    QVERIFY(read("{\"feedline\": 1}").find("is a graph, and no node") != std::string::npos);
    QVERIFY(read(std::string(kMaxNodeFileSize + 1, ' ')).find("larger than 4 MiB") != std::string::npos);
    QVERIFY(!read_node_file(file_.parent_path(), fake_registry()));
    QVERIFY(!read_node_file("/dev/zero", fake_registry()));

    // What is in a file, and says that it comes from that file.
    Node inside = new_subgraph("inside", {}, fake_registry());
    inside.origin = NodeOrigin{.file = "../nodes/block.feedline-node", .version = 1};
    must(document, {Within{"block", {{AddNode{inside}}}}});
    const auto saved = save_node_file(*document.find("block"), file_, graphs_);
    QVERIFY(!saved && saved.error().reason.find("would contain itself") != std::string::npos);
    const fs::path twin = file_.parent_path() / "twin.feedline-node";
    QVERIFY(save_node_file(*document.find("block"), twin, graphs_));
    fs::rename(twin, file_);
    QVERIFY(reason_of(file_).find("would contain itself") != std::string::npos);
  }

  void refuses_to_write_over_what_is_no_node() {
    const Document document = with_block();
    QVERIFY(save_document(document, file_));
    const std::string before = text_of(file_);
    const auto over = save_node_file(*document.find("block"), file_, graphs_);
    QVERIFY(!over && over.error().file == file_.string() && !over.error().remedy.empty());
    QCOMPARE(text_of(file_), before);
    QVERIFY(!save_node_file(*document.find("batch"), file_, graphs_));
  }

  void refuses_an_update_that_nests_too_deep() {
    Document document = with_block();
    std::string outermost = "block";
    for (int i = 0; i < 15; ++i) {  // the block stands 15 deep at the end: it may hold nodes, and no sub-graph
      const auto grouped = group(document, {outermost}, fake_registry());
      QVERIFY2(grouped, grouped ? "" : grouped.error().line().c_str());
      must(document, grouped->edit);
      outermost = grouped->ids.front();
    }
    std::string path;
    each_node(document, [&](const std::string& at, const Node& node) {
      if (node.inner && node.inner->find("linear") != nullptr) path = at;
    });
    QVERIFY(!path.empty());
    Document author = with_block();
    must(author, {Within{"block", {{AddNode{new_subgraph("inside", {}, fake_registry())}}}}});
    QVERIFY(save_node_file(*author.find("block"), file_, graphs_));
    const auto update = update_node(document, path, *read_node_file(file_, fake_registry()), graphs_, fake_registry());
    QVERIFY(!update && update.error().reason.find("nested deeper") != std::string::npos);
  }

  void an_origin_of_another_shape_stays_what_it_is() {
    const std::string text =
        "{\"feedline\": 2, \"nodes\": [{\"id\": \"a\", \"type\": \"subgraph\", \"origin\": {\"place\": \"Rome\"}}]}";
    const auto loaded = from_json(text, fake_registry());
    QVERIFY(loaded);
    QVERIFY(!loaded->document.find("a")->origin);
    QVERIFY(to_json(loaded->document).find("\"origin\": {\"place\": \"Rome\"}") != std::string::npos);
  }

 private:
  std::unique_ptr<QTemporaryDir> folder_{};
  fs::path graphs_{};
  fs::path file_{};
};

FEEDLINE_TEST(TestNodeFile)

}  // namespace test_node_file

#include "test_node_file.moc"
