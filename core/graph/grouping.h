// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/edit.h"
#include "graph/key.h"

#include <string>
#include <vector>

namespace feedline::inline graph {

/// What grouping or ungrouping does: the one change, and the ids to select afterwards.
struct Regrouped {
  Edit edit{};
  std::vector<std::string> ids{};
};

/// Puts these nodes, notes and frames into a new sub-graph. Each value that enters or leaves by a wire gets a port, and
/// so do inputs that need a wire. Outputs that nobody reads get none; where nothing leaves by a wire, those of the last
/// nodes do. `keys` is key_scope() of the diagram; the nodes keep their keys. Errors: no nodes, or a wire goes out and
/// comes back in, so that the sub-graph would feed itself.
[[nodiscard]] Result<Regrouped> group(const Diagram& diagram, const std::vector<std::string>& ids,
                                      const Registry& registry = Registry::instance(), const KeyScope& keys = {});

/// Puts what is in a sub-graph in its place: a repeated one as so many copies in a row. The nodes of all copies keep
/// their keys. Errors: it is none.
[[nodiscard]] Result<Regrouped> ungroup(const Diagram& diagram, const std::string& id, const KeyScope& keys = {});

/// An empty sub-graph with an input wired to an output, as adding one makes.
[[nodiscard]] Node new_subgraph(const std::string& id, Position position,
                                const Registry& registry = Registry::instance());

}  // namespace feedline::inline graph
