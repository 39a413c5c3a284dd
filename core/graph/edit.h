// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "graph/document.h"

namespace feedline {

/// The elementary changes. `at` keeps list positions, so that undo restores a document to the same bytes.
struct AddNode {
  Node node{};
  std::optional<std::size_t> at{};
};
/// Removes the node and every wire that touches it; the inverse brings all of them back.
struct RemoveNode {
  std::string id{};
};
struct AddLink {
  Link link{};
  std::optional<std::size_t> at{};
};
struct RemoveLink {
  PortRef to{};  ///< an input has one wire, so its end names it
};
/// Sets a parameter, or with no value returns it to its default.
struct SetParam {
  std::string node{};
  std::string param{};
  std::optional<Value> value{};
};
struct MoveNodes {
  std::vector<std::pair<std::string, Position>> to{};  ///< node id, new position
};
/// Renames a node and follows in all wires.
struct RenameNode {
  std::string from{};
  std::string to{};
};
struct SetNodeComment {
  std::string node{};
  std::string text{};
};
struct AddComment {
  Comment comment{};
  std::optional<std::size_t> at{};
};
struct RemoveComment {
  std::string id{};
};
/// Replaces a comment's text, place and size; the id stays.
struct ChangeComment {
  Comment comment{};
};
struct SetTitle {
  std::string title{};
};

/// One change as a value; a list of changes is one change as well (applied in order, all or none).
struct Edit {
  using List = std::vector<Edit>;
  std::variant<List, AddNode, RemoveNode, AddLink, RemoveLink, SetParam, MoveNodes, RenameNode, SetNodeComment, AddComment,
               RemoveComment, ChangeComment, SetTitle>
      change{};

  /// "Add conv2d", "Remove 3 nodes", "Set crop.size" - what the undo menu shows.
  [[nodiscard]] std::string text() const;
};

/// The edit that removes these nodes (with their wires) and comments together.
[[nodiscard]] Edit remove_nodes(const std::vector<std::string>& ids);

}  // namespace feedline
