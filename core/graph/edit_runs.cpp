// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/edit_runs.h"

#include "graph/identifiers.h"
#include "schema/structure.h"

#include <limits>
#include <set>

namespace feedline::inline graph {
namespace {

/// A thing and the place where it is to be inserted; kAtEnd: behind all others.
template <class T>
using Placed = std::pair<std::size_t, T>;
constexpr std::size_t kAtEnd = std::numeric_limits<std::size_t>::max();

/// Inserts all of them, with the result that inserting one after the other has, in linear time. False, and nothing is
/// changed, where their places do not rise.
template <class T>
bool insert_rising(std::vector<T>& list, std::vector<Placed<T>>& added) {
  std::size_t least = 0;
  for (std::size_t i = 0; i < added.size(); ++i) {
    const std::size_t at = added[i].first;
    if (at == kAtEnd) {
      least = kAtEnd;
      continue;
    }
    if (at < least || at > list.size() + i) return false;
    least = at + 1;
  }
  std::vector<T> merged;
  merged.reserve(list.size() + added.size());
  std::size_t next = 0;
  for (T& old : list) {
    while (next < added.size() && added[next].first == merged.size()) merged.push_back(std::move(added[next++].second));
    merged.push_back(std::move(old));
  }
  while (next < added.size()) merged.push_back(std::move(added[next++].second));
  list = std::move(merged);
  return true;
}

}  // namespace

const Node* EditIndex::find(std::string_view path) {
  if (nodes_.empty()) {
    if (++nodes_asked_ < kPatience) return diagram_.find(path);
    const auto& nodes = diagram_.nodes();
    nodes_.reserve(nodes.size());
    for (std::size_t i = 0; i < nodes.size(); ++i) nodes_.emplace(nodes[i].id, i);
  }
  const auto found = nodes_.find(path);
  if (found != nodes_.end()) return &diagram_.nodes()[found->second];
  return path.find('/') == std::string_view::npos ? nullptr : diagram_.find(path);
}

const Link* EditIndex::link_into(const PortRef& input) {
  if (links_.empty()) {
    if (++links_asked_ < kPatience) return diagram_.link_into(input);
    const auto& links = diagram_.links();
    links_.reserve(links.size());
    for (std::size_t i = 0; i < links.size(); ++i) links_.emplace(End(links[i].to.node, links[i].to.port), i);
  }
  const auto found = links_.find(End(input.node, input.port));
  return found == links_.end() ? nullptr : &diagram_.links()[found->second];
}

void EditIndex::forget() {
  nodes_.clear();
  links_.clear();
}

std::size_t end_of_run(const Edit::List& list, std::size_t begin) {
  const auto run_of = [&]<class T>(const T*) {
    std::size_t end = begin;
    while (end < list.size() && std::holds_alternative<T>(list[end].change)) ++end;
    return end;
  };
  const auto& first = list[begin].change;
  if (std::holds_alternative<AddNode>(first)) return run_of(static_cast<const AddNode*>(nullptr));
  if (std::holds_alternative<RemoveNode>(first)) return run_of(static_cast<const RemoveNode*>(nullptr));
  if (std::holds_alternative<AddLink>(first)) return run_of(static_cast<const AddLink*>(nullptr));
  if (std::holds_alternative<RemoveLink>(first)) return run_of(static_cast<const RemoveLink*>(nullptr));
  return begin;
}

std::optional<Edit> add_nodes(std::vector<Node>& nodes, std::unordered_set<std::string_view> taken,
                              const Edit::List& list, std::size_t begin, std::size_t end,
                              const std::function<bool(const Node&)>& sound) {
  std::vector<Placed<Node>> added;
  Edit::List undo;
  for (std::size_t i = begin; i < end; ++i) {
    const auto& [node, at] = std::get<AddNode>(list[i].change);
    if (!is_id(node.id) || !taken.insert(node.id).second || !sound(node)) return std::nullopt;
    added.emplace_back(at.value_or(kAtEnd), with_inside(node));
    undo.push_back({RemoveNode{node.id}});
  }
  if (!insert_rising(nodes, added)) return std::nullopt;
  return Edit{std::move(undo)};
}

std::optional<Edit> take_nodes(std::vector<Node>& nodes, std::vector<Link>& links, const Edit::List& list,
                               std::size_t begin, std::size_t& end) {
  std::unordered_map<std::string_view, bool> gone;
  for (const Node& node : nodes) gone.emplace(node.id, false);
  std::size_t last = begin;
  for (; last < end; ++last) {
    const auto found = gone.find(std::get<RemoveNode>(list[last].change).id);
    if (found == gone.end() || found->second) break;
    found->second = true;
  }
  if (last < begin + kShortestRun) return std::nullopt;
  end = last;
  const auto goes = [&](const std::string& id) {
    const auto found = gone.find(id);
    return found != gone.end() && found->second;
  };
  Edit::List undo;
  for (std::size_t i = 0; i < nodes.size(); ++i)
    if (goes(nodes[i].id)) undo.push_back({AddNode{nodes[i], i}});
  const auto touches = [&](const Link& link) { return goes(link.from.node) || goes(link.to.node); };
  for (std::size_t i = 0; i < links.size(); ++i)
    if (touches(links[i])) undo.push_back({AddLink{links[i], i}});
  std::erase_if(links, touches);
  std::vector<Node> kept;  // `gone` looks at the ids, which must stay where they are
  for (const Node& node : nodes)
    if (!goes(node.id)) kept.push_back(node);
  nodes = std::move(kept);
  return Edit{std::move(undo)};
}

std::optional<Edit> add_links(std::vector<Link>& links, const Edit::List& list, std::size_t begin, std::size_t end,
                              const std::function<bool(const Link&)>& sound) {
  std::set<PortRef> taken;
  for (const Link& link : links) taken.insert(link.to);
  std::vector<Placed<Link>> added;
  Edit::List undo;
  for (std::size_t i = begin; i < end; ++i) {
    const auto& [link, at] = std::get<AddLink>(list[i].change);
    if (!taken.insert(link.to).second || !sound(link)) return std::nullopt;
    added.emplace_back(at.value_or(kAtEnd), link);
    undo.push_back({RemoveLink{link.to}});
  }
  if (!insert_rising(links, added)) return std::nullopt;
  return Edit{std::move(undo)};
}

std::optional<Edit> take_links(std::vector<Link>& links, const Edit::List& list, std::size_t begin, std::size_t end) {
  std::set<PortRef> gone;
  for (std::size_t i = begin; i < end; ++i)
    if (!gone.insert(std::get<RemoveLink>(list[i].change).to).second) return std::nullopt;
  Edit::List undo;
  for (std::size_t i = 0; i < links.size(); ++i)
    if (gone.contains(links[i].to)) undo.push_back({AddLink{links[i], i}});
  if (undo.size() != gone.size()) return std::nullopt;  // some input has no wire
  std::erase_if(links, [&](const Link& link) { return gone.contains(link.to); });
  return Edit{std::move(undo)};
}

Node with_inside(Node node) {
  if (node.type == kSubgraphType && !node.inner) node.inner = Boxed<Diagram>(Diagram());
  return node;
}

}  // namespace feedline::inline graph
