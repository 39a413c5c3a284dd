// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to core/graph: what makes large edits linear. A list of thousands of edits of one kind, as pasting or
// deleting everything gives, is carried out together, and what an edit names is looked up in an index once there are
// many.

#include "graph/edit.h"

#include <cstddef>
#include <functional>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace feedline::inline graph {

/// Finds nodes by id and wires by the input that they end at. Like Diagram's own look-ups at first; after some of them
/// it makes an index, which holds until forget().
class EditIndex {
 public:
  explicit EditIndex(const Diagram& diagram) : diagram_(diagram) {}

  [[nodiscard]] const Node* find(std::string_view path);
  [[nodiscard]] const Link* link_into(const PortRef& input);
  /// Nodes or wires have come, gone or changed their names.
  void forget();

 private:
  static constexpr std::size_t kPatience = 16;
  using End = std::pair<std::string_view, std::string_view>;
  struct HashEnd {
    std::size_t operator()(const End& end) const {
      const std::hash<std::string_view> hash;
      return hash(end.first) * 31 + hash(end.second);
    }
  };

  const Diagram& diagram_;
  std::size_t nodes_asked_ = 0;
  std::size_t links_asked_ = 0;
  std::unordered_map<std::string_view, std::size_t> nodes_{};
  std::unordered_map<End, std::size_t, HashEnd> links_{};
};

/// Shorter runs are carried out one by one.
inline constexpr std::size_t kShortestRun = 8;
/// Where the run of edits of one kind that starts here ends; `begin` itself for kinds that come in no runs.
[[nodiscard]] std::size_t end_of_run(const Edit::List& list, std::size_t begin);

// Each carries out the edits from `begin` to `end` of a list, which are all of its kind, in linear time, and gives what
// takes them back. None, and nothing has changed, where one of them would be refused or they are too mixed to go
// together: whoever asks then carries them out one by one, which says what is wrong.

/// `taken`: all ids of the diagram. `sound`: may a node be added, apart from its id?
[[nodiscard]] std::optional<Edit> add_nodes(std::vector<Node>& nodes, std::unordered_set<std::string_view> taken,
                                            const Edit::List& list, std::size_t begin, std::size_t end,
                                            const std::function<bool(const Node&)>& sound);
/// With their wires. `end` comes nearer where what follows names no node of this diagram.
[[nodiscard]] std::optional<Edit> take_nodes(std::vector<Node>& nodes, std::vector<Link>& links, const Edit::List& list,
                                             std::size_t begin, std::size_t& end);
/// `sound`: do both ends exist?
[[nodiscard]] std::optional<Edit> add_links(std::vector<Link>& links, const Edit::List& list, std::size_t begin,
                                            std::size_t end, const std::function<bool(const Link&)>& sound);
[[nodiscard]] std::optional<Edit> take_links(std::vector<Link>& links, const Edit::List& list, std::size_t begin,
                                             std::size_t end);

/// A sub-graph has a diagram in it, be it empty.
[[nodiscard]] Node with_inside(Node node);

}  // namespace feedline::inline graph
