// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/advice.h"
#include "graph/identifiers.h"
#include "graph/json.h"
#include "graph/json_detail.h"
#include "graph/key.h"
#include "graph/path.h"
#include "schema/structure.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <limits>
#include <set>
#include <unordered_set>

namespace feedline::inline graph {
namespace {

using json::Tree;

Value to_value(const Tree& tree);

/// Texts and numbers in a row; none for any other shape, which is kept as it stands.
std::optional<ValueList> to_list(const Tree& tree) {
  if (!tree.is_array()) return std::nullopt;
  ValueList list;
  for (const Tree& item : tree) {
    const Value value = to_value(item);
    if (const auto* whole = std::get_if<std::int64_t>(&value))
      list.emplace_back(*whole);
    else if (const auto* real = std::get_if<double>(&value))
      list.emplace_back(*real);
    else if (const auto* text = std::get_if<std::string>(&value))
      list.emplace_back(*text);
    else
      return std::nullopt;
  }
  return list;
}

Value to_value(const Tree& tree) {
  if (tree.is_boolean()) return tree.get<bool>();
  if (tree.is_string()) return tree.get<std::string>();
  if (tree.is_number_float()) return tree.get<double>();
  if (tree.is_number_unsigned()) {
    const auto whole = tree.get<std::uint64_t>();
    if (whole <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()))
      return static_cast<std::int64_t>(whole);
  } else if (tree.is_number_integer()) {
    return tree.get<std::int64_t>();
  }
  if (auto list = to_list(tree)) return std::move(*list);
  return RawJson{json::inline_text(tree)};
}

Error misshapen(const std::string& where, const std::string& key, const std::string& shape) {
  return Error{.reason = where + ": \"" + key + "\" must be " + shape,
               .remedy = "The format is described in resources/help/file-format.md"};
}

}  // namespace

/// Fills a diagram, and those of its sub-graphs, from a tree of the newest format. Stops at the first structural fault.
class DocumentReader {
 public:
  DocumentReader(const Registry& registry, std::vector<Problem>& notes, Diagram& diagram, std::string scope = {},
                 KeyScope keys = {})
      : registry_(registry), notes_(notes), diagram_(diagram), scope_(std::move(scope)), keys_(std::move(keys)) {}

  static Result<Loaded> read_file(const Tree& file, const Registry& registry) {
    Loaded loaded;
    DocumentReader reader(registry, loaded.notes, loaded.document);
    if (Status ok = read_text(file, "title", "the file", loaded.document.title_); !ok)
      return fail(std::move(ok.error()));
    if (Status ok = reader.read_diagram(file, "the file"); !ok) return fail(std::move(ok.error()));
    return loaded;
  }

 private:
  Status read_diagram(const Tree& tree, const std::string& what) {
    const auto list = [&](const char* key, Status (DocumentReader::*read)(const Tree&, const std::string&)) {
      return each(tree, key, what, [&](const Tree& t, const std::string& where) { return (this->*read)(t, where); });
    };
    Status ok = list("nodes", &DocumentReader::read_node);
    if (ok) ok = list("links", &DocumentReader::read_link);
    if (ok) ok = list("comments", &DocumentReader::read_comment);
    if (ok) ok = list("frames", &DocumentReader::read_frame);
    if (!ok) return ok;
    if (scope_.empty()) {
      diagram_.extra_ = unknown_keys(tree, {"feedline", "title", "nodes", "links", "comments", "frames"}, "");
    } else {
      diagram_.extra_ = unknown_keys(tree, {"nodes", "links", "comments", "frames"}, scope_);
    }
    return {};
  }

  template <class Read>
  Status each(const Tree& tree, const std::string& key, const std::string& what, Read read) const {
    const auto list = tree.find(key);
    if (list == tree.end()) return {};
    if (!list->is_array()) return fail(misshapen(what, key, "a list"));
    for (std::size_t i = 0; i < list->size(); ++i) {
      const std::string where = (scope_.empty() ? "" : scope_ + ": ") + key + "[" + std::to_string(i) + "]";
      if (!(*list)[i].is_object()) return fail(where + " must be an object");
      if (Status ok = read((*list)[i], where); !ok) return ok;
    }
    return {};
  }

