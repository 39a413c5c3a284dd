// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "graph/document.h"

namespace feedline {

/// A problem of a graph. Errors forbid a run; warnings (an unknown key, say) do not.
struct Problem {
  enum class Severity { Error, Warning };
  Severity severity = Severity::Error;
  Error error{};
};

/// Exact descriptions of opened sources: node id -> one description an output port. Without it (or for a source that
/// is missing) shapes of a source are symbols.
using ProbedSources = std::map<std::string, std::vector<TensorDesc>, std::less<>>;

/// What is known of a graph before it runs.
struct Analysis {
  std::vector<Problem> problems{};
  /// Descriptions at output ports that could be inferred; symbols bound as far as known.
  std::map<PortRef, TensorDesc> outputs{};
  /// Node indices (into document.nodes()) so that every wire goes forward; nodes on a cycle are absent.
  std::vector<std::size_t> order{};

  [[nodiscard]] bool ok() const;  ///< no errors
  [[nodiscard]] const TensorDesc* at(const PortRef& output) const;
};

/// The one place that decides whether a wire is allowed: ports exist, kinds match, the input is free (pass
/// `replacing` when the existing wire will be replaced), and no cycle arises. The canvas, the loader and the command
/// line all ask here. No value means allowed.
[[nodiscard]] std::optional<Error> check_connect(const Document& document, const PortRef& from, const PortRef& to,
                                                 bool replacing = false,
                                                 const Registry& registry = Registry::instance());

/// Every problem of the graph, and all shapes, in time linear in nodes and wires. Reports, in this order of nodes:
/// unknown types (with the nearest known one), unknown parameters (warning), parameters of wrong type or out of range,
/// wires that check_connect would refuse, required inputs without a wire, cycles (naming the nodes on one), shape
/// errors from the nodes' infer, and for a graph that is to run: exactly one trainer, at least one source.
/// A node whose input failed is not blamed again.
[[nodiscard]] Analysis analyse(const Document& document, const ProbedSources& probed = {},
                               const Registry& registry = Registry::instance());

}  // namespace feedline
