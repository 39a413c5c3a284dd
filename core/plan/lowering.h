// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to engine, training/preview.cpp and checking: the two halves of make_plan(), and what they share with them.

#include "plan/plan.h"

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace feedline {

/// What keys the random numbers of a node that runs: a hash of its key (FNV-1a), so that they depend neither on its
/// name nor on which other nodes there are. A cache that is put between changes nothing.
[[nodiscard]] std::uint32_t stream_of(const Node& node);

/// A checked document with its shapes, as lowering reads it.
class Lowering {
 public:
  Lowering(const Document& document, const Analysis& analysis, const Registry& registry)
      : document_(document), analysis_(analysis), registry_(registry) {
    for (const Node& node : document.nodes())
      if (const NodeSpec* type = registry.find(node.type); type != nullptr && type->ports)
        made_.emplace(node.id, type->for_params(node.params));
  }

  [[nodiscard]] const Document& document() const { return document_; }
  [[nodiscard]] const Analysis& analysis() const { return analysis_; }
  /// With the node's own ports. A node of a checked document always has one; it lives as long as this.
  [[nodiscard]] const NodeSpec& spec(const Node& node) const {
    const auto made = made_.find(node.id);
    return made == made_.end() ? type(node) : made->second;
  }
  /// That of its type, which lives as long as the registry.
  [[nodiscard]] const NodeSpec& type(const Node& node) const { return *registry_.find(node.type); }
  /// Upstream end of the wire into `node.port`, or null.
  [[nodiscard]] const PortRef* into(const Node& node, const std::string& port) const;
  /// The node and everything upstream of it that `descend` lets through, in running order.
  template <class Descend>
  [[nodiscard]] std::vector<const Node*> upstream(const Node& node, Descend descend) const;
  /// Descriptions at a node's inputs, null where unconnected.
  [[nodiscard]] std::vector<const TensorDesc*> inputs(const Node& node) const;

 private:
  const Document& document_;
  const Analysis& analysis_;
  const Registry& registry_;
  std::map<std::string, NodeSpec, std::less<>> made_{};  ///< of nodes whose ports follow from their parameters
};

template <class Descend>
std::vector<const Node*> Lowering::upstream(const Node& node, Descend descend) const {
  std::set<std::string, std::less<>> wanted;
  std::vector<const Node*> open = {&node};
  while (!open.empty()) {
    const Node* next = open.back();
    open.pop_back();
    if (!wanted.insert(next->id).second || !descend(*next)) continue;
    for (const PortSpec& port : spec(*next).inputs)
      if (const PortRef* from = into(*next, port.name)) open.push_back(document_.find(from->node));
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

/// Everything but the batch size must be known before parameters can be made. Errors: the first layer of unknown size.
[[nodiscard]] Status check_sizes(const ModelPlan& model);

/// An opened source.
struct OpenSource {
  const Node* node = nullptr;
  std::shared_ptr<const Source> source{};
};

/// The source node upstream of a batch node. Errors: there is none.
[[nodiscard]] Result<const Node*> source_of(const Lowering& lowering, const Node& batch);

/// The data side of one batch node, all but its sampler's window. `training` keeps a shuffle node's order.
[[nodiscard]] Result<DataPlan> lower_data(const Lowering& lowering, const Node& batch,
                                          const std::vector<std::string>& fields, const OpenSource& source,
                                          const TrainerSettings& trainer, bool training);

}  // namespace feedline
