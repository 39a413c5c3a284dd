// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// For plan and checking: the two halves of make_plan(), and what they share with plans of one record and with checks.

#include "graph/learner_input.h"
#include "plan/plan.h"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace feedline::inline plan {

/// The key of a node that runs (graph/key.h).
[[nodiscard]] inline const std::string& key_of(const Node& node) { return node.key.empty() ? node.id : node.key; }

/// What keys the random numbers of a node that runs: a hash of its key (FNV-1a), so that they depend neither on its
/// name nor on which other nodes there are. A cache that is put between changes nothing.
[[nodiscard]] std::uint32_t stream_of(const Node& node);

/// A flat document with its shapes, as lowering reads it. It may be unfinished: nodes of unknown type are as if they
/// were not there, and what is lowered has been found free of errors before.
class Lowering {
 public:
  /// Holds references; the analysis may be a later one of the same document by the time that it is asked for.
  Lowering(const Document& document, const Analysis& analysis, const Registry& registry);

  [[nodiscard]] const Document& document() const { return document_; }
  [[nodiscard]] const Analysis& analysis() const { return analysis_; }
  [[nodiscard]] const Node& node(std::string_view id) const { return *nodes_.at(id); }
  [[nodiscard]] bool known(const Node& node) const { return registry_.find(node.type) != nullptr; }
  /// Of a node of known type, with the node's own ports; it lives as long as this.
  [[nodiscard]] const NodeSpec& spec(const Node& node) const {
    const auto made = made_.find(node.id);
    return made == made_.end() ? type(node) : made->second;
  }
  /// That of its type, which lives as long as the registry.
  [[nodiscard]] const NodeSpec& type(const Node& node) const { return *registry_.find(node.type); }
  /// The first node of this role, or null.
  [[nodiscard]] const Node* first(Role role) const;
  /// Upstream end of the wire into `node.port`, or null.
  [[nodiscard]] const PortRef* into(const Node& node, const std::string& port) const;
  /// The node and everything upstream of it that `descend` lets through, in running order.
  template <class Descend>
  [[nodiscard]] std::vector<const Node*> upstream(const Node& end, Descend descend) const;
  /// Descriptions at a node's inputs, null where unconnected.
  [[nodiscard]] std::vector<const TensorDesc*> inputs(const Node& node) const;
  /// Does this output's description hang on what a fitted node has not learnt yet?
  [[nodiscard]] bool waits(const PortRef& output) const { return analysis_.waiting.contains(output); }
  /// The same of what enters the node: its work cannot be prepared then.
  [[nodiscard]] bool inputs_wait(const Node& node) const;
  /// The same of what some step of a plan gives.
  [[nodiscard]] bool waits(const DataPlan& data) const;
  /// What the node has learnt; null: nobody has told.
  [[nodiscard]] std::shared_ptr<const NamedTensors> learnt(const Node& node) const;

 private:
  const Document& document_;
  const Analysis& analysis_;
  const Registry& registry_;
  std::map<std::string, NodeSpec, std::less<>> made_{};  ///< of nodes whose ports follow from their parameters
  std::unordered_map<std::string_view, const Node*> nodes_{};
  std::map<std::pair<std::string_view, std::string_view>, const PortRef*> into_{};  ///< by node and input port
};

template <class Descend>
std::vector<const Node*> Lowering::upstream(const Node& end, Descend descend) const {
  std::set<std::string, std::less<>> wanted;
  std::vector<const Node*> open = {&end};
  while (!open.empty()) {
    const Node* next = open.back();
    open.pop_back();
    if (!wanted.insert(next->id).second || !descend(*next)) continue;
    for (const PortSpec& port : spec(*next).inputs)
      if (const PortRef* from = into(*next, port.name); from != nullptr && known(node(from->node)))
        open.push_back(&node(from->node));
  }
  std::vector<const Node*> ordered;
  for (const std::size_t index : analysis_.order)
    if (wanted.contains(document_.nodes()[index].id)) ordered.push_back(&document_.nodes()[index]);
  return ordered;
}

/// The model with the batch node that feeds it and the fields that it reads (names of the batch node's ports).
struct LoweredModel {
  ModelPlan model{};
  const Node* batch = nullptr;
  std::vector<std::string> fields{};
};

