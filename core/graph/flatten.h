// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/document.h"
#include "graph/validate.h"

#include <map>
#include <set>
#include <vector>

namespace feedline::inline graph {

/// A run may have so many nodes, all copies of repeated sub-graphs counted.
inline constexpr std::size_t kMostNodes = 100'000;

/// A document as it runs: sub-graphs opened, repeated ones written out, muted nodes left out. Nodes are named by their
/// paths; "block/2/conv" is `conv` in the second copy of `block`. Wires end where values really come from.
struct Flat {
  Document document{};
  /// What is wrong with the structure itself, in terms of what was drawn.
  std::vector<Problem> problems{};
  /// Outputs that were drawn but do not run (those of sub-graphs, their inputs and muted nodes), and which running
  /// output gives their value. In a repeated sub-graph, those inside stand for the first copy's.
  std::map<PortRef, PortRef> same{};
  /// Inputs of running nodes that no value reaches, where the way to them breaks off, and where that was drawn.
  std::map<PortRef, PortRef> ends{};
  /// Inputs that no value reaches for a reason that is among the problems already.
  std::set<PortRef> excused{};
};

/// Is there nothing to flatten?
[[nodiscard]] bool is_flat(const Diagram& diagram);

/// Linear in the number of nodes and wires that run.
[[nodiscard]] Flat flatten(const Document& document, const Registry& registry = Registry::instance());

/// An analysis of the flat document in terms of what was drawn: problems at the nodes that the user sees, once for all
/// copies; shapes at the ports of sub-graphs; costs summed over them. `order` speaks of the flat document, and goes.
[[nodiscard]] Analysis as_drawn(const Flat& flat, Analysis analysis);

}  // namespace feedline::inline graph
