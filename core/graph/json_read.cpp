// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/identifiers.h"
#include "graph/json.h"
#include "graph/json_detail.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <limits>
#include <set>
#include <unordered_set>

namespace feedline {
namespace {

using json::Tree;

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
  return RawJson{json::inline_text(tree)};
}

Error misshapen(const std::string& where, const std::string& key, const std::string& shape) {
  return Error{.reason = where + ": \"" + key + "\" must be " + shape,
               .remedy = "The format is described in resources/help/file-format.md"};
}

}  // namespace

/// Fills a Document from a tree of the newest format. Stops at the first structural fault.
class DocumentReader {
 public:
  explicit DocumentReader(const Registry& registry) : registry_(registry) {}

  Result<Loaded> read(const Tree& file) {
    Document& document = loaded_.document;
    Status ok = read_text(file, "title", "the file", document.title_);
    if (ok) ok = each(file, "nodes", [&](const Tree& t, const std::string& where) { return read_node(t, where); });
    if (ok) ok = each(file, "links", [&](const Tree& t, const std::string& where) { return read_link(t, where); });
    if (ok)
      ok = each(file, "comments", [&](const Tree& t, const std::string& where) { return read_comment(t, where); });
    if (!ok) return fail(std::move(ok.error()));
    document.extra_ = unknown_keys(file, {"feedline", "title", "nodes", "links", "comments"}, "");
    return std::move(loaded_);
  }

 private:
  template <class Read>
  static Status each(const Tree& file, const std::string& key, Read read) {
    const auto list = file.find(key);
    if (list == file.end()) return {};
    if (!list->is_array()) return fail(misshapen("the file", key, "a list"));
    for (std::size_t i = 0; i < list->size(); ++i) {
      const std::string where = key + "[" + std::to_string(i) + "]";
      if (!(*list)[i].is_object()) return fail(where + " must be an object");
      if (Status ok = read((*list)[i], where); !ok) return ok;
    }
    return {};
  }

  Status read_node(const Tree& tree, std::string where) {
    Node node;
    if (Status ok = read_text(tree, "id", where, node.id); !ok) return ok;
    if (node.id.empty()) return fail(where + " has no id", "Give it one, such as \"id\": \"decode\"");
    if (Status ok = take_id(node.id, where); !ok) return ok;
    where = "node '" + node.id + "'";
    if (Status ok = read_text(tree, "type", where, node.type); !ok) return ok;
    if (node.type.empty()) return fail(where + " has no type", "`feedline-cli nodes` lists the types");
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
    node.extra = unknown_keys(tree, {"id", "type", "version", "params", "position", "comment"}, node.id);
    upgrade(node);
    nodes_.insert(node.id);
    loaded_.document.nodes_.push_back(std::move(node));
    return {};
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
    link.extra = unknown_keys(tree, {"from", "to"}, link.to.node);
    loaded_.document.links_.push_back(std::move(link));
    return {};
  }

  Status read_end(const Tree& tree, const std::string& key, const std::string& where, PortRef& end) const {
    std::string text;
    if (Status ok = read_text(tree, key, where, text); !ok) return ok;
    const std::size_t dot = text.find('.');
    if (dot == std::string::npos || dot == 0 || dot + 1 == text.size())
      return fail(misshapen(where, key, "\"node.port\""));
    end = {text.substr(0, dot), text.substr(dot + 1)};
    if (nodes_.contains(end.node)) return {};
    return fail(where + " names the node '" + end.node + "', which the file does not have",
                "Remove the link, or add the node");
  }

  Status read_comment(const Tree& tree, const std::string& where) {
    Comment comment;
    if (Status ok = read_text(tree, "id", where, comment.id); !ok) return ok;
    if (comment.id.empty()) comment.id = loaded_.document.free_id("note");
    if (Status ok = take_id(comment.id, where); !ok) return ok;
    if (Status ok = read_text(tree, "text", where, comment.text); !ok) return ok;
    std::array<double, 2> position{};
    std::array<double, 2> size = {comment.width, comment.height};
    if (Status ok = read_pair(tree, "position", where, position); !ok) return ok;
    if (Status ok = read_pair(tree, "size", where, size); !ok) return ok;
    comment.position = {position[0], position[1]};
    comment.width = size[0];
    comment.height = size[1];
    comment.extra = unknown_keys(tree, {"id", "text", "position", "size"}, comment.id);
    loaded_.document.comments_.push_back(std::move(comment));
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
    spec->upgrade(node.version, node.params);
    note(Error{.reason = "brought up from version " + std::to_string(node.version) + " of " + node.type +
                         " to version " + std::to_string(spec->version),
               .remedy = "Check its parameters",
               .node = node.id});
    node.version = spec->version;
  }

  void note(Error error) { loaded_.notes.push_back({Problem::Severity::Warning, std::move(error)}); }

  const Registry& registry_;
  Loaded loaded_{};
  std::unordered_set<std::string> nodes_{};
  std::unordered_set<std::string> ids_{};
  std::set<PortRef> inputs_{};
};

Result<Loaded> from_json(std::string_view text, const Registry& registry) {
  try {
    Result<Tree> file = json::parse(text);
    if (!file) return fail(std::move(file.error()));
    if (Status current = json::migrate(*file, kFormatVersion); !current) return fail(std::move(current.error()));
    return DocumentReader(registry).read(*file);
  } catch (const std::exception& e) {
    return fail(Error{.code = ErrorCode::Failed, .reason = std::string("the graph cannot be read: ") + e.what()});
  }
}

}  // namespace feedline