/// From the trainer's loss upstream to the batch. Errors: fed by no batch or by two, no layers.
[[nodiscard]] Result<LoweredModel> lower_model(const Lowering& lowering, const Node& trainer);

/// The same for a part of a model: the layers as far as this one, which may lie in a graph without loss and trainer.
[[nodiscard]] Result<LoweredModel> lower_layers(const Lowering& lowering, const Node& last);

/// What a trainer's network or estimator reads: the same without the layers, in an unfinished graph too.
struct ModelInputs {
  const Node* batch = nullptr;  ///< null: none feeds it; of two, one
  std::set<std::string> fields{};
};
[[nodiscard]] ModelInputs model_inputs(const Lowering& lowering, const Node& trainer);

/// Everything but the batch size must be known before parameters can be made. Errors: the first layer of unknown size.
[[nodiscard]] Status check_sizes(const ModelPlan& model);

/// What learns with the batch node that feeds it and the fields that it reads (names of the batch node's ports).
struct LoweredLearner {
  LearnerPlan learner{};
  const Node* batch = nullptr;
  std::vector<std::string> fields{};
};

/// From the trainer's estimator or loss upstream to the batch. Errors: those of lower_model(); an estimator that
/// reads something else than one batch, or whose target's classes nobody knows.
[[nodiscard]] Result<LoweredLearner> lower_learner(const Lowering& lowering, const Node& trainer);

/// An opened source.
struct OpenSource {
  const Node* node = nullptr;
  std::shared_ptr<const Source> source{};
};

/// The source node upstream of a node. Errors: there is none.
[[nodiscard]] Result<const Node*> source_of(const Lowering& lowering, const Node& node);
/// The source node upstream of an input, or null.
[[nodiscard]] const Node* source_behind(const Lowering& lowering, const Node& node, const std::string& port);

/// What leads to some values: nodes by id, and the output ports that are read on the way. A sampler leads on only to
/// what enters by the input of the same name.
struct Needed {
  std::set<std::string, std::less<>> nodes{};
  std::set<PortRef> ports{};
};
[[nodiscard]] Needed needed_for(const Lowering& lowering, std::vector<PortRef> values);

/// Lowers per-record nodes one after the other, each after those that it reads: every value gets a slot, every node its
/// operation and random numbers of its own.
class StepLowering {
 public:
  explicit StepLowering(const Lowering& lowering) : lowering_(lowering) {}

  /// A slot for what leaves this port.
  SlotIndex add(const PortRef& output);
  /// What leaves this port lies in a slot already.
  void share(const PortRef& output, SlotIndex slot) { slots_.emplace(output, slot); }
  /// A sampler: what enters an input leaves the output of the same name.
  void pass_on(const Node& sampler);
  [[nodiscard]] std::optional<SlotIndex> at(const PortRef& output) const;
  /// By input port of the node, none where no wire enters; none at all where a wire brings what has no slot.
  [[nodiscard]] std::optional<std::vector<std::optional<SlotIndex>>> inputs(const Node& node) const;
  /// A per-record node whose inputs have slots; its outputs get some. Errors: it refuses its parameters or inputs.
  [[nodiscard]] Result<PlanStep> step(const Node& node);

  [[nodiscard]] std::size_t slots() const { return count_; }
  [[nodiscard]] const std::map<PortRef, SlotIndex>& all() const { return slots_; }

 private:
  const Lowering& lowering_;
  std::map<PortRef, SlotIndex> slots_{};
  std::size_t count_ = 0;
  std::set<std::uint32_t> streams_{};
};

/// A data side, and where in it the value of each output port lies.
struct LoweredData {
  DataPlan plan{};
  std::map<PortRef, SlotIndex> slots{};
};

/// The data side of one batch node, all but its sampler's window. `training` keeps a shuffle node's order.
[[nodiscard]] Result<LoweredData> lower_data(const Lowering& lowering, const Node& batch,
                                             const std::vector<std::string>& fields, const OpenSource& source,
                                             const LearningSettings& learning, bool training);

/// The same without a batch: as far as these values, which become its fields.
[[nodiscard]] Result<LoweredData> lower_values(const Lowering& lowering, const std::vector<PortRef>& values,
                                               const OpenSource& source, const LearningSettings& learning,
                                               bool training);

}  // namespace feedline::inline plan
