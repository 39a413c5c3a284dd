// SPDX-License-Identifier: GPL-3.0-or-later
#include "tuning/model_part.h"

#include "graph/learner_input.h"
#include "graph/rewire.h"
#include "graph/subgraph.h"
#include "graph/validate.h"
#include "schema/registry.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace feedline::inline tuning {
namespace {

bool holds_role(const Node& node, Role role) {
  if (node.inner) return !find_role(*node.inner, role).empty();
  const NodeSpec* spec = Registry::instance().find(node.type);
  return spec != nullptr && spec->role == role;
}

/// Follows wires upwards from the trainer as far as the batch.
class ModelFinder {
 public:
  explicit ModelFinder(const Document& document) : document_(document), analysis_(analyse(document)) {}

  Result<DrawnModel> find() {
    found_.trainer = find_role(document_, Role::Trainer);
    if (document_.find(found_.trainer) == nullptr)
      return fail("the graph has no trainer", "Add a trainer node, and wire what is to learn to it");
    if (found_.trainer.find('/') != std::string::npos)
      return fail(Error{.reason = "the trainer stands in a sub-graph",
                        .remedy = "Ungroup it, so that what learns can be replaced",
                        .node = found_.trainer});
    const PortRef input = learner_input(document_, found_.trainer);
    const Link* learner = document_.link_into(input);
    if (learner == nullptr)
      return fail(Error{.reason = "nothing is wired to it that learns",
                        .remedy = "Wire a loss and an optimiser to it, or an estimator",
                        .node = found_.trainer});
    found_.learner = learner->from.node;
    found_.network = input.port == kLossInput;
    for (const char* port : {kLossInput, kOptimizerInput, kEstimatorInput})
      if (const Link* link = document_.link_into({found_.trainer, port}))
        if (Status walked = walk(link->from); !walked) return fail(std::move(walked.error()));
    if (Status sorted = sort_inputs(); !sorted) return fail(std::move(sorted.error()));
    take_part();
    return std::move(found_);
  }

 private:
  /// Breadth first; what feeds the model stands in `inputs_` in the order in which it was met.
  Status walk(const PortRef& first) {
    std::vector<PortRef> open = {first};
    for (std::size_t at = 0; at < open.size(); ++at) {
      const PortRef from = open[at];
      const Node* node = document_.find(from.node);
      if (node == nullptr) continue;
      if (holds_role(*node, Role::Batch)) {
        if (node->inner && holds_role(*node, Role::Layer))
          return fail(Error{.reason = "this sub-graph holds both the batch and layers of the network",
                            .remedy = "Ungroup it, or make two of it",
                            .node = node->id});
        if (std::find(inputs_.begin(), inputs_.end(), from) == inputs_.end()) inputs_.push_back(from);
        continue;
      }
      if (!nodes_.insert(node->id).second) continue;
      for (const Link& link : document_.links())
        if (link.to.node == node->id) open.push_back(link.from);
    }
    return {};
  }

  [[nodiscard]] Kind kind_of(const PortRef& output) const {
    if (const TensorDesc* desc = analysis_.at(output)) return desc->kind;
    const Node* node = document_.find(output.node);
    const auto spec = node != nullptr ? spec_of(*node) : std::nullopt;
    const int port = spec ? spec->output(output.port) : -1;
    return port < 0 ? Kind::Any : spec->outputs[static_cast<std::size_t>(port)].kind;
  }

  /// Which of what feeds the model is to be predicted.
  Status sort_inputs() {
    std::vector<PortRef> targets;
    for (const PortRef& input : inputs_) (kind_of(input) == Kind::Target ? targets : found_.features).push_back(input);
    if (targets.size() != 1)
      return fail(Error{.reason = targets.empty() ? "no label of a batch is wired to what learns"
                                                  : "it learns from several labels at once",
                        .remedy = "Wire one label of the batch to it",
                        .node = found_.learner});
    found_.target = targets.front();
    // Who counts labels alone reads nothing else, but others could.
    if (found_.features.empty()) add_wired_fields();
    found_.compares = compared();
    return {};
  }

  void add_wired_fields() {
    const Node* batch = document_.find(found_.target.node);
    const auto spec = batch != nullptr ? spec_of(*batch) : std::nullopt;
    if (!spec || spec->role != Role::Batch) return;
    for (const PortSpec& output : spec->outputs)
      if (output.kind == Kind::Tensor && document_.link_into({batch->id, output.name}) != nullptr)
        found_.features.push_back({batch->id, output.name});
  }

  [[nodiscard]] TargetKind compared() const {
    for (const std::string& id : nodes_) {
      const NodeSpec* spec = Registry::instance().find(document_.find(id)->type);
      if (spec != nullptr && spec->target != TargetKind::None) return spec->target;
    }
    const std::string& learner = document_.find(found_.learner)->type;
    if (learner == "linear_regression" || learner == "ridge_regression") return TargetKind::Numbers;
    const TensorDesc* target = analysis_.at(found_.target);
    const bool number = target != nullptr && target->classes.known() && target->classes.size() == 0;
    return number ? TargetKind::Numbers : TargetKind::Classes;
  }

  void take_part() {
    for (const Node& node : document_.nodes())
      if (nodes_.contains(node.id)) found_.part.nodes.push_back(node);
    for (const Link& link : document_.links())
      if (nodes_.contains(link.from.node) || nodes_.contains(link.to.node)) found_.part.links.push_back(link);
  }

  const Document& document_;
  const Analysis analysis_;
  DrawnModel found_{};
  std::set<std::string, std::less<>> nodes_{};  ///< of the model
  std::vector<PortRef> inputs_{};
};

}  // namespace

Result<DrawnModel> drawn_model(const Document& document) { return ModelFinder(document).find(); }

Result<Edit> replace_model(const Document& document, const ModelPart& part) {
  const auto drawn = drawn_model(document);
  if (!drawn) return fail(drawn.error());
  std::vector<std::string> ids;
  for (const Node& node : drawn->part.nodes) ids.push_back(node.id);
  Edit::List edits = {remove_nodes(ids)};
  Document changed = document;
  if (auto removed = changed.apply(edits.front()); !removed) return fail(std::move(removed.error()));
  std::map<std::string, std::string, std::less<>> renamed;
  const auto carry_out = [&](Edit edit) -> Status {
    if (auto undo = changed.apply(edit); !undo) return fail(std::move(undo.error()));
    edits.push_back(std::move(edit));
    return {};
  };
  for (Node node : part.nodes) {
    const std::string id = changed.free_id(node.id);
    renamed.emplace(node.id, id);
    node.id = id;
    if (Status added = carry_out({AddNode{.node = std::move(node)}}); !added) return fail(std::move(added.error()));
  }
  const auto follow = [&](PortRef& port) {
    if (const auto found = renamed.find(port.node); found != renamed.end()) port.node = found->second;
  };
  for (Link link : part.links) {
    follow(link.from);
    follow(link.to);
    if (Status added = carry_out({AddLink{.link = std::move(link)}}); !added) return fail(std::move(added.error()));
  }
  return Edit{std::move(edits)};
}

}  // namespace feedline::inline tuning