  Status read_node(const Tree& tree, const std::string& place) {
    Node node;
    std::string where = place;
    if (Status ok = read_text(tree, "id", where, node.id); !ok) return ok;
    if (node.id.empty()) return fail(where + " has no id", "Give it one, such as \"id\": \"decode\"");
    if (Status ok = take_id(node.id, where); !ok) return ok;
    const std::string path = join_path(scope_, node.id);
    where = "node '" + path + "'";
    if (Status ok = read_text(tree, "type", where, node.type); !ok) return ok;
    if (node.type.empty())
      return fail(where + " has no type",
                  advice("The Nodes panel has all types", "`feedline-cli nodes` lists the types"));
    if (const auto version = tree.find("version"); version != tree.end()) {
      constexpr std::int64_t kMost = 1'000'000;
      const bool whole = version->is_number_integer();
      if (!whole || version->get<std::int64_t>() < 1 || version->get<std::int64_t>() > kMost)
        return fail(misshapen(where, "version", "a positive integer"));
      node.version = version->get<int>();
    }
    if (const auto params = tree.find("params"); params != tree.end()) {
      if (!params->is_object()) return fail(misshapen(where, "params", "an object"));
      for (const auto& [name, value] : params->items()) node.params.emplace(name, to_value(value));
    }
    std::array<double, 2> position{};
    if (Status ok = read_pair(tree, "position", where, position); !ok) return ok;
    node.position = {position[0], position[1]};
    if (Status ok = read_text(tree, "comment", where, node.comment); !ok) return ok;
    if (Status ok = read_text(tree, "key", where, node.key); !ok) return ok;
    keys_.give(node, keys_.key_of(node));
    if (const auto muted = tree.find("muted"); muted != tree.end()) {
      if (!muted->is_boolean()) return fail(misshapen(where, "muted", "true or false"));
      node.muted = muted->get<bool>();
    }
    const bool subgraph = node.type == kSubgraphType;
    if (subgraph) node.origin = read_origin(tree);
    node.extra = unknown_keys(tree,
                              {"id", "type", "version", "params", "position", "comment", "key", "muted",
                               subgraph ? "graph" : "", node.origin ? "origin" : ""},
                              path);
    if (subgraph)
      if (Status ok = read_inner(tree, where, path, node); !ok) return ok;
    upgrade(node);
    nodes_.insert(node.id);
    if (node.inner) note_ports(node);
    diagram_.nodes_.push_back(std::move(node));
    return {};
  }

  /// None where the key is missing, or says what this program does not know: it stays an unknown one then, which
  /// changes nothing of what runs.
  static std::optional<NodeOrigin> read_origin(const Tree& tree) {
    const auto found = tree.find("origin");
    if (found == tree.end() || !found->is_object()) return std::nullopt;
    NodeOrigin origin;
    for (const auto& [key, value] : found->items()) {
      if (key == "version" && value.is_number_integer() && value.get<std::int64_t>() > 0 &&
          value.get<std::int64_t>() <= kMostNodeVersion) {
        origin.version = value.get<int>();
      } else if (key == "file" && value.is_string() && !value.get<std::string>().empty() &&
                 value.get<std::string>().find('\0') == std::string::npos) {
        origin.file = value.get<std::string>();
      } else if (key == "sha256" && value.is_string() && !value.get<std::string>().empty()) {
        origin.digest = value.get<std::string>();
      } else {
        return std::nullopt;
      }
    }
    return origin.version > 0 ? std::optional(std::move(origin)) : std::nullopt;
  }

  void note_ports(const Node& node) {
    subgraphs_.insert(node.id);
    for (const Node& port : node.inner->nodes()) {
      if (port.type == kSubgraphInputType) entries_.insert({node.id, port.id});
      if (port.type == kSubgraphOutputType) exits_.insert({node.id, port.id});
    }
  }

