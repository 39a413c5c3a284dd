// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/node_file.h"

#include "base/embedded.h"
#include "base/sha256.h"
#include "graph/graph_changes.h"
#include "graph/graph_file.h"
#include "graph/json.h"
#include "graph/key.h"
#include "graph/path.h"
#include "graph/subgraph.h"
#include "graph/wiring.h"
#include "schema/structure.h"

#include <algorithm>
#include <span>
#include <system_error>
#include <utility>

namespace feedline::inline graph {
namespace {

namespace fs = std::filesystem;

fs::path whole_path(const fs::path& path) {
  if (is_example_node(path)) return path;
  std::error_code error;
  fs::path absolute = fs::absolute(path, error);
  return (error ? path : absolute).lexically_normal();
}

/// Through links where the files exist.
bool is_same_file(const fs::path& a, const fs::path& b) {
  std::error_code error;
  return whole_path(a) == whole_path(b) || (fs::equivalent(a, b, error) && !error);
}

/// As an origin names it: relative where the file is in the graph's folder or not far from it, so that both can be
/// moved or checked out together.
std::string origin_text(const fs::path& file, const fs::path& folder) {
  constexpr int kFar = 2;
  const fs::path whole = whole_path(file);
  if (folder.empty() || is_example_node(file)) return whole.string();
  const fs::path relative = whole.lexically_relative(whole_path(folder));
  if (relative.empty() || std::count(relative.begin(), relative.end(), fs::path("..")) > kFar) return whole.string();
  return relative.string();
}

/// A document of this node alone.
Document document_of(Node node) {
  Document document;
  (void)document.apply({AddNode{.node = std::move(node)}});
  return document;
}

/// Gives every sub-graph that comes from a file what `change` makes of its origin.
template <class Change>
Edit changed_origins(const Diagram& diagram, const Change& change) {
  Edit::List edits;
  each_node(diagram, [&](const std::string& path, const Node& node) {
    if (node.origin) edits.push_back({SetOrigin{path, change(*node.origin)}});
  });
  return Edit{std::move(edits)};
}

/// The node goes from a graph in the one folder to one in the other.
void move_origins(Node& node, const fs::path& from, const fs::path& to) {
  (void)node.inner->apply(moved_origins(*node.inner, from, to));
}

/// The path of a sub-graph inside that comes from `file`; empty if there is none.
std::string copy_inside(const Diagram& inner, const fs::path& file, const fs::path& folder) {
  std::string found;
  each_node(inner, [&](const std::string& path, const Node& node) {
    if (found.empty() && node.origin && !node.origin->file.empty() &&
        is_same_file(origin_path(*node.origin, folder), file))
      found = path;
  });
  return found;
}

tl::unexpected<Error> has_itself_inside(const std::string& node, const fs::path& file) {
  return fail(Error{.reason = "the node would contain itself: '" + node + "' in it comes from this very file",
                    .remedy = "Ungroup that one, or save under another name",
                    .file = file.string()});
}

/// The one sub-graph of a node file, or why it is none.
Result<const Node*> node_in(const Document& document, const fs::path& file) {
  const std::string remedy = "Choose a file that a sub-graph was saved to as a node (" + std::string(kNodeFileSuffix) +
                             "); open this one as a graph";
  if (document.nodes().size() != 1 || !document.nodes().front().inner)
    return fail(Error{.reason = "is a graph, and no node: a node file holds one sub-graph and nothing else",
                      .remedy = remedy,
                      .file = file.string()});
  const Node& node = document.nodes().front();
  if (!node.origin)
    return fail(Error{.reason = "is no node file: its sub-graph has no version",
                      .remedy = "Open it as a graph, and save the sub-graph as a node",
                      .file = file.string()});
  return &node;
}

/// A node file that comes with Feedline.
Result<std::string_view> example_node(const fs::path& file) {
  const std::string given = file.string();
  std::string name = given.substr(kExampleNode.size());
  if (!name.ends_with(kNodeFileSuffix)) name += kNodeFileSuffix;
  std::string known;
  for (const EmbeddedFile& one : embedded_nodes()) {
    if (one.name == name) return one.text;
    known += (known.empty() ? "" : ", ") + std::string(kExampleNode) +
             std::string(one.name.substr(0, one.name.size() - kNodeFileSuffix.size()));
  }
  return fail(Error{.reason = "there is no such example of a node",
                    .remedy = "Choose one of: " + known + ", or a " + std::string(kNodeFileSuffix) + " file",
                    .file = given});
}

/// With no registry, which brings no node up to date.
Result<Document> saved_document(const fs::path& file) {
  const Registry as_saved;
  if (!is_example_node(file)) {
    auto read = read_graph_file(file, as_saved);
    if (!read) return fail(std::move(read.error()));
    return std::move(read->loaded.document);
  }
  const auto text = example_node(file);
  if (!text) return fail(text.error());
  auto loaded = from_json(*text, as_saved);
  if (!loaded) return fail(std::move(loaded.error()).in_file(file.string()));
  return std::move(loaded->document);
}

bool is_port_of(const PortRef& end, const std::string& node) { return end.node == node; }

std::string wire_name(const Link& link) { return link.from.text() + " -> " + link.to.text(); }

}  // namespace

bool is_example_node(const fs::path& file) { return file.string().starts_with(kExampleNode); }

std::string node_digest(const Diagram& inner) {
  Node node{.id = "node", .type = std::string(kSubgraphType), .inner = Boxed<Diagram>(inner)};
  forget_keys(node);
  (void)node.inner->apply(changed_origins(inner, [](const NodeOrigin&) { return std::optional<NodeOrigin>(); }));
  return Sha256().add(std::as_bytes(std::span<const char>(to_json(document_of(std::move(node)))))).hex();
}

Edit moved_origins(const Diagram& diagram, const fs::path& from, const fs::path& to) {
  return changed_origins(diagram, [&](NodeOrigin origin) {
    if (!origin.file.empty()) origin.file = origin_text(origin_path(origin, from), to);
    return std::optional(std::move(origin));
  });
}

Edit moved_origins(const Diagram& diagram, const fs::path& from, const fs::path& to, const Diagram& before) {
  std::vector<NodeOrigin> known;
  each_node(before, [&](const std::string&, const Node& node) {
    if (node.origin) known.push_back(*node.origin);
  });
  return changed_origins(diagram, [&](NodeOrigin origin) {
    const bool is_new = std::find(known.begin(), known.end(), origin) == known.end();
    if (is_new && !origin.file.empty()) origin.file = origin_text(origin_path(origin, from), to);
    return std::optional(std::move(origin));
  });
}

fs::path origin_path(const NodeOrigin& origin, const fs::path& folder) {
  const fs::path named(origin.file);
  return named.is_absolute() || folder.empty() || is_example_node(named) ? named : folder / named;
}

Result<NodeFile> read_node_file(const fs::path& file, const Registry& registry) {
  std::error_code error;
  if (const auto size = fs::file_size(file, error); !error && size > kMaxNodeFileSize)
    return fail(Error{.reason = "is larger than 4 MiB, which no node file is",
                      .remedy = "Choose a " + std::string(kNodeFileSuffix) + " file; a graph is opened, not inserted",
                      .file = file.string()});
  const auto saved = saved_document(file);  // the digest is of what was saved
  if (!saved) return fail(saved.error());
  const auto node = node_in(*saved, file);
  if (!node) return fail(node.error());
  if (const std::string copy = copy_inside(*(*node)->inner, file, file.parent_path()); !copy.empty())
    return has_itself_inside(copy, file);
  auto current = from_json(to_json(*saved), registry);
  if (!current) return fail(std::move(current.error()).in_file(file.string()));

  NodeFile read{.file = file,
                .node = current->document.nodes().front(),
                .version = (*node)->origin->version,
                .digest = node_digest(*(*node)->inner),
                .notes = std::move(current->notes)};
  forget_keys(read.node);
  return read;
}

Result<SavedNode> save_node_file(const Node& subgraph, const fs::path& file, const fs::path& folder) {
  if (!subgraph.inner)
    return fail(Error{.reason = "only a sub-graph can be saved as a node",
                      .remedy = "Group the node first (Ctrl+G)",
                      .node = subgraph.id});
  if (is_example_node(file))
    return fail(Error{.reason = "what comes with Feedline cannot be changed",
                      .remedy = "Give a file for the node: NAME" + std::string(kNodeFileSuffix),
                      .file = file.string()});
  if (const std::string copy = copy_inside(*subgraph.inner, file, folder); !copy.empty())
    return has_itself_inside(copy, file);

  SavedNode saved{.origin = {.file = origin_text(file, folder), .version = 1, .digest = node_digest(*subgraph.inner)}};
  Node node = subgraph;
  forget_keys(node);
  node.position = {};
  node.muted = false;
  move_origins(node, folder, whole_path(file).parent_path());
  std::error_code error;
  if (fs::exists(fs::symlink_status(file, error))) {
    const auto old = read_node_file(file);
    if (!old)
      return fail(Error{.reason = "what stands there is no node that could be replaced: " + old.error().reason,
                        .remedy = "Choose another name, or remove that file",
                        .file = file.string()});
    const bool same = old->digest == saved.origin.digest;
    saved.origin.version = std::min(old->version + (same ? 0 : 1), kMostNodeVersion);
    saved.written = !same || old->node.params != node.params || old->node.comment != node.comment;
    if (!saved.written) return saved;
  }
  node.origin = NodeOrigin{.file = {}, .version = saved.origin.version, .digest = {}};
  const auto written = write_graph_file(document_of(std::move(node)), file);
  if (!written) return fail(written.error());
  return saved;
}

Node node_from(const NodeFile& file, const std::string& id, Position position, const fs::path& folder) {
  Node node = file.node;
  node.id = id;
  node.position = position;
  node.origin = {.file = origin_text(file.file, folder), .version = file.version, .digest = file.digest};
  move_origins(node, whole_path(file.file).parent_path(), folder);
  return node;
}

Result<NodeUpdate> update_node(const Document& document, const std::string& path, const NodeFile& file,
                               const fs::path& folder, const Registry& registry) {
  const Node* node = document.find(path);
  const std::string scope(scope_of(path));
  const std::string id(leaf_of(path));
  if (node == nullptr || !node->inner)
    return fail(Error{.reason = "there is no such sub-graph", .remedy = "Name a node of type subgraph", .node = path});
  const std::string own = node_digest(*node->inner);
  NodeUpdate update{.own_changes = node->origin && own != node->origin->digest && own != file.digest};
  Node fresh = node_from(file, id, {}, folder);
  if (own == file.digest) {
    update.edit = Edit{SetOrigin{path, std::move(fresh.origin)}};
    return update;
  }
  adopt_keys(*fresh.inner, *node->inner, key_scope(document, path));
  const auto bare = [&](const Node& one) { return document_of({.id = id, .type = one.type, .inner = one.inner}); };
  update.changes = sentence_of(compare_graphs(bare(*node), bare(fresh)));

  Edit::List steps;
  steps.push_back({SetInside{id, std::move(*fresh.inner), std::move(fresh.origin)}});
  const Diagram& before = *document.at(scope);
  Diagram after = before;
  if (const auto done = after.apply(steps.front()); !done) return fail(done.error());
  const Wiring old_wiring(before, registry);
  const Wiring new_wiring(after, registry);
  for (const Link& link : before.links()) {
    const bool enters = is_port_of(link.to, id);
    if (!enters && !is_port_of(link.from, id)) continue;
    if (after.link_into(link.to) == nullptr) {
      update.lost.push_back(wire_name(link) + ": there is no " +
                            (enters ? "input '" + link.to.port : "output '" + link.from.port) + "' any more");
    } else if (const auto error = check_ends(new_wiring, link.from, link.to, registry);
               error && !check_ends(old_wiring, link.from, link.to, registry)) {
      update.lost.push_back(wire_name(link) + ": " + error->reason);
      steps.push_back({RemoveLink{link.to}});
    }
  }
  update.edit = steps.size() == 1 && scope.empty() ? std::move(steps.front()) : within(scope, Edit{std::move(steps)});
  Document trial = document;
  if (const auto done = trial.apply(update.edit); !done) return fail(done.error());
  return update;
}

}  // namespace feedline::inline graph
