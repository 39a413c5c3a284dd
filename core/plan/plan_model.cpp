// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan/lowering.h"

#include <algorithm>
#include <map>
#include <unordered_set>

namespace feedline::inline plan {
namespace {

class ModelLowering {
 public:
  explicit ModelLowering(const Lowering& lowering) : lowering_(lowering) {}

  Result<LoweredModel> run(const Node& trainer) {
    const PortRef* loss_port = lowering_.into(trainer, kLossInput);
    const PortRef* optimizer_port = lowering_.into(trainer, kOptimizerInput);
    if (loss_port == nullptr || optimizer_port == nullptr)
      return fail(Error{.reason = "a trainer needs a loss and an optimiser", .node = trainer.id});
    const Node& loss = lowering_.node(loss_port->node);
    const Node& optimizer = lowering_.node(optimizer_port->node);

    by_stage_ = !lowering_.analysis().stages.empty();
    if (Status ok = add_upstream(loss); !ok) return fail(std::move(ok.error()));
    const auto& layers = lowered_.model.layers;
    if (std::none_of(layers.begin(), layers.end(), [](const LayerPlan& l) { return l.spec->role == Role::Layer; }))
      return fail(Error{.reason = "there is no layer between the batch and the loss, so there is nothing to train",
                        .remedy = "Put layers such as linear between",
                        .node = loss.id,
                        .port = "prediction"});

    lowered_.model.optimizer = &lowering_.type(optimizer);
    lowered_.model.optimizer_params = lowered_.model.optimizer->complete(optimizer.params);
    lowered_.model.optimizer_node = optimizer.id;
    return std::move(lowered_);
  }

  Result<LoweredModel> run_as_far_as(const Node& last) {
    if (Status ok = add_upstream(last); !ok) return fail(std::move(ok.error()));
    return std::move(lowered_);
  }

 private:
  /// The node and all upstream of it, down to the batch.
  Status add_upstream(const Node& end) {
    auto nodes = lowering_.upstream(end, [&](const Node& n) { return lowering_.spec(n).role != Role::Batch; });
    if (by_stage_)
      std::stable_sort(nodes.begin(), nodes.end(),
                       [this](const Node* a, const Node* b) { return stage_of(*a) < stage_of(*b); });
    for (const Node* node : nodes)
      if (Status ok = add(*node, end); !ok) return ok;
    if (lowered_.batch == nullptr)
      return fail(Error{.reason = "no batch feeds the model", .remedy = "Wire a batch node to it", .node = end.id});
    return {};
  }

  /// What stands in front of the network comes first.
  [[nodiscard]] std::size_t stage_of(const Node& node) const {
    const auto& stages = lowering_.analysis().stages;
    const auto found = stages.find(node.id);
    return found == stages.end() ? 0 : found->second.first;
  }

  Status add(const Node& node, const Node& end) {
    const NodeSpec& spec = lowering_.spec(node);
    if (spec.role == Role::Batch) {
      if (lowered_.batch != nullptr)
        return fail(Error{.reason = "the model is fed by two batch nodes, " + lowered_.batch->id + " and " + node.id,
                          .remedy = "Wire all its inputs from one",
                          .node = end.id});
      lowered_.batch = &node;
      return {};
    }
    const bool is_loss = &node == &end && spec.role == Role::Loss;  // others are layers: they are added up
    if (spec.role != Role::Loss && spec.role != Role::Layer)
      return fail(Error{.reason = "a " + spec.type + " node cannot be part of a model", .node = node.id});

    LayerPlan layer{.node = node.id,
                    .type = node.type,
                    .key = key_of(node),
                    .stream = stream_of(node),
                    .spec = &lowering_.type(node),
                    .params = spec.complete(node.params)};
    if (by_stage_) {
      layer.stage = stage_of(node);
      lowered_.model.stages = std::max(lowered_.model.stages, layer.stage + 1);
    }
    for (const PortSpec& port : spec.inputs) {
      const PortRef* from = lowering_.into(node, port.name);
      const TensorDesc* desc = from == nullptr ? nullptr : lowering_.analysis().at(*from);
      layer.inputs.push_back(desc == nullptr ? TensorDesc{} : *desc);
      layer.from.push_back(from == nullptr ? LayerPlan::Input{} : origin(*from));
    }
    if (!spec.outputs.empty())
      if (const TensorDesc* out = lowering_.analysis().at({node.id, spec.outputs.front().name})) layer.output = *out;
    if ((spec.target == TargetKind::Classes || spec.target == TargetKind::Labels) && lowered_.model.class_names.empty())
      if (const int target = spec.input("target"); target >= 0)
        lowered_.model.class_names = layer.inputs[static_cast<std::size_t>(target)].class_names;
    if (is_loss) {
      lowered_.model.loss = std::move(layer);
      return {};
    }
    layer_of_.emplace(node.id, static_cast<int>(lowered_.model.layers.size()));
    lowered_.model.layers.push_back(std::move(layer));
    return {};
  }

