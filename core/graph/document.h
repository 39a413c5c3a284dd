// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "schema/registry.h"
#include "schema/value.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline graph {

struct Position {
  double x = 0;
  double y = 0;
  bool operator==(const Position&) const = default;
};

class Diagram;

/// A value on the heap, of a type that need not be complete yet: copied as a whole, compared by what it holds.
template <class T>
class Boxed {
 public:
  Boxed() = default;
  explicit Boxed(T value) : held_(std::make_unique<T>(std::move(value))) {}
  Boxed(const Boxed& other) : held_(other.held_ ? std::make_unique<T>(*other.held_) : nullptr) {}
  Boxed(Boxed&&) noexcept = default;
  Boxed& operator=(const Boxed& other) {
    if (this != &other) held_ = other.held_ ? std::make_unique<T>(*other.held_) : nullptr;
    return *this;
  }
  Boxed& operator=(Boxed&&) noexcept = default;
  ~Boxed() = default;

  [[nodiscard]] explicit operator bool() const { return held_ != nullptr; }
  [[nodiscard]] T* operator->() { return held_.get(); }
  [[nodiscard]] const T* operator->() const { return held_.get(); }
  [[nodiscard]] T& operator*() { return *held_; }
  [[nodiscard]] const T& operator*() const { return *held_; }
  bool operator==(const Boxed& other) const {
    return held_ && other.held_ ? *held_ == *other.held_ : !held_ && !other.held_;
  }

 private:
  std::unique_ptr<T> held_{};
};

/// Node files count their versions so far.
inline constexpr int kMostNodeVersion = 1'000'000;

/// Which file a sub-graph was taken from or saved as (graph/node_file.h). It holds a copy all the same: nothing that
/// runs asks for the file.
struct NodeOrigin {
  std::string file{};    ///< from the folder of the graph's own file, or absolute; empty in the node file itself
  int version = 0;       ///< of what was in the file then, from 1
  std::string digest{};  ///< node_digest() of it
  bool operator==(const NodeOrigin&) const = default;
};

/// A node as the user drew it. `type` may be one that this program does not know: it is then kept as it is, shown
/// as unknown, and saved again unchanged.
struct Node {
  std::string id{};  ///< unique in its diagram, a word: `source`, `conv2`; what `--set` and links name
  std::string type{};
  int version = 1;    ///< of the node type when it was saved
  ParamMap params{};  ///< only what the user set, unknown names included
  Position position{};
  std::string comment{};
  std::string extra{};                 ///< unknown JSON keys of this node, as one JSON object text; empty if none
  std::string key{};                   ///< its identity (see graph/key.h); empty where it follows from the path
  bool muted = false;                  ///< left out of the run: what enters it passes on as it is (see graph/mute.h)
  Boxed<Diagram> inner{};              ///< what is in a sub-graph; every node of type `subgraph` has one, no other
  std::optional<NodeOrigin> origin{};  ///< of a sub-graph alone
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
  std::string extra{};          ///< unknown JSON keys
  std::vector<Position> via{};  ///< points that the wire is led through, in its direction
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

/// A titled area behind the nodes; what lies in it moves with it.
struct Frame {
  std::string id{};
  std::string title{};
  Position position{};
  double width = 320;
  double height = 200;
  std::string color = "grey";  ///< a name of frame_colors(); the theme decides what it looks like
  std::string extra{};
  bool operator==(const Frame&) const = default;
};
/// What a frame's colour may be called; others are kept, and shown grey.
[[nodiscard]] const std::vector<std::string>& frame_colors();

struct Edit;

/// What stands on one canvas: that of the document, or that of a sub-graph, which are alike in everything.
///
/// All changes go through apply(), which returns the edit that takes the change back: undo is right by construction
/// and needs no knowledge of what was changed.
///
/// Nodes, notes and frames share one space of ids. Where a node is asked for, its id may be a path into sub-graphs:
/// "block/conv" is the node `conv` in the sub-graph `block`.
class Diagram {
 public:
  Diagram();
  Diagram(const Diagram&);
  Diagram(Diagram&&) noexcept;
  Diagram& operator=(const Diagram&);
  Diagram& operator=(Diagram&&) noexcept;
  ~Diagram();

  [[nodiscard]] const std::vector<Node>& nodes() const { return nodes_; }
  [[nodiscard]] const std::vector<Link>& links() const { return links_; }
  [[nodiscard]] const std::vector<Comment>& comments() const { return comments_; }
  [[nodiscard]] const std::vector<Frame>& frames() const { return frames_; }
  /// Unknown JSON keys, as one object text.
  [[nodiscard]] const std::string& extra() const { return extra_; }
  [[nodiscard]] bool empty() const { return nodes_.empty() && comments_.empty() && frames_.empty(); }

  /// By id or path; null if there is none.
  [[nodiscard]] const Node* find(std::string_view path) const;
  [[nodiscard]] const Comment* find_comment(std::string_view id) const;
  [[nodiscard]] const Frame* find_frame(std::string_view id) const;
  /// The wire that ends in this input, or null.
  [[nodiscard]] const Link* link_into(const PortRef& input) const;
  /// Is there a node, note or frame of this id here?
  [[nodiscard]] bool has(std::string_view id) const;
  /// `stem`, or `stem2`, `stem3`... : the first id that is free.
  [[nodiscard]] std::string free_id(std::string_view stem) const;
  /// The diagram in the sub-graph at this path, this one for an empty path; null if there is none.
  [[nodiscard]] const Diagram* at(std::string_view scope) const;

  /// Carries out an edit and returns its inverse; on error nothing is changed. Structural rules only (ids exist, are
  /// unique, an input takes one wire): whether a wire makes sense is check_connect()'s to say, whether a graph does is
  /// validate()'s, so that unfinished and unknown graphs can be drawn, loaded and mended.
  [[nodiscard]] Result<Edit> apply(const Edit& edit);

  bool operator==(const Diagram&) const = default;

 private:
  friend class DocumentReader;  // json_read.cpp
  friend class Flattener;       // flatten.cpp
  friend struct EditApplier;    // edit.cpp
  friend class KeyChanger;      // key.cpp

  std::vector<Node> nodes_{};
  std::vector<Link> links_{};
  std::vector<Comment> comments_{};
  std::vector<Frame> frames_{};
  std::string extra_{};
};

/// What the user drew: a diagram with a title. Pure data; it runs nothing, and two equal documents save to equal bytes.
class Document : public Diagram {
 public:
  [[nodiscard]] const std::string& title() const { return title_; }
  /// As Diagram::apply(), and the title too.
  [[nodiscard]] Result<Edit> apply(const Edit& edit);

  bool operator==(const Document&) const = default;

 private:
  friend class DocumentReader;
  friend struct EditApplier;

  std::string title_{};
};

}  // namespace feedline::inline graph
