// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/edit.h"

#include "graph/document.h"
#include "graph/edit_runs.h"
#include "graph/free_ids.h"
#include "graph/identifiers.h"
#include "graph/key.h"
#include "graph/path.h"
#include "schema/structure.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <unordered_set>

namespace feedline::inline graph {
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

bool is_port(const Node& node) { return node.type == kSubgraphInputType || node.type == kSubgraphOutputType; }

std::vector<std::pair<std::string, std::string>> ports_of(const Diagram& diagram) {  // type, name
  std::vector<std::pair<std::string, std::string>> ports;
  for (const Node& node : diagram.nodes())
    if (is_port(node)) ports.emplace_back(node.type, node.id);
  return ports;
}

/// Ports of a sub-graph are as much part of the structure as nodes; those of others are their types' business.
bool has_port(const Node& node, const std::string& port, bool input) {
  if (!node.inner) return true;
  const Node* inside = node.inner->find(port);
  return inside != nullptr && inside->type == (input ? kSubgraphInputType : kSubgraphOutputType);
}

/// Sub-graphs inside each other, counting this node.
std::size_t nesting(const Node& node) {
  if (!node.inner) return 0;
  std::size_t deepest = 0;
  for (const Node& inside : node.inner->nodes()) deepest = std::max(deepest, nesting(inside));
  return deepest + 1;
}

tl::unexpected<Error> no_such(std::string_view what, const std::string& id) {
  return fail(Error{.reason = "there is no such " + std::string(what), .node = id});
}

constexpr auto kNotFinite = "a number is not finite";

}  // namespace

/// Carries out one elementary edit and gives its inverse; checks first, then changes, so an error changes nothing.
struct EditApplier {
  Diagram& diagram;
  Document* document = nullptr;  ///< only where the diagram is a document's own
  Diagram* parent = nullptr;     ///< the diagram that holds the sub-graph `self` whose inside this is
  std::string self{};
  std::size_t depth = 0;
  KeyScope keys{};  ///< of the diagram
  EditIndex index{diagram};

  Result<Edit> operator()(const Edit::List& list) {
    Edit::List inverse;
    for (std::size_t i = 0; i < list.size();) {
      std::size_t end = end_of_run(list, i);
      std::optional<Edit> together = end >= i + kShortestRun ? run(list, i, end) : std::nullopt;
      if (together) inverse.push_back(std::move(*together));
      for (end = std::max(end, i + 1); i < end && !together; ++i) {
        Result<Edit> undo = std::visit(*this, list[i].change);
        if (!undo) {
          for (auto done = inverse.rbegin(); done != inverse.rend(); ++done) (void)std::visit(*this, done->change);
          return undo;
        }
        inverse.push_back(std::move(*undo));
      }
      i = end;
    }
    std::reverse(inverse.begin(), inverse.end());
    return Edit{std::move(inverse)};
  }

  Result<Edit> operator()(const AddNode& edit) {
    if (Status free = check_new_id(edit.node.id); !free) return fail(std::move(free.error()));
    if (Status sound = check_content(edit.node); !sound) return fail(std::move(sound.error()));
    auto& nodes = diagram.nodes_;
    const auto added = nodes.insert(nodes.begin() + index_in(nodes.size(), edit.at), with_inside(edit.node));
    index.forget();
    return Edit{RemoveNode{added->id}};
  }

  Result<Edit> operator()(const RemoveNode& edit) {
    if (const std::string_view scope = scope_of(edit.id); !scope.empty())
      return (*this)(Within{std::string(scope), {{RemoveNode{std::string(leaf_of(edit.id))}}}});
    if (diagram.find_comment(edit.id) != nullptr) return (*this)(RemoveComment{edit.id});
    if (diagram.find_frame(edit.id) != nullptr) return (*this)(RemoveFrame{edit.id});
    const Node* node = diagram.find(edit.id);
    if (node == nullptr) return no_such("node", edit.id);

    auto& nodes = diagram.nodes_;
    const auto at = node - nodes.data();
    Edit::List inverse;
    inverse.push_back({AddNode{*node, static_cast<std::size_t>(at)}});
    const auto touches = [&](const Link& l) { return l.from.node == edit.id || l.to.node == edit.id; };
    for (std::size_t i = 0; i < diagram.links_.size(); ++i)
      if (touches(diagram.links_[i])) inverse.push_back({AddLink{diagram.links_[i], i}});
    std::erase_if(diagram.links_, touches);
    nodes.erase(nodes.begin() + at);
    index.forget();
    return Edit{std::move(inverse)};
  }

