// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/document.h"

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace feedline::inline graph {

/// The elementary changes. `at` keeps list positions, so that undo restores a document to the same bytes. What names an
/// existing node takes a path ("block/conv") as well as an id.
struct AddNode {
  Node node{};
  std::optional<std::size_t> at{};
};
/// Removes the node (or note, or frame) and every wire that touches it; the inverse brings all of them back.
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
/// Leads a wire through these points.
struct SetWirePoints {
  PortRef to{};
  std::vector<Position> via{};
};
/// Sets a parameter, or with no value returns it to its default.
struct SetParam {
  std::string node{};
  std::string param{};
  std::optional<Value> value{};
};
struct SetMuted {
  std::string node{};
  bool muted = true;
};
/// Nodes, notes and frames.
struct MoveNodes {
  std::vector<std::pair<std::string, Position>> to{};  ///< id, new position
};
/// Renames a node and follows in all wires; where the node is a port of a sub-graph, in the wires outside as well.
struct RenameNode {
  std::string from{};
  std::string to{};  ///< an id, no path: it stays where it is
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
struct AddFrame {
  Frame frame{};
  std::optional<std::size_t> at{};
};
struct RemoveFrame {
  std::string id{};
};
/// Replaces a frame's title, colour, place and size; the id stays.
struct ChangeFrame {
  Frame frame{};
};
struct SetTitle {
  std::string title{};
};
/// Notes which file a sub-graph comes from (graph/node_file.h), or that it comes from none.
struct SetOrigin {
  std::string node{};
  std::optional<NodeOrigin> origin{};
};
/// Puts another diagram into a sub-graph, and notes which file it comes from. Ports that go take the wires outside with
/// them; the inverse brings those back.
struct SetInside {
  std::string node{};
  Diagram inner{};
  std::optional<NodeOrigin> origin{};
};
/// The same changes in the diagram of a sub-graph: ids in `edits` are relative to it.
struct Within {
  std::string scope{};      ///< path of the sub-graph; empty: here
  std::vector<Edit> edits;  // no initialiser: Edit is not complete yet
};

/// Which change. How over twenty kinds are copied, moved and destroyed is compiled once, in edit_kinds.cpp.
struct EditChange
    : std::variant<std::vector<Edit>, AddNode, RemoveNode, AddLink, RemoveLink, SetWirePoints, SetParam, SetMuted,
                   MoveNodes, RenameNode, SetNodeComment, AddComment, RemoveComment, ChangeComment, AddFrame,
                   RemoveFrame, ChangeFrame, SetTitle, SetOrigin, SetInside, Within> {
  using variant::variant;
  EditChange();
  EditChange(const EditChange&);
  EditChange(EditChange&&) noexcept;
  EditChange& operator=(const EditChange&);
  EditChange& operator=(EditChange&&) noexcept;
  ~EditChange();
};

/// One change as a value; a list of changes is one change as well (applied in order, all or none).
struct Edit {
  using List = std::vector<Edit>;
  EditChange change{};

  /// "Add conv2d", "Remove 3 nodes", "Set crop.size" - what the undo menu shows.
  [[nodiscard]] std::string text() const;
};

/// The edit that removes these nodes (with their wires), notes and frames together.
[[nodiscard]] Edit remove_nodes(const std::vector<std::string>& ids);
/// The edit in this scope; the edit itself for the empty one.
[[nodiscard]] Edit within(const std::string& scope, Edit edit);
/// Does the edit change only how the graph looks, not what it means?
[[nodiscard]] bool looks_only(const Edit& edit);

}  // namespace feedline::inline graph
