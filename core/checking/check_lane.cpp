// SPDX-License-Identifier: GPL-3.0-or-later
// Compiled by -O3: runs over records.
#include "checking/check_lane.h"

#include "base/machine_fault.h"
#include "graph/flatten.h"
#include "graph/path.h"
#include "plan/fitting.h"
#include "plan/lowering.h"
#include "plan/open_source.h"
#include "schema/source_report.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace feedline::inline checking {
namespace {

std::string parameters_text(const ParamMap& params) {
  std::string text;
  for (const auto& [name, value] : params) text += name + '=' + to_text(value) + '\n';
  return text;
}

/// Shows a record to the fitter of a node, as fitting would: whether the node can learn from it says whether the record
/// is good.
class LearningCheck final : public SampleOp {
 public:
  explicit LearningCheck(std::shared_ptr<const FittedStep> step) : step_(std::move(step)) {}
  Status run(std::span<const Datum* const> in, std::span<Datum* const>, OpContext&) const override {
    return make_fitter(*step_)->add(in);
  }

 private:
  const std::shared_ptr<const FittedStep> step_;
};

class LaneOpener {
 public:
  LaneOpener(const Document& document, const SourceContext& context, const Registry& registry)
      : flat_(flatten(document, registry)), document_(flat_.document), context_(context), registry_(registry) {}

  Result<std::vector<CheckLane>> run() {
    const Analysis rough = analyse(document_, {}, registry_);
    for (const Node& node : document_.nodes()) {
      const NodeSpec* spec = registry_.find(node.type);
      if (spec == nullptr || spec->role != Role::Source) continue;
      if (Status opened = open(node, *spec, rough); !opened) return fail(std::move(opened.error()));
    }
    const Analysis exact = analyse(document_, probed_, registry_);
    const Lowering lowering(document_, exact, registry_);
    for (auto& [id, lane] : lanes_)
      if (lane.source) add_steps(id, lane, lowering);
    find_roles(lowering);
    std::vector<CheckLane> lanes;
    for (const std::string& id : order_) lanes.push_back(std::move(lanes_.at(id)));
    return lanes;
  }

 private:
  static const Error* problem_of(const Analysis& analysis, const std::string& node) {
    for (const Problem& problem : analysis.problems)
      if (problem.severity == Problem::Severity::Error && problem.error.node == node) return &problem.error;
    return nullptr;
  }

  Status open(const Node& node, const NodeSpec& spec, const Analysis& rough) {
    order_.push_back(node.id);
    CheckLane& lane = lanes_[node.id];
    lane.node = drawn_path(node.id);
    lane.type = node.type;
    lane.params = spec.complete(node.params);
    lane.key = node.type + '\n' + parameters_text(lane.params);
    lane.ports = lane.slots = spec.outputs.size();
    if (const Error* problem = problem_of(rough, node.id)) {
      lane.failure = Error(*problem).at_node(lane.node);
      return {};
    }
    auto opened = open_source(spec, spec.complete(node.params), context_);
    if (context_.stop.stop_requested()) return fail_cancelled();
    if (!opened) {
      Error error = std::move(opened.error()).at_node(lane.node);
      if (is_machine_fault(error)) return fail(std::move(error));
      lane.failure = std::move(error);
      return {};
    }
    lane.source = std::move(*opened);
    probed_.emplace(node.id, lane.source->outputs());
    describe(lane);
    return {};
  }

  static void describe(CheckLane& lane) {
    const std::vector<TensorDesc>& outputs = lane.source->outputs();
    const SourceReport* report = report_of(*lane.source);
    const bool unlabelled = report != nullptr && report->unlabelled;
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      if (outputs[i].kind == Kind::Label && !lane.label_port && !unlabelled) {
        lane.label_port = i;
        lane.class_names = outputs[i].class_names;
        lane.classes = outputs[i].classes.known() ? static_cast<std::size_t>(outputs[i].classes.size()) : 0;
      }
      if ((outputs[i].kind == Kind::Encoded || outputs[i].kind == Kind::Image) && !lane.picture_port) {
        lane.picture_port = i;
        lane.encoded = outputs[i].kind == Kind::Encoded;
      }
    }
  }

  /// The per-record nodes of a lane while they are collected, in running order.
  struct Steps {
    StepLowering lowered;
    std::vector<PlanStep> decoders{};
    std::vector<PlanStep> others{};
    std::map<std::string, std::vector<SlotIndex>> decoded{};  ///< by what decodes the same bytes in the same way
  };

