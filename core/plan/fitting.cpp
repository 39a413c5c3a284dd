// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan/fitting.h"

#include "state/fingerprint.h"

#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace feedline::inline plan {
namespace {

/// Node by node, each once: what is upstream of a node counts by its hash.
class UpstreamHasher {
 public:
  explicit UpstreamHasher(const Lowering& lowering) : lowering_(lowering) {}

  std::string run(const Node& node) {
    for (const Node* next : lowering_.upstream(node, [](const Node&) { return true; })) add(*next);
    return hashes_.at(node.id);
  }

 private:
  /// What gives the value at the upstream end of a wire, seen through nodes that pass values on.
  const PortRef* origin(const Node& node, const std::string& port) const {
    const PortRef* from = lowering_.into(node, port);
    for (;;) {
      if (from == nullptr) return nullptr;
      const Node& giver = *lowering_.document().find(from->node);
      const NodeSpec& spec = lowering_.spec(giver);
      const bool samples = spec.role == Role::Sampler;
      if (!samples && !spec.cache) return from;
      from = lowering_.into(giver, samples ? from->port : spec.inputs.front().name);
    }
  }

  void add(const Node& node) {
    const NodeSpec& spec = lowering_.spec(node);
    Fingerprint hash;
    hash.add(spec.type).add(static_cast<std::uint64_t>(spec.version));
    const ParamMap params = spec.complete(node.params);
    for (const ParamSpec& param : spec.params) hash.add(param.name).add(to_text(params.at(param.name)));
    for (const PortSpec& port : spec.inputs) {
      const PortRef* from = origin(node, port.name);
      hash.add(port.name).add(from != nullptr ? 1 : 0);
      if (from != nullptr) hash.add(from->port).add(hashes_.at(from->node));
    }
    hashes_.emplace(node.id, hash.hex());
  }

  const Lowering& lowering_;
  std::map<std::string, std::string, std::less<>> hashes_{};
};

class UnfittedOp final : public SampleOp {
 public:
  Status run(std::span<const Datum* const>, std::span<Datum* const>, OpContext&) const override {
    return fail(not_fitted());
  }
};

/// What follows from shapes; the same graph gives the same steps and fields.
void take_over(DataPlan& data, const DataPlan& fresh) {
  for (std::size_t i = 0; i < data.steps.size(); ++i) {
    data.steps[i].op = fresh.steps[i].op;
    data.steps[i].fitted = fresh.steps[i].fitted;
    data.steps[i].next = fresh.steps[i].next;
  }
  for (std::size_t i = 0; i < data.fields.size(); ++i) {
    data.fields[i].record = fresh.fields[i].record;
    data.fields[i].batch = fresh.fields[i].batch;
    data.fields[i].capacity = fresh.fields[i].capacity;
  }
}

std::vector<const TensorDesc*> input_descs(const FittedStep& step) {
  std::vector<const TensorDesc*> descs;
  for (const auto& input : step.inputs) descs.push_back(input ? &*input : nullptr);
  return descs;
}

}  // namespace

std::string upstream_hash(const Lowering& lowering, const Node& node) { return UpstreamHasher(lowering).run(node); }

std::shared_ptr<const FittedStep> fitted_step(const Lowering& lowering, const Node& node, DescInputs in) {
  const NodeSpec& spec = lowering.spec(node);
  if (!spec.fitter) return nullptr;
  ParamMap params = spec.complete(node.params);
  if (spec.fitter(params, in) == nullptr) return nullptr;
  auto step = std::make_shared<FittedStep>(FittedStep{.key = key_of(node),
                                                      .spec = &lowering.type(node),
                                                      .params = std::move(params),
                                                      .upstream = upstream_hash(lowering, node)});
  if (!lowering.inputs_wait(node)) step->learnt = lowering.learnt(node);
  for (const TensorDesc* desc : in) step->inputs.push_back(desc == nullptr ? std::nullopt : std::optional(*desc));
  return step;
}

Result<std::unique_ptr<SampleOp>> unfitted_op() { return std::make_unique<UnfittedOp>(); }

std::unique_ptr<Fitter> make_fitter(const FittedStep& step) {
  return step.spec->fitter(step.params, input_descs(step));
}

Status bind_step(PlanStep& step, std::shared_ptr<const NamedTensors> learnt) {
  const NodeSpec& spec = *step.fitted->spec;
  const std::vector<const TensorDesc*> in = input_descs(*step.fitted);
  auto op = spec.fitted_op(step.fitted->params, in, *learnt);
  if (!op) return fail(std::move(op.error()).at_node(step.node));
  if (spec.learnt)
    if (auto described = spec.learnt(step.fitted->params, in, *learnt); !described)
      return fail(std::move(described.error()).at_node(step.node));
  auto bound = std::make_shared<FittedStep>(*step.fitted);
  bound->learnt = std::move(learnt);
  step.op = std::move(*op);
  step.fitted = std::move(bound);
  return {};
}

Status take_up_learnt(Plan& plan, const LearntStates& learnt) {
  if (!plan.relower) return {};
  auto fresh = plan.relower(learnt);
  if (!fresh) return fail(std::move(fresh.error()));
  take_over(plan.train, (*fresh)->train);
  if (plan.validation) take_over(*plan.validation, (*fresh)->validation ? *(*fresh)->validation : (*fresh)->train);
  plan.learner = (*fresh)->learner;
  plan.relower = (*fresh)->relower;
  return {};
}

}  // namespace feedline::inline plan
