// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/edit.h"

#include "graph/document.h"
#include "graph/identifiers.h"

#include <algorithm>
#include <cmath>

namespace feedline {
namespace {

bool finite(const Position& p) { return std::isfinite(p.x) && std::isfinite(p.y); }

bool finite(const Value& value) {
  const auto* real = std::get_if<double>(&value);
  return real == nullptr || std::isfinite(*real);
}

/// `at` of an edit as an index into a list of `size`; past the end means the end.
std::ptrdiff_t index_in(std::size_t size, const std::optional<std::size_t>& at) {
  return static_cast<std::ptrdiff_t>(std::min(at.value_or(size), size));
}

tl::unexpected<Error> no_such(std::string_view what, const std::string& id) {
  return fail(Error{.reason = "there is no such " + std::string(what), .node = id});
}

constexpr auto kNotFinite = "a number is not finite";

}  // namespace

/// Carries out one elementary edit and gives its inverse; checks first, then changes, so an error changes nothing.
struct EditApplier {
  Document& document;

  Result<Edit> operator()(const Edit::List& list) {
    Edit::List inverse;
    inverse.reserve(list.size());
    for (const Edit& edit : list) {
      Result<Edit> undo = std::visit(*this, edit.change);
      if (!undo) {
        for (auto done = inverse.rbegin(); done != inverse.rend(); ++done) (void)std::visit(*this, done->change);
        return undo;
      }
      inverse.push_back(std::move(*undo));
    }
    std::reverse(inverse.begin(), inverse.end());
    return Edit{std::move(inverse)};
  }

  Result<Edit> operator()(const AddNode& edit) {
    const Node& node = edit.node;
    if (Status free = check_new_id(node.id); !free) return fail(std::move(free.error()));
    if (!finite(node.position)) return fail(Error{.reason = kNotFinite, .node = node.id});
    for (const auto& [name, value] : node.params)
      if (!finite(value)) return fail(Error{.reason = kNotFinite, .node = node.id, .parameter = name});
    auto& nodes = document.nodes_;
    nodes.insert(nodes.begin() + index_in(nodes.size(), edit.at), node);
    return Edit{RemoveNode{node.id}};
  }

  Result<Edit> operator()(const RemoveNode& edit) {
    if (document.find_comment(edit.id) != nullptr) return (*this)(RemoveComment{edit.id});
    const Node* node = document.find(edit.id);
    if (node == nullptr) return no_such("node", edit.id);

    auto& nodes = document.nodes_;
    const auto at = node - nodes.data();
    Edit::List inverse;
    inverse.push_back({AddNode{*node, static_cast<std::size_t>(at)}});
    const auto touches = [&](const Link& l) { return l.from.node == edit.id || l.to.node == edit.id; };
    for (std::size_t i = 0; i < document.links_.size(); ++i)
      if (touches(document.links_[i])) inverse.push_back({AddLink{document.links_[i], i}});
    std::erase_if(document.links_, touches);
    nodes.erase(nodes.begin() + at);
    return Edit{std::move(inverse)};
  }

  Result<Edit> operator()(const AddLink& edit) {
    const Link& link = edit.link;
    for (const PortRef* end : {&link.from, &link.to}) {
      if (document.find(end->node) == nullptr) return no_such("node", end->node);
      if (end->port.empty()) return fail(Error{.reason = "a wire needs a port at both ends", .node = end->node});
    }
    if (const Link* taken = document.link_into(link.to))
      return fail(Error{.reason = "the input already takes a wire from " + taken->from.text(),
                        .remedy = "Remove that wire first",
                        .node = link.to.node,
                        .port = link.to.port});
    auto& links = document.links_;
    links.insert(links.begin() + index_in(links.size(), edit.at), link);
    return Edit{RemoveLink{link.to}};
  }

  Result<Edit> operator()(const RemoveLink& edit) {
    const Link* link = document.link_into(edit.to);
    if (link == nullptr) return fail(Error{.reason = "no wire ends here", .node = edit.to.node, .port = edit.to.port});
    auto& links = document.links_;
    const auto at = link - links.data();
    Edit inverse{AddLink{*link, static_cast<std::size_t>(at)}};
    links.erase(links.begin() + at);
    return inverse;
  }

  Result<Edit> operator()(const SetParam& edit) {
    Node* node = find(edit.node);
    if (node == nullptr) return no_such("node", edit.node);
    if (edit.value && !finite(*edit.value))
      return fail(Error{.reason = kNotFinite, .node = edit.node, .parameter = edit.param});
    const auto old = node->params.find(edit.param);
    SetParam inverse{edit.node, edit.param, std::nullopt};
    if (old != node->params.end()) inverse.value = old->second;
    if (edit.value)
      node->params.insert_or_assign(edit.param, *edit.value);
    else if (old != node->params.end())
      node->params.erase(old);
    return Edit{std::move(inverse)};
  }

