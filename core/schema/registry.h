// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "schema/node_spec.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline schema {

/// All node types by name. The shared instance is filled once from a generated list of the node files, so that adding
/// a node touches its own file only, and is immutable afterwards (safe to read from any thread).
class Registry {
 public:
  /// Every node of core/nodes.
  [[nodiscard]] static const Registry& instance();

  void add(NodeSpec spec);
  /// The same for what `describe` returns: a node's file then need not know how to destroy a spec.
  void add(NodeSpec (*describe)());
  /// Null if there is no such type.
  [[nodiscard]] const NodeSpec* find(std::string_view type) const;
  /// All, by category, then title.
  [[nodiscard]] std::vector<const NodeSpec*> all() const;
  /// The registered type that is nearest in spelling, for "did you mean"; empty if none is near.
  [[nodiscard]] std::string nearest(std::string_view type) const;

 private:
  std::map<std::string, NodeSpec, std::less<>> specs_{};
};

/// Defined in the generated all_nodes.cpp.
void register_all_nodes(Registry& registry);

/// The candidate that is nearest to `word` in edit distance, if at most a third of its letters differ; else empty.
[[nodiscard]] std::string nearest_word(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace feedline::inline schema

/// Ends a node's file: registers the struct whose static spec() describes it.
#define FEEDLINE_NODE(NodeType)                                                        \
  namespace feedline::inline schema {                                                  \
  void register_node_##NodeType(Registry& registry);                                   \
  void register_node_##NodeType(Registry& registry) { registry.add(&NodeType::spec); } \
  }
