// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/json.h"
#include "graph/json_detail.h"

#include <nlohmann/json.hpp>

#include <cmath>

namespace feedline {
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

Tree to_tree(const Node& node) {
  Tree params = Tree::object();
  for (const auto& [name, value] : node.params) params[name] = to_tree(value);
  Tree tree = {{"id", node.id},
               {"type", node.type},
               {"version", node.version},
               {"params", std::move(params)},
               {"position", Tree::array({number(node.position.x), number(node.position.y)})}};
  if (!node.comment.empty()) tree["comment"] = node.comment;
  append_extra(tree, node.extra);
  return tree;
}

Tree to_tree(const Link& link) {
  Tree tree = {{"from", link.from.text()}, {"to", link.to.text()}};
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

/// One element a line: readable, and a change of one node is one line in a diff.
template <class T>
void append_list(std::string& text, std::string_view key, const std::vector<T>& list) {
  text += ",\n  \"" + std::string(key) + "\": [";
  for (std::size_t i = 0; i < list.size(); ++i)
    text += (i == 0 ? "\n    " : ",\n    ") + json::inline_text(to_tree(list[i]));
  text += list.empty() ? "]" : "\n  ]";
}

}  // namespace

std::string to_json(const Document& document) {
  std::string text = "{\n  \"feedline\": " + std::to_string(kFormatVersion);
  if (!document.title().empty()) text += ",\n  \"title\": " + json::inline_text(Tree(document.title()));
  append_list(text, "nodes", document.nodes());
  append_list(text, "links", document.links());
  if (!document.comments().empty()) append_list(text, "comments", document.comments());

  Tree extra = Tree::object();
  append_extra(extra, document.extra());
  for (const auto& [key, value] : extra.items())
    text += ",\n  " + json::inline_text(Tree(key)) + ": " + json::inline_text(value);
  return text + "\n}\n";
}

}  // namespace feedline
