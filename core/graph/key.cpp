// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/key.h"

#include "graph/path.h"
#include "schema/structure.h"

#include <set>

namespace feedline::inline graph {

std::string KeyScope::key_of(const Node& node) const {
  return node.key.empty() ? join_path(prefix, node.id) : node.key + copies;
}

KeyScope KeyScope::inside(const Node& subgraph, std::size_t copy) const {
  const std::string own = key_of(subgraph);
  if (copy == 1) return {own, copies};
  const std::string path = own + "/" + std::to_string(copy);
  return {path, copies + "@" + path};
}

void KeyScope::give(Node& node, std::string key) const {
  node.key = key == join_path(prefix, node.id) ? std::string() : std::move(key);
}

KeyScope key_scope(const Diagram& document, std::string_view scope) {
  KeyScope keys;
  const Diagram* here = &document;
  while (!scope.empty()) {
    const std::size_t slash = scope.find('/');
    const Node* node = here->find(scope.substr(0, slash));
    if (node == nullptr || !node->inner) break;
    keys = keys.inside(*node);
    here = &*node->inner;
    scope = slash == std::string_view::npos ? std::string_view() : scope.substr(slash + 1);
  }
  return keys;
}

/// Changes the keys that nodes carry, in sub-graphs too.
class KeyChanger {
 public:
  template <class Change>
  static void all(Node& node, const Change& change) {
    change(node.key);
    if (node.inner) inside(*node.inner, change);
  }
  template <class Change>
  static void here(Diagram& diagram, const Change& change) {
    for (Node& node : diagram.nodes_) change(node);
  }
  template <class Change>
  static void inside(Diagram& diagram, const Change& change) {
    for (Node& node : diagram.nodes_) all(node, change);
  }
};

void forget_keys(Node& node) {
  KeyChanger::all(node, [](std::string& key) { key.clear(); });
}

void keep_keys(Diagram& inner, const KeyScope& from, const KeyScope& to) {
  KeyChanger::here(inner, [&](Node& node) {
    if (node.type != kSubgraphInputType && node.type != kSubgraphOutputType) to.give(node, from.key_of(node));
  });
}

void adopt_keys(Diagram& inner, const Diagram& before, const KeyScope& keys) {
  std::set<std::string> by_path;
  for (const Node& node : inner.nodes()) by_path.insert(join_path(keys.prefix, node.id));
  KeyChanger::here(inner, [&](Node& node) {
    const Node* old = before.find(node.id);
    if (old == nullptr || old->type != node.type) return;
    // A node that is new may be called as another was before it was renamed: that key is the new one's by its path.
    if (!old->key.empty() && !by_path.contains(old->key)) node.key = old->key;
    if (node.inner && old->inner) adopt_keys(*node.inner, *old->inner, keys.inside(node));
  });
}

void move_out(Node& node, const std::string& was, const KeyScope& from, const KeyScope& to) {
  Node before{.id = was, .key = node.key};
  if (node.inner)
    KeyChanger::inside(*node.inner, [&](std::string& key) {
      if (!key.empty()) key += from.copies;
    });
  to.give(node, from.key_of(before));
}

}  // namespace feedline::inline graph
