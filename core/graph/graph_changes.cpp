// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/graph_changes.h"

#include "graph/path.h"
#include "graph/subgraph.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

namespace feedline::inline graph {
namespace {

using NodesByPath = std::map<std::string, const Node*>;

NodesByPath nodes_by_path(const Document& document) {
  NodesByPath nodes;
  each_node(document, [&](const std::string& path, const Node& node) { nodes.emplace(path, &node); });
  return nodes;
}

void add_wires(std::set<std::string>& wires, const Diagram& diagram, const std::string& scope,
               const NodesByPath& other) {
  for (const Link& link : diagram.links()) {
    const std::string from = join_path(scope, link.from.node);
    const std::string to = join_path(scope, link.to.node);
    if (other.count(from) > 0 && other.count(to) > 0)
      wires.insert(from + '.' + link.from.port + ' ' + to + '.' + link.to.port);
  }
  for (const Node& node : diagram.nodes()) {
    const std::string path = join_path(scope, node.id);
    if (node.muted && other.count(path) > 0) wires.insert("muted " + path);
    if (node.inner) add_wires(wires, *node.inner, path, other);
  }
}

/// Wires between nodes that the other graph has too, and which of those are muted.
std::set<std::string> wires_of(const Document& document, const NodesByPath& other) {
  std::set<std::string> wires;
  add_wires(wires, document, "", other);
  return wires;
}

void compare_parameters(const std::string& path, const Node& before, const Node& after, GraphChanges& changes) {
  const ParamMap old_values = complete_params(before);
  const ParamMap new_values = complete_params(after);
  const auto text = [](const ParamMap& values, const std::string& name) {
    const auto found = values.find(name);
    return found == values.end() ? std::string() : to_text(found->second);
  };
  std::set<std::string> names;
  for (const auto* values : {&old_values, &new_values})
    for (const auto& [name, value] : *values) names.insert(name);
  for (const std::string& name : names)
    if (text(old_values, name) != text(new_values, name))
      changes.parameters.push_back({path + '.' + name, text(old_values, name), text(new_values, name)});
}

std::string some_of(const std::vector<std::string>& items) {
  std::string text;
  const std::size_t named = std::min(items.size(), kNamedChanges);
  for (std::size_t i = 0; i < named; ++i) {
    if (i > 0) text += i + 1 == items.size() ? " and " : ", ";
    text += items[i];
  }
  return items.size() > named ? fmt::format("{} and {} more", text, items.size() - named) : text;
}

std::string shown_value(const std::string& value) { return value.empty() ? "nothing" : value; }

}  // namespace

ParamMap complete_params(const Node& node) {
  const NodeSpec* spec = Registry::instance().find(node.type);
  return spec != nullptr ? spec->complete(node.params) : node.params;
}

GraphChanges compare_graphs(const Document& before, const Document& after) {
  const NodesByPath old_nodes = nodes_by_path(before);
  const NodesByPath new_nodes = nodes_by_path(after);
  GraphChanges changes;
  NodesByPath both;
  for (const auto& [path, node] : new_nodes) {
    const auto old = old_nodes.find(path);
    if (old != old_nodes.end() && old->second->type == node->type) {
      both.emplace(path, node);
      compare_parameters(path, *old->second, *node, changes);
    } else {
      changes.added.push_back(path);
    }
  }
  for (const auto& [path, node] : old_nodes)
    if (both.count(path) == 0) changes.removed.push_back(path);
  changes.wiring = wires_of(before, both) != wires_of(after, both);
  return changes;
}

std::string sentence_of(const GraphChanges& changes) {
  std::vector<std::string> parts;
  if (!changes.parameters.empty()) {
    std::vector<std::string> items;
    for (const auto& p : changes.parameters)
      items.push_back(fmt::format("{} went from {} to {}", p.name, shown_value(p.before), shown_value(p.after)));
    parts.push_back(some_of(items));
  }
  if (!changes.added.empty())
    parts.push_back(some_of(changes.added) + (changes.added.size() == 1 ? " was added" : " were added"));
  if (!changes.removed.empty())
    parts.push_back(some_of(changes.removed) + (changes.removed.size() == 1 ? " was removed" : " were removed"));
  if (changes.wiring) parts.emplace_back("the wiring changed");
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : "; ") + part;
  return text.empty() ? "The graph is the same" : text;
}

}  // namespace feedline::inline graph
