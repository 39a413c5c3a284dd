// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/document.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace feedline::inline graph {

/// A node's key is its identity: random numbers, starting weights and whatever is kept of it hang on it. A node that
/// carries none (Node::key is empty) has its path as key. Renaming, grouping and ungrouping keep the key, and store it
/// where it is not the path any more; a copy gets a new one.
///
/// This is what the keys of a diagram's nodes begin with.
struct KeyScope {
  std::string prefix{};  ///< in front of the ids of nodes that carry no key: the key of the sub-graph, its copy
  std::string copies{};  ///< behind the keys that nodes carry: which copies of repeated sub-graphs they stand in

  [[nodiscard]] std::string key_of(const Node& node) const;
  /// Of what is in this sub-graph, which stands in this scope: `copy` counts from 1, and the first keeps its keys.
  [[nodiscard]] KeyScope inside(const Node& subgraph, std::size_t copy = 1) const;
  /// Lets the node carry this key, or none where the key follows from its id.
  void give(Node& node, std::string key) const;
};

/// Of the diagram at this path, as it was drawn (the first copy's); of the document's own for an empty path.
[[nodiscard]] KeyScope key_scope(const Diagram& document, std::string_view scope);

/// The nodes of `inner` stood in the scope `from` and stand in `to` now: they keep their keys.
void keep_keys(Diagram& inner, const KeyScope& from, const KeyScope& to);

/// Takes the keys of a node and of all that is in it away, as a copy has none.
void forget_keys(Node& node);

/// `inner` takes the place of `before` as what is in a sub-graph; `keys` is the scope there. Nodes of the same id and
/// type go on with the keys that they carry, so that weights which a checkpoint has of them are theirs still.
void adopt_keys(Diagram& inner, const Diagram& before, const KeyScope& keys);

/// A node of a sub-graph that stood in the scope `from`, under the id `was`, and was written out into `to`: it keeps
/// its key, and all that is in it.
void move_out(Node& node, const std::string& was, const KeyScope& from, const KeyScope& to);

}  // namespace feedline::inline graph
