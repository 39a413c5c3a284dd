// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan/lowering.h"
#include "schema/several_labels.h"

#include <algorithm>

namespace feedline::inline plan {
namespace {

/// An estimator reads batches as they are. Its inputs become fields, each once.
class EstimatorLowering {
 public:
  EstimatorLowering(const Lowering& lowering, const Node& node)
      : lowering_(lowering), node_(node), spec_(lowering.spec(node)) {}

  Result<LoweredLearner> run() {
    EstimatorPlan plan{.node = node_.id,
                       .key = key_of(node_),
                       .type = node_.type,
                       .stream = stream_of(node_),
                       .spec = &lowering_.type(node_),
                       .params = spec_.complete(node_.params)};
    if (spec_.passes)
      if (const std::uint32_t passes = spec_.passes(plan.params); passes > 0) plan.passes = passes;
    for (std::size_t i = 0; i < spec_.inputs.size(); ++i) {
      const PortSpec& port = spec_.inputs[i];
      const PortRef* from = lowering_.into(node_, port.name);
      if (from == nullptr) {
        plan.fields.emplace_back();
        continue;
      }
      if (Status ok = check_feeder(*from, port.name); !ok) return fail(std::move(ok.error()));
      plan.fields.emplace_back(field_of(from->port));
      if (port.kind != Kind::Target) continue;
      const TensorDesc* desc = lowering_.analysis().at(*from);
      plan.target = i;
      if (lowering_.waits(*from) && (desc == nullptr || !desc->classes.known())) continue;
      if (desc == nullptr || !desc->classes.known())
        return fail(Error{.reason = "nothing says how many classes its target has",
                          .remedy = "Use a source that knows its classes",
                          .node = node_.id,
                          .port = port.name});
      if (has_several_labels(*desc))
        return fail(Error{.reason = "its target is several labels a record, and an estimator takes one",
                          .remedy = "Set label_kind of the source to class, or train a network with "
                                    "multi_label_cross_entropy",
                          .node = node_.id,
                          .port = port.name});
      plan.classes = desc->classes.size();
      plan.class_names = desc->class_names;
    }
    if (lowered_.batch == nullptr)
      return fail(
          Error{.reason = "no batch feeds the estimator", .remedy = "Wire a batch node to it", .node = node_.id});
    lowered_.learner = std::move(plan);
    return std::move(lowered_);
  }

 private:
  Status check_feeder(const PortRef& from, const std::string& port) {
    const Node& feeder = *lowering_.document().find(from.node);
    const auto refuse = [&](std::string reason, std::string remedy) -> Status {
      return fail(Error{.reason = std::move(reason), .remedy = std::move(remedy), .node = node_.id, .port = port});
    };
    if (lowering_.spec(feeder).role != Role::Batch)
      return refuse("an estimator reads batches as they are, but " + feeder.id + " is a part of a network",
                    "Wire this input from the batch node");
    if (lowered_.batch != nullptr && lowered_.batch != &feeder)
      return refuse("the estimator is fed by two batch nodes, " + lowered_.batch->id + " and " + feeder.id,
                    "Wire all its inputs from one");
    lowered_.batch = &feeder;
    return {};
  }

  std::size_t field_of(const std::string& port) {
    auto& fields = lowered_.fields;
    auto field = std::find(fields.begin(), fields.end(), port);
    if (field == fields.end()) field = fields.insert(fields.end(), port);
    return static_cast<std::size_t>(field - fields.begin());
  }

  const Lowering& lowering_;
  const Node& node_;
  const NodeSpec& spec_;
  LoweredLearner lowered_{};
};

}  // namespace

Result<LoweredLearner> lower_learner(const Lowering& lowering, const Node& trainer) {
  if (const PortRef* estimator = lowering.into(trainer, kEstimatorInput))
    return EstimatorLowering(lowering, *lowering.document().find(estimator->node)).run();
  Result<LoweredModel> model = lower_model(lowering, trainer);
  if (!model) return fail(std::move(model.error()));
  return LoweredLearner{.learner = std::move(model->model), .batch = model->batch, .fields = std::move(model->fields)};
}

}  // namespace feedline::inline plan