  Result<Edit> operator()(const MoveNodes& edit) {
    for (const auto& [id, position] : edit.to) {
      if (document.find(id) == nullptr && document.find_comment(id) == nullptr) return no_such("node", id);
      if (!finite(position)) return fail(Error{.reason = kNotFinite, .node = id});
    }
    MoveNodes inverse;
    for (const auto& [id, position] : edit.to) {
      Node* node = find(id);
      Position& here = node != nullptr ? node->position : find_comment(id)->position;
      inverse.to.emplace_back(id, here);
      here = position;
    }
    std::reverse(inverse.to.begin(), inverse.to.end());  // an id may stand twice
    return Edit{std::move(inverse)};
  }

  Result<Edit> operator()(const RenameNode& edit) {
    Node* node = find(edit.from);
    if (node == nullptr) return no_such("node", edit.from);
    if (edit.from != edit.to)
      if (Status free = check_new_id(edit.to); !free) return fail(std::move(free.error()));
    Edit inverse{RenameNode{edit.to, edit.from}};
    const std::string from = edit.from;  // edit.from may alias the id that changes
    node->id = edit.to;
    for (Link& link : document.links_)
      for (PortRef* end : {&link.from, &link.to})
        if (end->node == from) end->node = node->id;
    return inverse;
  }

  Result<Edit> operator()(const SetNodeComment& edit) {
    Node* node = find(edit.node);
    if (node == nullptr) return no_such("node", edit.node);
    Edit inverse{SetNodeComment{edit.node, node->comment}};
    node->comment = edit.text;
    return inverse;
  }

  Result<Edit> operator()(const AddComment& edit) {
    if (Status free = check_new_id(edit.comment.id); !free) return fail(std::move(free.error()));
    if (Status sound = check_frame(edit.comment); !sound) return fail(std::move(sound.error()));
    auto& comments = document.comments_;
    comments.insert(comments.begin() + index_in(comments.size(), edit.at), edit.comment);
    return Edit{RemoveComment{edit.comment.id}};
  }

  Result<Edit> operator()(const RemoveComment& edit) {
    const Comment* comment = document.find_comment(edit.id);
    if (comment == nullptr) return no_such("comment", edit.id);
    auto& comments = document.comments_;
    const auto at = comment - comments.data();
    Edit inverse{AddComment{*comment, static_cast<std::size_t>(at)}};
    comments.erase(comments.begin() + at);
    return inverse;
  }

  Result<Edit> operator()(const ChangeComment& edit) {
    Comment* comment = find_comment(edit.comment.id);
    if (comment == nullptr) return no_such("comment", edit.comment.id);
    if (Status sound = check_frame(edit.comment); !sound) return fail(std::move(sound.error()));
    Edit inverse{ChangeComment{*comment}};
    comment->text = edit.comment.text;
    comment->position = edit.comment.position;
    comment->width = edit.comment.width;
    comment->height = edit.comment.height;
    return inverse;
  }

  Result<Edit> operator()(const SetTitle& edit) {
    Edit inverse{SetTitle{document.title_}};
    document.title_ = edit.title;
    return inverse;
  }

 private:
  Node* find(std::string_view id) { return const_cast<Node*>(document.find(id)); }
  Comment* find_comment(std::string_view id) { return const_cast<Comment*>(document.find_comment(id)); }

  /// Nodes and comments share one space of ids, so that a selection is a list of ids.
  Status check_new_id(const std::string& id) const {
    if (!is_id(id))
      return fail(Error{.reason = "'" + id + "' cannot be a name",
                        .remedy = "Use letters, digits, _ and -, a letter first, at most 64"});
    if (document.find(id) != nullptr || document.find_comment(id) != nullptr)
      return fail(Error{.reason = "the name is taken", .remedy = "Choose another", .node = id});
    return {};
  }

  static Status check_frame(const Comment& comment) {
    if (finite(comment.position) && std::isfinite(comment.width) && std::isfinite(comment.height)) return {};
    return fail(Error{.reason = kNotFinite, .node = comment.id});
  }
};

Result<Edit> Document::apply(const Edit& edit) { return std::visit(EditApplier{*this}, edit.change); }

Edit remove_nodes(const std::vector<std::string>& ids) {
  Edit::List list;
  for (const std::string& id : ids) list.push_back({RemoveNode{id}});
  return Edit{std::move(list)};
}

}  // namespace feedline
