// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/document.h"
#include "schema/named_tensors.h"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace feedline::inline graph {

/// A problem of a graph. Errors forbid a run; warnings (an unknown key, say) do not.
struct Problem {
  enum class Severity { Error, Warning };
  Severity severity = Severity::Error;
  Error error{};
};

/// Exact descriptions of opened sources: node id -> one description an output port. Without it (or for a source that
/// is missing) shapes of a source are symbols.
using ProbedSources = std::map<std::string, std::vector<TensorDesc>, std::less<>>;

/// What fitted nodes have learnt, by node id: their outputs are then described by it (NodeSpec::learnt). Without it
/// what only the training records can tell, such as the size of a vocabulary, is a symbol, as an unopened source's
/// sizes are.
using LearntStates = std::map<std::string, std::shared_ptr<const NamedTensors>, std::less<>>;

/// What a layer, a sub-graph or a whole model takes, as far as shapes are known. Everything is counted for one record
/// of a batch; numbers take four bytes each.
struct ModelCost {
  std::size_t layers = 0;
  std::int64_t parameters = 0;   ///< numbers that are learnt
  std::int64_t buffers = 0;      ///< numbers that are kept besides (running statistics)
  double multiply_adds = 0;      ///< of the forward pass, which is about a third of a training step's
  std::int64_t activations = 0;  ///< numbers that the layers give, which training keeps until the backward pass
  bool complete = true;          ///< false: some layer's shapes are not known, and it counts nothing
  [[nodiscard]] std::int64_t weight_bytes() const { return 4 * (parameters + buffers); }
  [[nodiscard]] std::int64_t activation_bytes() const { return 4 * activations; }
  ModelCost& operator+=(const ModelCost& other);
  bool operator==(const ModelCost&) const = default;
};

/// The stages of a network, from 0, in which a layer or the layers of a sub-graph run.
struct StageSpan {
  std::size_t first = 0;
  std::size_t last = 0;
  bool operator==(const StageSpan&) const = default;
};

/// What is known of a graph before it runs.
struct Analysis {
  std::vector<Problem> problems{};
  /// Descriptions at output ports that could be inferred; symbols bound as far as known. Nodes in sub-graphs are named
  /// by their paths.
  std::map<PortRef, TensorDesc> outputs{};
  /// Node indices (into document.nodes()) so that every wire goes forward; nodes on a cycle are absent.
  /// Empty for a document with sub-graphs or muted nodes: what runs is then flatten()'s.
  std::vector<std::size_t> order{};
  /// By path: every layer (in a repeated sub-graph, one copy), and every sub-graph that holds any (all copies).
  std::map<std::string, ModelCost, std::less<>> costs{};
  /// By path, of layers, losses and sub-graphs that hold any; empty where the trainer cuts its network nowhere
  /// (StagingSettings::stages), or where a cut is refused.
  std::map<std::string, StageSpan, std::less<>> stages{};
  /// Keys of all that a run measures: "train_loss", "val_accuracy". Empty: nothing learns, or too little is known.
  std::vector<std::string> metrics{};
  /// Outputs whose descriptions hang on what a fitted node has not learnt yet: that node's, and all behind it.
  std::set<PortRef> waiting{};
  LearntStates learnt{};   ///< as it was given, by the ids of the flat document
  ModelCost total{};       ///< of all layers
  std::int64_t batch = 0;  ///< records a batch has; 0 without a batch node

  [[nodiscard]] bool ok() const;  ///< no errors
  [[nodiscard]] const TensorDesc* at(const PortRef& output) const;
};

/// The one place that decides whether a wire is allowed: ports exist, kinds match, the input is free (pass
/// `replacing` when the existing wire will be replaced), and no cycle arises. The canvas, the loader and the command
/// line all ask here. No value means allowed.
[[nodiscard]] std::optional<Error> check_connect(const Diagram& diagram, const PortRef& from, const PortRef& to,
                                                 bool replacing = false,
                                                 const Registry& registry = Registry::instance());

/// Every problem of the graph, and all shapes, in time linear in nodes and wires. Reports, in this order of nodes:
/// unknown types (with the nearest known one), unknown parameters (warning), parameters of wrong type or out of range,
/// wires that check_connect would refuse, required inputs without a wire, cycles (naming the nodes on one), shape
/// errors from the nodes' infer, and for a graph that is to run: exactly one trainer, at least one source, and metrics
/// named by parameters that are among those measured.
/// A node whose input failed is not blamed again. Sub-graphs are opened and muted nodes left out first; problems inside
/// name the node by its path ("block/conv").
[[nodiscard]] Analysis analyse(const Document& document, const ProbedSources& probed = {},
                               const Registry& registry = Registry::instance(), const LearntStates& learnt = {});

/// Does a run of this graph measure the metric with this key ("val_accuracy"), which an option names? Yes where that is
/// not known before it runs. The error names the option, and what is measured.
[[nodiscard]] Status check_metric(const Document& document, const std::string& key, const std::string& option);

}  // namespace feedline::inline graph
