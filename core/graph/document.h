// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/registry.h"
#include "schema/value.h"

namespace feedline {

struct Position {
  double x = 0;
  double y = 0;
  bool operator==(const Position&) const = default;
};

/// A node as the user drew it. `type` may be one that this program does not know: it is then kept as it is, shown
/// as unknown, and saved again unchanged.
struct Node {
  std::string id{};    ///< unique in the document, a word: `source`, `conv2`; what `--set` and links name
  std::string type{};
  int version = 1;     ///< of the node type when it was saved
  ParamMap params{};   ///< only what the user set, unknown names included
  Position position{};
  std::string comment{};
  std::string extra{};  ///< unknown JSON keys of this node, as one JSON object text; empty if none
  bool operator==(const Node&) const = default;
};

/// A port of a node: "decode.image".
struct PortRef {
  std::string node{};
  std::string port{};
  [[nodiscard]] std::string text() const { return node + "." + port; }
  bool operator==(const PortRef&) const = default;
  auto operator<=>(const PortRef&) const = default;
};

/// A wire from an output port to an input port. An input takes one wire, an output feeds any number.
struct Link {
  PortRef from{};
  PortRef to{};
  std::string extra{};  ///< unknown JSON keys
  bool operator==(const Link&) const = default;
};

/// A note on the canvas.
struct Comment {
  std::string id{};
  std::string text{};
  Position position{};
  double width = 240;
  double height = 80;
  std::string extra{};
  bool operator==(const Comment&) const = default;
};

struct Edit;

/// What the user drew. Pure data; it runs nothing, and two equal documents save to equal bytes.
///
/// All changes go through apply(), which returns the edit that takes the change back: undo is right by construction
/// and needs no knowledge of what was changed.
class Document {
 public:
  [[nodiscard]] const std::vector<Node>& nodes() const { return nodes_; }
  [[nodiscard]] const std::vector<Link>& links() const { return links_; }
  [[nodiscard]] const std::vector<Comment>& comments() const { return comments_; }
  [[nodiscard]] const std::string& title() const { return title_; }
  [[nodiscard]] const std::string& extra() const { return extra_; }

  [[nodiscard]] const Node* find(std::string_view id) const;
  [[nodiscard]] const Comment* find_comment(std::string_view id) const;
  /// The wire that ends in this input, or null.
  [[nodiscard]] const Link* link_into(const PortRef& input) const;
  /// `stem`, or `stem2`, `stem3`... : the first id that is free.
  [[nodiscard]] std::string free_id(std::string_view stem) const;

  /// Carries out an edit and returns its inverse; on error nothing is changed. Structural rules only (ids exist, are
  /// unique, an input takes one wire): whether a wire makes sense is check_connect()'s to say, whether a graph does is
  /// validate()'s, so that unfinished and unknown graphs can be drawn, loaded and mended.
  [[nodiscard]] Result<Edit> apply(const Edit& edit);

  bool operator==(const Document&) const = default;

 private:
  friend class DocumentReader;   // json.cpp
  friend struct EditApplier;     // edit.cpp

  std::string title_{};
  std::vector<Node> nodes_{};
  std::vector<Link> links_{};
  std::vector<Comment> comments_{};
  std::string extra_{};  ///< unknown top-level JSON keys, as one object text
};

}  // namespace feedline