  /// A node that another source feeds too is none of a lane's.
  void add_steps(const std::string& source, CheckLane& lane, const Lowering& lowering) const {
    Steps steps{StepLowering(lowering)};
    for (const PortSpec& port : lowering.spec(lowering.node(source)).outputs) steps.lowered.add({source, port.name});
    for (const std::size_t index : lowering.analysis().order) {
      const Node& node = document_.nodes()[index];
      if (!lowering.known(node)) continue;
      if (lowering.spec(node).role == Role::Sampler) steps.lowered.pass_on(node);
      if (lowering.spec(node).role == Role::Sample) add_step(node, lane, lowering, steps);
    }
    lane.slots = steps.lowered.slots();
    lane.decoders = steps.decoders.size();
    lane.steps = std::move(steps.decoders);
    std::move(steps.others.begin(), steps.others.end(), std::back_inserter(lane.steps));
  }

  static void add_step(const Node& node, CheckLane& lane, const Lowering& lowering, Steps& steps) {
    const auto inputs = steps.lowered.inputs(node);
    if (!inputs) return;  // of another source, or behind an unchecked one
    if (std::none_of(inputs->begin(), inputs->end(), [](const auto& slot) { return slot.has_value(); })) return;
    const std::string drawn = drawn_path(node.id);
    const auto leave = [&](const Error& error) {
      if (!lane.unchecked) lane.unchecked = Error(error).at_node(drawn);
    };
    if (const Error* problem = problem_of(lowering.analysis(), node.id)) return leave(*problem);
    const NodeSpec& type = lowering.spec(node);
    const std::vector<const TensorDesc*> descs = lowering.inputs(node);
    const bool decodes = descs[0] != nullptr && descs[0]->kind == Kind::Encoded;
    const std::string key = type.type + '@' + std::to_string(inputs->front().value_or(0)) + '\n' +
                            parameters_text(type.complete(node.params));
    if (const auto same = steps.decoded.find(key); decodes && same != steps.decoded.end()) {
      for (std::size_t i = 0; i < type.outputs.size(); ++i)
        steps.lowered.share({node.id, type.outputs[i].name}, same->second[i]);
      return;
    }
    if (auto learns = fitted_step(lowering, node, descs); learns != nullptr) {
      // What stands behind it is not looked at.
      lane.rest += drawn + '\n' + key;
      steps.others.push_back({.node = drawn,
                              .type = node.type,
                              .op = std::make_shared<LearningCheck>(std::move(learns)),
                              .inputs = *inputs});
      return;
    }
    auto step = steps.lowered.step(node);
    if (!step) return leave(step.error());
    step->node = drawn;
    if (decodes) steps.decoded.emplace(key, step->outputs);
    (decodes ? lane.key : lane.rest) += drawn + '\n' + key;
    (decodes ? steps.decoders : steps.others).push_back(std::move(*step));
  }

  /// All nodes upstream of an input.
  static std::vector<const Node*> upstream(const Lowering& lowering, const Node& node, const std::string& port) {
    const PortRef* from = lowering.into(node, port);
    if (from == nullptr || !lowering.known(lowering.node(from->node))) return {};
    return lowering.upstream(lowering.node(from->node), [](const Node&) { return true; });
  }

  void find_roles(const Lowering& lowering) {
    for (const Node& node : document_.nodes()) {
      if (!lowering.known(node) || lowering.spec(node).role != Role::Trainer) continue;
      const NodeSpec& type = lowering.spec(node);
      const TrainerSettings settings = type.trainer(type.complete(node.params));
      for (const PortSpec& port : type.inputs)
        for (const Node* above : upstream(lowering, node, port.name))
          give_role(*above, port.name == "validation", settings, lowering);
    }
  }

  void give_role(const Node& node, bool validation, const TrainerSettings& settings, const Lowering& lowering) {
    if (const auto lane = lanes_.find(node.id); lane != lanes_.end()) {
      (validation ? lane->second.validation : lane->second.training) = true;
      if (!validation) lane->second.learning = settings;
      lane->second.max_bad_fraction = settings.max_bad_fraction;
      lane->second.seed = static_cast<std::uint64_t>(settings.seed);
      return;
    }
    const NodeSpec& type = lowering.spec(node);
    if (validation || type.role != Role::Sampler || !type.sampler(type.complete(node.params)).shuffle) return;
    for (const Node* above : lowering.upstream(node, [](const Node&) { return true; }))
      if (const auto lane = lanes_.find(above->id); lane != lanes_.end()) lane->second.shuffled = true;
  }

  const Flat flat_;
  const Document& document_;
  const SourceContext& context_;
  const Registry& registry_;
  std::vector<std::string> order_{};
  std::map<std::string, CheckLane> lanes_{};
  ProbedSources probed_{};
};

}  // namespace

Result<std::vector<CheckLane>> open_lanes(const Document& document, const SourceContext& context,
                                          const Registry& registry) {
  return LaneOpener(document, context, registry).run();
}

}  // namespace feedline::inline checking
