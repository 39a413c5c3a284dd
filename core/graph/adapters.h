// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/edit.h"
#include "graph/validate.h"

#include <string>
#include <vector>

namespace feedline::inline graph {

/// One node to put between, with the ports to use.
struct AdapterStep {
  const NodeSpec* spec = nullptr;
  std::string in{};
  std::string out{};
};
/// Nodes that make a value fit, in order.
using AdapterChain = std::vector<AdapterStep>;

/// The shortest chains of up to four nodes, at most `most` of them, that turn what `from` gives into what `to` takes.
/// Found from the registry's specs alone: nodes that neither learn nor draw at random, with their default parameters,
/// tried by shape inference where shapes are known. `scope` is the path of the diagram within the document that was
/// analysed.
[[nodiscard]] std::vector<AdapterChain> find_adapters(const Diagram& diagram, const Analysis& analysis,
                                                      const std::string& scope, const PortRef& from, const PortRef& to,
                                                      std::size_t most = 2,
                                                      const Registry& registry = Registry::instance());

/// "decode", "decode and resize".
[[nodiscard]] std::string chain_text(const AdapterChain& chain);

/// What inserting does: the one change, and the ids of the new nodes.
struct Insertion {
  Edit edit{};
  std::vector<std::string> ids{};
};
/// Wires `from` through new nodes to `to`, whatever wire ends there now. The nodes stand in a row, the first at `at`.
[[nodiscard]] Insertion insert_adapters(const Diagram& diagram, const AdapterChain& chain, const PortRef& from,
                                        const PortRef& to, Position at, double step);

}  // namespace feedline::inline graph