  Status read_inner(const Tree& tree, const std::string& where, const std::string& path, Node& node) {
    node.inner = Boxed<Diagram>(Diagram());
    if (depth_of(path) >= kMaxNesting)
      return fail(where + ": sub-graphs are nested deeper than " + std::to_string(kMaxNesting));
    const auto graph = tree.find("graph");
    if (graph == tree.end()) return {};
    if (!graph->is_object()) return fail(misshapen(where, "graph", "an object"));
    return DocumentReader(registry_, notes_, *node.inner, path, keys_.inside(node)).read_diagram(*graph, where);
  }

  Status read_link(const Tree& tree, const std::string& where) {
    Link link;
    if (Status ok = read_end(tree, "from", where, link.from); !ok) return ok;
    if (Status ok = read_end(tree, "to", where, link.to); !ok) return ok;
    if (!inputs_.insert(link.to).second)
      return fail(Error{.reason = where + " is the second wire into " + link.to.text(),
                        .remedy = "An input takes one wire: remove one of them",
                        .node = link.to.node,
                        .port = link.to.port});
    if (Status ok = read_points(tree, where, link.via); !ok) return ok;
    link.extra = unknown_keys(tree, {"from", "to", "via"}, join_path(scope_, link.to.node));
    diagram_.links_.push_back(std::move(link));
    return {};
  }

  Status read_end(const Tree& tree, const std::string& key, const std::string& where, PortRef& end) const {
    std::string text;
    if (Status ok = read_text(tree, key, where, text); !ok) return ok;
    const std::size_t dot = text.find('.');
    if (dot == std::string::npos || dot == 0 || dot + 1 == text.size())
      return fail(misshapen(where, key, "\"node.port\""));
    end = {text.substr(0, dot), text.substr(dot + 1)};
    if (!nodes_.contains(end.node))
      return fail(where + " names the node '" + end.node + "', which the file does not have",
                  "Remove the link, or add the node");
    if (!subgraphs_.contains(end.node) || (key == "to" ? entries_ : exits_).contains(end)) return {};
    return fail(where + " names the port '" + end.port + "', which the sub-graph '" + end.node + "' does not have",
                "Remove the link, or add the port");
  }

  static Status read_points(const Tree& tree, const std::string& where, std::vector<Position>& points) {
    const auto found = tree.find("via");
    if (found == tree.end()) return {};
    if (!found->is_array()) return fail(misshapen(where, "via", "a list of points"));
    for (const Tree& point : *found) {
      if (!point.is_array() || point.size() != 2 || !point[0].is_number() || !point[1].is_number())
        return fail(misshapen(where, "via", "a list of points, each two numbers"));
      points.push_back({point[0].get<double>(), point[1].get<double>()});
    }
    return {};
  }

  /// Place and size of a comment or a frame.
  template <class Box>
  static Status read_box(const Tree& tree, const std::string& where, Box& box) {
    std::array<double, 2> position{};
    std::array<double, 2> size = {box.width, box.height};
    if (Status ok = read_pair(tree, "position", where, position); !ok) return ok;
    if (Status ok = read_pair(tree, "size", where, size); !ok) return ok;
    box.position = {position[0], position[1]};
    box.width = size[0];
    box.height = size[1];
    return {};
  }

  Status read_comment(const Tree& tree, const std::string& where) {
    Comment comment;
    if (Status ok = read_text(tree, "id", where, comment.id); !ok) return ok;
    if (comment.id.empty()) comment.id = diagram_.free_id("note");
    if (Status ok = take_id(comment.id, where); !ok) return ok;
    if (Status ok = read_text(tree, "text", where, comment.text); !ok) return ok;
    if (Status ok = read_box(tree, where, comment); !ok) return ok;
    comment.extra = unknown_keys(tree, {"id", "text", "position", "size"}, comment.id);
    diagram_.comments_.push_back(std::move(comment));
    return {};
  }