  LayerPlan::Input origin(const PortRef& from) {
    if (const auto layer = layer_of_.find(from.node); layer != layer_of_.end()) return {.layer = layer->second};
    auto& fields = lowered_.fields;
    auto field = std::find(fields.begin(), fields.end(), from.port);
    if (field == fields.end()) field = fields.insert(fields.end(), from.port);
    return {.field = static_cast<int>(field - fields.begin())};
  }

  const Lowering& lowering_;
  bool by_stage_ = false;  ///< layers that are only looked at have no stages
  LoweredModel lowered_{};
  std::map<std::string, int, std::less<>> layer_of_{};
};

}  // namespace

Status check_known(const TensorDesc& desc, const std::string& node) {
  for (std::size_t i = 1; i < desc.shape.size(); ++i)
    if (!desc.shape[i].bounded())  // layers that need the very size refuse one that differs
      return fail(Error{.reason = "its size depends on '" + desc.shape[i].text() +
                                  "', which nothing in the graph decides (" + desc.text() + ")",
                        .remedy = "Set the number of units, use a source that knows its classes, or put a resize or "
                                  "crop before the batch",
                        .node = node});
  if (desc.kind == Kind::Tensor && !desc.classes.known())
    return fail(Error{.reason = "how many ids its tokens can have is not known (" + desc.text() + ")",
                      .remedy = "Set the size of the vocabulary",
                      .node = node});
  return {};
}

ModelInputs model_inputs(const Lowering& lowering, const Node& trainer) {
  ModelInputs inputs;
  std::unordered_set<const Node*> seen;
  std::vector<const Node*> open;
  const auto follow = [&](const PortRef* from) {
    if (from == nullptr) return;
    const Node& node = lowering.node(from->node);
    if (!lowering.known(node)) return;
    if (lowering.spec(node).role != Role::Batch) {
      if (seen.insert(&node).second) open.push_back(&node);
      return;
    }
    if (inputs.batch == nullptr) inputs.batch = &node;
    if (inputs.batch == &node) inputs.fields.insert(from->port);
  };
  follow(lowering.into(trainer, learner_input(lowering.document(), trainer.id).port));
  while (!open.empty()) {
    const Node& next = *open.back();
    open.pop_back();
    for (const PortSpec& port : lowering.spec(next).inputs) follow(lowering.into(next, port.name));
  }
  return inputs;
}

Status check_sizes(const ModelPlan& model) {
  for (const LayerPlan& layer : model.layers) {
    for (const TensorDesc& input : layer.inputs)
      if (Status ok = check_known(input, layer.node); !ok) return ok;
    if (Status ok = check_known(layer.output, layer.node); !ok) return ok;
  }
  return {};
}

Result<LoweredModel> lower_model(const Lowering& lowering, const Node& trainer) {
  return ModelLowering(lowering).run(trainer);
}

Result<LoweredModel> lower_layers(const Lowering& lowering, const Node& last) {
  return ModelLowering(lowering).run_as_far_as(last);
}

}  // namespace feedline::inline plan