  Result<Edit> operator()(const AddLink& edit) {
    const Link& link = edit.link;
    if (Status sound = check_ends(link); !sound) return fail(std::move(sound.error()));
    if (const Link* taken = diagram.link_into(link.to))
      return fail(Error{.reason = "the input already takes a wire from " + taken->from.text(),
                        .remedy = "Remove that wire first",
                        .node = link.to.node,
                        .port = link.to.port});
    auto& links = diagram.links_;
    links.insert(links.begin() + index_in(links.size(), edit.at), link);
    index.forget();
    return Edit{RemoveLink{link.to}};
  }

  Result<Edit> operator()(const RemoveLink& edit) {
    const Link* link = diagram.link_into(edit.to);
    if (link == nullptr) return fail(Error{.reason = "no wire ends here", .node = edit.to.node, .port = edit.to.port});
    auto& links = diagram.links_;
    const auto at = link - links.data();
    Edit inverse{AddLink{*link, static_cast<std::size_t>(at)}};
    links.erase(links.begin() + at);
    index.forget();
    return inverse;
  }

  Result<Edit> operator()(const SetWirePoints& edit) {
    Link* link = const_cast<Link*>(index.link_into(edit.to));
    if (link == nullptr) return fail(Error{.reason = "no wire ends here", .node = edit.to.node, .port = edit.to.port});
    if (!std::all_of(edit.via.begin(), edit.via.end(), [](const Position& p) { return finite(p); }))
      return fail(Error{.reason = kNotFinite, .node = edit.to.node});
    return Edit{SetWirePoints{edit.to, std::exchange(link->via, edit.via)}};
  }