  Status read_frame(const Tree& tree, const std::string& where) {
    Frame frame;
    if (Status ok = read_text(tree, "id", where, frame.id); !ok) return ok;
    if (frame.id.empty()) frame.id = diagram_.free_id("frame");
    if (Status ok = take_id(frame.id, where); !ok) return ok;
    if (Status ok = read_text(tree, "title", where, frame.title); !ok) return ok;
    if (Status ok = read_text(tree, "color", where, frame.color); !ok) return ok;
    if (Status ok = read_box(tree, where, frame); !ok) return ok;
    frame.extra = unknown_keys(tree, {"id", "title", "position", "size", "color"}, frame.id);
    diagram_.frames_.push_back(std::move(frame));
    return {};
  }

  Status take_id(const std::string& id, const std::string& where) {
    if (!is_id(id))
      return fail(where + ": '" + id.substr(0, kMaxIdLength) + "' cannot be an id",
                  "Use letters, digits, _ and -, a letter first, at most 64");
    if (!ids_.insert(id).second)
      return fail(
          Error{.reason = where + ": the id stands twice in the file", .remedy = "Rename one of the two", .node = id});
    return {};
  }

  static Status read_text(const Tree& tree, const std::string& key, const std::string& where, std::string& to) {
    const auto found = tree.find(key);
    if (found == tree.end()) return {};
    if (!found->is_string()) return fail(misshapen(where, key, "a text"));
    to = found->get<std::string>();
    return {};
  }

  static Status read_pair(const Tree& tree, const std::string& key, const std::string& where,
                          std::array<double, 2>& to) {
    const auto found = tree.find(key);
    if (found == tree.end()) return {};
    if (!found->is_array() || found->size() != 2 || !(*found)[0].is_number() || !(*found)[1].is_number())
      return fail(misshapen(where, key, "two numbers"));
    to = {(*found)[0].get<double>(), (*found)[1].get<double>()};
    return {};
  }

  /// What is not in `known`, as an object text, and a note for each key; empty if there is none.
  std::string unknown_keys(const Tree& object, std::initializer_list<std::string_view> known, const std::string& node) {
    Tree unknown = Tree::object();
    for (const auto& [key, value] : object.items()) {
      if (std::find(known.begin(), known.end(), key) != known.end()) continue;
      unknown[key] = value;
      note(Error{.reason = "unknown key " + json::inline_text(Tree(key)) + ", kept as it is", .node = node});
    }
    return unknown.empty() ? std::string() : json::inline_text(unknown);
  }

  void upgrade(Node& node) {
    const NodeSpec* spec = registry_.find(node.type);
    if (spec == nullptr || !spec->upgrade || node.version >= spec->version) return;
    const ParamMap saved = node.params;
    spec->upgrade(node.version, node.params);
    if (node.params != saved)
      note(Error{.reason = "brought up from version " + std::to_string(node.version) + " of " + node.type +
                           " to version " + std::to_string(spec->version),
                 .remedy = "Check its parameters",
                 .node = join_path(scope_, node.id)});
    node.version = spec->version;
  }

  void note(Error error) { notes_.push_back({Problem::Severity::Warning, std::move(error)}); }

  const Registry& registry_;
  std::vector<Problem>& notes_;
  Diagram& diagram_;
  std::string scope_;  ///< path of the sub-graph; empty for the document's own diagram
  KeyScope keys_;
  std::unordered_set<std::string> nodes_{};
  std::unordered_set<std::string> subgraphs_{};
  std::set<PortRef> entries_{};  ///< inputs of sub-graphs
  std::set<PortRef> exits_{};
  std::unordered_set<std::string> ids_{};
  std::set<PortRef> inputs_{};
};

Result<Loaded> from_json(std::string_view text, const Registry& registry) {
  try {
    Result<Tree> file = json::parse(text);
    if (!file) return fail(std::move(file.error()));
    if (Status current = json::migrate(*file, kFormatVersion); !current) return fail(std::move(current.error()));
    return DocumentReader::read_file(*file, registry);
  } catch (const std::exception& e) {
    return fail(Error{.code = ErrorCode::Failed, .reason = std::string("the graph cannot be read: ") + e.what()});
  }
}

}  // namespace feedline::inline graph
