// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/json.h"
#include "graph/json_detail.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace feedline::inline graph {
namespace {

using json::Tree;

/// Whole numbers without ".0", the rest as the shortest text that reads back the same.
Tree number(double value) {
  constexpr double kExact = 9007199254740992.0;  // 2^53
  if (std::trunc(value) == value && std::abs(value) <= kExact) return static_cast<std::int64_t>(value);
  return value;
}

Tree to_tree(const Value& value) {
  struct Visitor {
    Tree operator()(bool b) const { return b; }
    Tree operator()(std::int64_t i) const { return i; }
    Tree operator()(double d) const { return d; }
    Tree operator()(const std::string& s) const { return s; }
    Tree operator()(const RawJson& raw) const {
      Result<Tree> tree = json::parse(raw.text);
      return tree ? std::move(*tree) : Tree(raw.text);
    }
    Tree operator()(const ValueList& list) const {
      Tree items = Tree::array();
      for (const ListItem& item : list) items.push_back(std::visit(*this, item));
      return items;
    }
  };
  return std::visit(Visitor{}, value);
}

/// Unknown keys as they were read, behind the known ones.
void append_extra(Tree& object, const std::string& extra) {
  if (extra.empty()) return;
  Result<Tree> unknown = json::parse(extra);
  if (!unknown || !unknown->is_object()) return;
  for (const auto& [key, value] : unknown->items())
    if (!object.contains(key)) object[key] = value;
}

Tree to_tree(const NodeOrigin& origin) {
  Tree tree = Tree::object();
  if (!origin.file.empty()) tree["file"] = origin.file;
  tree["version"] = origin.version;
  if (!origin.digest.empty()) tree["sha256"] = origin.digest;
  return tree;
}

Tree to_tree(const Node& node) {
  Tree params = Tree::object();
  for (const auto& [name, value] : node.params) params[name] = to_tree(value);
  Tree tree = {{"id", node.id},
               {"type", node.type},
               {"version", node.version},
               {"params", std::move(params)},
               {"position", Tree::array({number(node.position.x), number(node.position.y)})}};
  if (!node.key.empty()) tree["key"] = node.key;
  if (!node.comment.empty()) tree["comment"] = node.comment;
  if (node.muted) tree["muted"] = true;
  if (node.origin) tree["origin"] = to_tree(*node.origin);
  if (!node.inner) append_extra(tree, node.extra);
  return tree;
}

Tree to_tree(const Link& link) {
  Tree tree = {{"from", link.from.text()}, {"to", link.to.text()}};
  if (!link.via.empty()) {
    Tree& via = tree["via"] = Tree::array();
    for (const Position& point : link.via) via.push_back(Tree::array({number(point.x), number(point.y)}));
  }
  append_extra(tree, link.extra);
  return tree;
}

Tree to_tree(const Comment& comment) {
  Tree tree = {{"id", comment.id},
               {"text", comment.text},
               {"position", Tree::array({number(comment.position.x), number(comment.position.y)})},
               {"size", Tree::array({number(comment.width), number(comment.height)})}};
  append_extra(tree, comment.extra);
  return tree;
}

Tree to_tree(const Frame& frame) {
  Tree tree = {{"id", frame.id},
               {"title", frame.title},
               {"position", Tree::array({number(frame.position.x), number(frame.position.y)})},
               {"size", Tree::array({number(frame.width), number(frame.height)})},
               {"color", frame.color}};
  append_extra(tree, frame.extra);
  return tree;
}

/// Does a node here, or in a sub-graph, carry a key?
bool needs_version_3(const Diagram& diagram) {
  return std::any_of(diagram.nodes().begin(), diagram.nodes().end(), [](const Node& node) {
    return !node.key.empty() || (node.inner && needs_version_3(*node.inner));
  });
}

/// Has the diagram anything that version 1 of the format could not say?
bool needs_version_2(const Diagram& diagram) {
  return !diagram.frames().empty() || std::any_of(diagram.nodes().begin(), diagram.nodes().end(), [](const Node& node) {
    return node.muted || node.inner;
  }) || std::any_of(diagram.links().begin(), diagram.links().end(), [](const Link& link) { return !link.via.empty(); });
}

/// The oldest version that can say all of it, so that older programs go on reading what has nothing new.
int version_of(const Document& document) {
  if (needs_version_3(document)) return kFormatVersion;
  return needs_version_2(document) ? 2 : 1;
}

/// Writes diagrams with one element a line: readable, and a change of one node is one line in a diff.
class Writer {
 public:
  /// The lists and unknown keys of a diagram as members of an object; `first` if it has none yet.
  void members(const Diagram& diagram, bool first) {
    list("nodes", diagram.nodes(), first);
    list("links", diagram.links(), false);
    if (!diagram.comments().empty()) list("comments", diagram.comments(), false);
    if (!diagram.frames().empty()) list("frames", diagram.frames(), false);
    const Tree extra = unknown(diagram.extra());
    for (const auto& [key, value] : extra.items()) text += "," + indent() + member(key, value);
  }
  std::string text{};

 private:
  template <class T>
  void list(std::string_view key, const std::vector<T>& elements, bool first) {
    text += (first ? "" : ",") + indent() + "\"" + std::string(key) + "\": [";
    ++depth_;
    for (std::size_t i = 0; i < elements.size(); ++i) {
      text += (i == 0 ? "" : ",") + indent();
      element(elements[i]);
    }
    --depth_;
    text += elements.empty() ? "]" : indent() + "]";
  }

  template <class T>
  void element(const T& value) {
    text += json::inline_text(to_tree(value));
  }
  void element(const Node& node) {
    text += json::inline_text(to_tree(node));
    if (!node.inner) return;
    text.back() = ',';  // in place of the brace
    text += " \"graph\": {";
    ++depth_;
    members(*node.inner, true);
    --depth_;
    text += indent() + "}";
    const Tree extra = unknown(node.extra);
    for (const auto& [key, value] : extra.items()) text += ", " + member(key, value);
    text += "}";
  }

  static Tree unknown(const std::string& extra) {
    Tree tree = Tree::object();
    append_extra(tree, extra);
    return tree;
  }
  static std::string member(const std::string& key, const Tree& value) {
    return json::inline_text(Tree(key)) + ": " + json::inline_text(value);
  }
  [[nodiscard]] std::string indent() const { return "\n" + std::string(2 * depth_, ' '); }

  std::size_t depth_ = 1;
};

}  // namespace

std::string to_json(const Document& document) {
  Writer writer;
  writer.text = "{\n  \"feedline\": " + std::to_string(version_of(document));
  if (!document.title().empty()) writer.text += ",\n  \"title\": " + json::inline_text(Tree(document.title()));
  writer.members(document, false);
  return writer.text + "\n}\n";
}

}  // namespace feedline::inline graph