  Result<Edit> operator()(const SetMuted& edit) {
    Node* node = find(edit.node);
    if (node == nullptr) return no_such("node", edit.node);
    return Edit{SetMuted{edit.node, std::exchange(node->muted, edit.muted)}};
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
      if (place(id) == nullptr) return no_such("node", id);
      if (!finite(position)) return fail(Error{.reason = kNotFinite, .node = id});
    }
    MoveNodes inverse;
    for (const auto& [id, position] : edit.to) {
      Position& here = *place(id);
      inverse.to.emplace_back(id, here);
      here = position;
    }
    std::reverse(inverse.to.begin(), inverse.to.end());  // an id may stand twice
    return Edit{std::move(inverse)};
  }

  Result<Edit> operator()(const RenameNode& edit) {
    if (const std::string_view scope = scope_of(edit.from); !scope.empty())
      return (*this)(Within{std::string(scope), {{RenameNode{std::string(leaf_of(edit.from)), edit.to}}}});
    Node* node = find(edit.from);
    if (node == nullptr) return no_such("node", edit.from);
    if (edit.from != edit.to)
      if (Status free = check_new_id(edit.to); !free) return fail(std::move(free.error()));
    Edit inverse{RenameNode{edit.to, edit.from}};
    const std::string from = edit.from;  // edit.from may alias the id that changes
    rename_outside(*node, from, edit.to);
    index.forget();
    std::string key = keys.key_of(*node);
    node->id = edit.to;
    if (!is_port(*node)) keys.give(*node, std::move(key));
    for (Link& link : diagram.links_)
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
    auto& comments = diagram.comments_;
    comments.insert(comments.begin() + index_in(comments.size(), edit.at), edit.comment);
    return Edit{RemoveComment{edit.comment.id}};
  }

  Result<Edit> operator()(const RemoveComment& edit) {
    const Comment* comment = diagram.find_comment(edit.id);
    if (comment == nullptr) return no_such("comment", edit.id);
    auto& comments = diagram.comments_;
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

  Result<Edit> operator()(const AddFrame& edit) {
    if (Status free = check_new_id(edit.frame.id); !free) return fail(std::move(free.error()));
    if (Status sound = check_frame(edit.frame); !sound) return fail(std::move(sound.error()));
    auto& frames = diagram.frames_;
    frames.insert(frames.begin() + index_in(frames.size(), edit.at), edit.frame);
    return Edit{RemoveFrame{edit.frame.id}};
  }

  Result<Edit> operator()(const RemoveFrame& edit) {
    const Frame* frame = diagram.find_frame(edit.id);
    if (frame == nullptr) return no_such("frame", edit.id);
    auto& frames = diagram.frames_;
    const auto at = frame - frames.data();
    Edit inverse{AddFrame{*frame, static_cast<std::size_t>(at)}};
    frames.erase(frames.begin() + at);
    return inverse;
  }

  Result<Edit> operator()(const ChangeFrame& edit) {
    Frame* frame = const_cast<Frame*>(diagram.find_frame(edit.frame.id));
    if (frame == nullptr) return no_such("frame", edit.frame.id);
    if (Status sound = check_frame(edit.frame); !sound) return fail(std::move(sound.error()));
    Edit inverse{ChangeFrame{*frame}};
    Frame changed = edit.frame;
    changed.extra = frame->extra;
    *frame = std::move(changed);
    return inverse;
  }

  Result<Edit> operator()(const SetOrigin& edit) {
    Node* node = find(edit.node);
    if (node == nullptr || !node->inner) return no_such("sub-graph", edit.node);
    return Edit{SetOrigin{edit.node, std::exchange(node->origin, edit.origin)}};
  }

  Result<Edit> operator()(const SetInside& edit) {
    if (const std::string_view scope = scope_of(edit.node); !scope.empty())
      return (*this)(
          Within{std::string(scope), {{SetInside{std::string(leaf_of(edit.node)), edit.inner, edit.origin}}}});
    Node* node = find_here(edit.node);
    if (node == nullptr || !node->inner) return no_such("sub-graph", edit.node);
    const Node filled{.id = node->id, .type = node->type, .inner = Boxed<Diagram>(edit.inner)};
    if (Status sound = check_content(filled); !sound) return fail(std::move(sound.error()));
    const auto before = ports_of(*node->inner);
    SetInside back{edit.node, std::exchange(*node->inner, edit.inner), std::exchange(node->origin, edit.origin)};
    Edit::List inverse;
    inverse.push_back({std::move(back)});
    take_wires_of_lost_ports(*node, before, inverse);
    index.forget();  // paths lead to other nodes, and wires may be gone
    if (inverse.size() == 1) return std::move(inverse.front());
    return Edit{std::move(inverse)};
  }

  Result<Edit> operator()(const SetTitle& edit) {
    if (document == nullptr) return fail("only a whole document has a title");
    return Edit{SetTitle{std::exchange(document->title_, edit.title)}};
  }

  Result<Edit> operator()(const Within& edit) {
    if (edit.scope.empty()) return (*this)(edit.edits);
    const std::size_t slash = edit.scope.find('/');
    const std::string id = edit.scope.substr(0, slash);
    Node* node = find_here(id);
    if (node == nullptr || !node->inner) return no_such("sub-graph", id);

    const auto before = ports_of(*node->inner);
    EditApplier inside{
        .diagram = *node->inner, .parent = &diagram, .self = id, .depth = depth + 1, .keys = keys.inside(*node)};
    Result<Edit> undo =
        slash == std::string::npos ? inside(edit.edits) : inside(Within{edit.scope.substr(slash + 1), edit.edits});
    if (!undo) return undo;
    Edit::List inverse;
    inverse.push_back({Within{id, {std::move(*undo)}}});
    take_wires_of_lost_ports(*node, before, inverse);
    index.forget();  // wires may be gone, or have new ends
    if (inverse.size() == 1) return std::move(inverse.front());
    return Edit{std::move(inverse)};
  }

 private:
  /// The run of edits that begins here, together; none, and nothing has changed, where they must be carried out one by
  /// one.
  std::optional<Edit> run(const Edit::List& list, std::size_t begin, std::size_t& end) {
    const auto& first = list[begin].change;
    std::optional<Edit> undo;
    if (std::holds_alternative<AddNode>(first))
      undo = add_nodes(diagram.nodes_, ids_of(diagram), list, begin, end,
                       [this](const Node& node) { return check_content(node).has_value(); });
    if (std::holds_alternative<RemoveNode>(first)) undo = take_nodes(diagram.nodes_, diagram.links_, list, begin, end);
    if (std::holds_alternative<AddLink>(first))
      undo = add_links(diagram.links_, list, begin, end,
                       [this](const Link& link) { return check_ends(link).has_value(); });
    if (std::holds_alternative<RemoveLink>(first)) undo = take_links(diagram.links_, list, begin, end);
    if (undo) index.forget();
    return undo;
  }

  /// Apart from its id.
  [[nodiscard]] Status check_content(const Node& node) const {
    if (!finite(node.position)) return fail(Error{.reason = kNotFinite, .node = node.id});
    for (const auto& [name, value] : node.params)
      if (!finite(value)) return fail(Error{.reason = kNotFinite, .node = node.id, .parameter = name});
    const bool subgraph = node.type == kSubgraphType;
    if (node.inner && !subgraph)
      return fail(Error{.reason = "a " + node.type + " node cannot hold other nodes", .node = node.id});
    if (depth + std::max<std::size_t>(nesting(node), subgraph ? 1 : 0) > kMaxNesting)
      return fail(Error{.reason = "sub-graphs cannot be nested deeper than " + std::to_string(kMaxNesting),
                        .remedy = "Ungroup one of them",
                        .node = node.id});
    return {};
  }

  /// Whether the input is free is not asked.
  [[nodiscard]] Status check_ends(const Link& link) {
    if (!std::all_of(link.via.begin(), link.via.end(), [](const Position& p) { return finite(p); }))
      return fail(Error{.reason = kNotFinite, .node = link.to.node});
    for (const PortRef* end : {&link.from, &link.to}) {
      const Node* node = find_here(end->node);
      if (node == nullptr) return no_such("node", end->node);
      if (end->port.empty()) return fail(Error{.reason = "a wire needs a port at both ends", .node = end->node});
      if (!has_port(*node, end->port, end == &link.to))
        return fail(Error{.reason = "the sub-graph has no such port", .node = end->node, .port = end->port});
    }
    return {};
  }

  Node* find(std::string_view path) { return const_cast<Node*>(index.find(path)); }
  Node* find_here(std::string_view id) { return id.find('/') == std::string_view::npos ? find(id) : nullptr; }
  /// Of a node, note or frame; null if there is none.
  Position* place(std::string_view id) {
    if (Node* node = find(id)) return &node->position;
    if (Comment* comment = find_comment(id)) return &comment->position;
    Frame* frame = const_cast<Frame*>(diagram.find_frame(id));
    return frame == nullptr ? nullptr : &frame->position;
  }

  /// A port node is about to be renamed: the wires at that port of the sub-graph follow.
  void rename_outside(const Node& node, const std::string& from, const std::string& to) const {
    if (parent == nullptr || !is_port(node)) return;
    for (Link& link : parent->links_) {
      PortRef& end = node.type == kSubgraphInputType ? link.to : link.from;
      if (end == PortRef{self, from}) end.port = to;
    }
  }

  /// Ports that went take the wires outside with them, as a removed node does; `inverse` brings those back at its end.
  void take_wires_of_lost_ports(const Node& node, const std::vector<std::pair<std::string, std::string>>& before,
                                Edit::List& inverse) {
    const auto after = ports_of(*node.inner);
    if (before == after) return;
    // A renamed port stands in `after` under its new name, and no wire names the old one any more.
    const auto lost = [&](const Link& link) {
      const auto gone = [&](std::string_view type, const std::string& name) {
        const std::pair<std::string, std::string> port(type, name);
        return std::find(before.begin(), before.end(), port) != before.end() &&
               std::find(after.begin(), after.end(), port) == after.end();
      };
      return (link.to.node == node.id && gone(kSubgraphInputType, link.to.port)) ||
             (link.from.node == node.id && gone(kSubgraphOutputType, link.from.port));
    };
    for (std::size_t i = 0; i < diagram.links_.size(); ++i)
      if (lost(diagram.links_[i])) inverse.push_back({AddLink{diagram.links_[i], i}});
    std::erase_if(diagram.links_, lost);
  }

  Comment* find_comment(std::string_view id) { return const_cast<Comment*>(diagram.find_comment(id)); }

  /// Nodes and comments share one space of ids, so that a selection is a list of ids.
  Status check_new_id(const std::string& id) const {
    if (!is_id(id))
      return fail(Error{.reason = "'" + id + "' cannot be a name",
                        .remedy = "Use letters, digits, _ and -, a letter first, at most 64"});
    if (diagram.has(id)) return fail(Error{.reason = "the name is taken", .remedy = "Choose another", .node = id});
    return {};
  }

  /// Of a note or a frame.
  template <class T>
  static Status check_frame(const T& sheet) {
    if (finite(sheet.position) && std::isfinite(sheet.width) && std::isfinite(sheet.height)) return {};
    return fail(Error{.reason = kNotFinite, .node = sheet.id});
  }
};

Result<Edit> Diagram::apply(const Edit& edit) { return std::visit(EditApplier{.diagram = *this}, edit.change); }

Result<Edit> Document::apply(const Edit& edit) {
  return std::visit(EditApplier{.diagram = *this, .document = this}, edit.change);
}

}  // namespace feedline::inline graph
