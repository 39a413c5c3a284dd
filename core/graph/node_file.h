// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/edit.h"
#include "graph/validate.h"

#include <filesystem>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline graph {

// A node file is a graph file of one node, a sub-graph, whose origin says the version: it opens like any graph. Other
// graphs hold copies of that node, which run without the file and change only where they are told to; their origin says
// which file, version and digest they were copied from. Where paths of origins are relative, it is to the folder of the
// graph's own file; `folder` below is that folder, empty for a graph that has no file yet.

inline constexpr std::string_view kNodeFileSuffix = ".feedline-node";
/// What stands in place of a path for a node file that comes with Feedline: example:residual. It is read as others are,
/// from wherever the graph lies, and never written.
inline constexpr std::string_view kExampleNode = "example:";
[[nodiscard]] bool is_example_node(const std::filesystem::path& file);
/// Larger ones are refused before they are read.
inline constexpr std::uintmax_t kMaxNodeFileSize = std::uintmax_t{4} << 20;

/// A node file as read.
struct NodeFile {
  std::filesystem::path file{};
  Node node{};           ///< with a diagram inside, no keys; its origin names no file
  int version = 0;       ///< from 1
  std::string digest{};  ///< node_digest() of the file, before nodes of older types were brought up to date
  std::vector<Problem> notes{};
};

/// SHA-256 (64 hexadecimal digits) of the canonical JSON of what is in a sub-graph. Keys of nodes and origins of nested
/// sub-graphs do not count: they differ between copies of the same.
[[nodiscard]] std::string node_digest(const Diagram& inner);

/// Reads a node file. Errors: as load_document(), an example that there is not (naming those that there are), larger
/// than kMaxNodeFileSize, a graph that is no node file, and a node that has itself inside: a sub-graph in it comes from
/// the same file.
[[nodiscard]] Result<NodeFile> read_node_file(const std::filesystem::path& file,
                                              const Registry& registry = Registry::instance());

struct SavedNode {
  NodeOrigin origin{};  ///< for the sub-graph that was saved
  bool written = true;  ///< false: the file said the same already, and is of the same version still
};
/// Saves a sub-graph as a node file, with the version after that of the node file that stands there, else 1. Errors: it
/// is no sub-graph, it has a copy of that very file inside, there is something else at that path, it is an example, or
/// it cannot be written.
[[nodiscard]] Result<SavedNode> save_node_file(const Node& subgraph, const std::filesystem::path& file,
                                               const std::filesystem::path& folder);

/// The node for a graph: a copy with this id at this place that knows where it comes from.
[[nodiscard]] Node node_from(const NodeFile& file, const std::string& id, Position position,
                             const std::filesystem::path& folder);

/// What an update of a sub-graph from its file does. Its own parameters (`repeat`), place, comment and name stay, and
/// so do keys of nodes inside, wires at ports that are still there and take or give what they did.
struct NodeUpdate {
  Edit edit{};                      ///< one step; its node is a path
  std::vector<std::string> lost{};  ///< each wire that does not fit the new inside, and why
  std::string changes{};            ///< sentence_of() what changes inside: "block/conv.filters went from 8 to 16"
  bool own_changes = false;         ///< it had been changed in this graph: that goes
};
/// `node`: path of the sub-graph. Errors: there is no such sub-graph, or its nesting would become too deep.
[[nodiscard]] Result<NodeUpdate> update_node(const Document& document, const std::string& node, const NodeFile& file,
                                             const std::filesystem::path& folder,
                                             const Registry& registry = Registry::instance());

/// The file that an origin names, absolute where it or `folder` is; an example is that wherever the graph lies.
[[nodiscard]] std::filesystem::path origin_path(const NodeOrigin& origin, const std::filesystem::path& folder);

/// The origins of all sub-graphs as told from another folder, for a graph that is saved there.
[[nodiscard]] Edit moved_origins(const Diagram& diagram, const std::filesystem::path& from,
                                 const std::filesystem::path& to);
/// The same of those origins alone that no sub-graph of `before` has: what an older edit brings back.
[[nodiscard]] Edit moved_origins(const Diagram& diagram, const std::filesystem::path& from,
                                 const std::filesystem::path& to, const Diagram& before);

/// How a copy stands to its file.
enum class OriginState {
  Current,    ///< what is in the file is what was copied, or what is in the copy now
  Outdated,   ///< the file has something else by now
  Missing,    ///< there is no such file, which is no fault
  Unreadable  ///< there is one, and it is damaged or no node file
};
struct OriginLook {
  std::string node{};  ///< path
  NodeOrigin origin{};
  OriginState state = OriginState::Current;
  int version = 0;           ///< of the file; 0 where it was not read
  bool own_changes = false;  ///< the copy has been changed in this graph
  std::optional<Error> error{};
};
/// The sub-graphs that come from files, those inside of such ones aside: they are their file's business.
[[nodiscard]] std::vector<std::string> nodes_with_origin(const Diagram& diagram);
/// Looks at their files, each once. Blocks on the disk; a stop ends it between two files.
[[nodiscard]] std::vector<OriginLook> look_at_origins(const Document& document, const std::filesystem::path& folder,
                                                      const std::stop_token& stop = {},
                                                      const Registry& registry = Registry::instance());
/// "version 3 → 4", or "version 3, changed since" for a file that was edited by hand.
[[nodiscard]] std::string version_step(const OriginLook& look);
/// What to tell of it, with the remedy; none for Current and Missing.
[[nodiscard]] std::optional<Error> origin_note(const OriginLook& look);

}  // namespace feedline::inline graph
