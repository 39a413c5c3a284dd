// SPDX-License-Identifier: GPL-3.0-or-later
#include "checking/check_lane.h"

#include "base/machine_fault.h"
#include "graph/flatten.h"
#include "graph/path.h"
#include "graph/rewire.h"
#include "plan/lowering.h"
#include "plan/open_source.h"

#include <algorithm>
#include <map>
#include <set>

namespace feedline {
namespace {

std::string parameters_text(const ParamMap& params) {
  std::string text;
  for (const auto& [name, value] : params) text += name + '=' + to_text(value) + '\n';
  return text;
}

class LaneOpener {
 public:
  LaneOpener(const Document& document, const SourceContext& context, const Registry& registry)
      : flat_(flatten(document, registry)), document_(flat_.document), context_(context), registry_(registry) {}

  Result<std::vector<CheckLane>> run() {
    const Analysis rough = analyse(document_, {}, registry_);
    for (const Node& node : document_.nodes()) {
      const auto spec = spec_of(node, registry_);
      if (!spec || spec->role != Role::Source) continue;
      if (Status opened = open(node, *spec, rough); !opened) return fail(std::move(opened.error()));
    }
    const Analysis exact = analyse(document_, probed_, registry_);
    for (auto& [id, lane] : lanes_)
      if (lane.source) add_steps(id, lane, exact);
    find_roles();
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
    lane.key = node.type + '\n' + parameters_text(spec.complete(node.params));
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
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      if (outputs[i].kind == Kind::Label && !lane.label_port) {
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

  /// In running order; a node that another source feeds too is none of a lane's.
  void add_steps(const std::string& source, CheckLane& lane, const Analysis& analysis) {
    std::map<PortRef, SlotIndex> slots;
    const NodeSpec spec = *spec_of(*document_.find(source), registry_);
    for (std::size_t i = 0; i < spec.outputs.size(); ++i) slots.emplace(PortRef{source, spec.outputs[i].name}, i);
    std::map<std::string, std::vector<SlotIndex>> decoded;  // by what decodes the same bytes in the same way
    for (const std::size_t index : analysis.order) {
      const Node& node = document_.nodes()[index];
      const auto type = spec_of(node, registry_);
      if (!type) continue;
      if (type->role == Role::Sampler) pass_on(node, *type, slots);
      if (type->role == Role::Sample) add_step(node, *type, lane, analysis, slots, decoded);
    }
    std::stable_partition(lane.steps.begin(), lane.steps.end(), [](const LaneStep& step) { return step.decodes; });
  }

  void pass_on(const Node& node, const NodeSpec& type, std::map<PortRef, SlotIndex>& slots) const {
    for (const PortSpec& port : type.outputs)
      if (const Link* link = document_.link_into({node.id, port.name}); link != nullptr && slots.contains(link->from))
        slots.emplace(PortRef{node.id, port.name}, slots.at(link->from));
  }

  void add_step(const Node& node, const NodeSpec& type, CheckLane& lane, const Analysis& analysis,
                std::map<PortRef, SlotIndex>& slots, std::map<std::string, std::vector<SlotIndex>>& decoded) const {
    LaneStep step{.node = drawn_path(node.id), .stream = stream_of(node)};
    std::vector<const TensorDesc*> descs;
    bool any = false;
    for (const PortSpec& port : type.inputs) {
      const Link* link = document_.link_into({node.id, port.name});
      if (link != nullptr && !slots.contains(link->from)) return;  // of another source, or behind an unchecked one
      any |= link != nullptr;
      step.inputs.push_back(link == nullptr ? std::nullopt : std::optional(slots.at(link->from)));
      descs.push_back(link == nullptr ? nullptr : analysis.at(link->from));
    }
    if (!any) return;
    const auto leave = [&](const Error& error) {
      if (!lane.unchecked) lane.unchecked = Error(error).at_node(step.node);
    };
    if (const Error* problem = problem_of(analysis, node.id)) return leave(*problem);
    const ParamMap params = type.complete(node.params);
    step.decodes = !descs.empty() && descs[0] != nullptr && descs[0]->kind == Kind::Encoded;
    const std::string key =
        type.type + '@' + std::to_string(step.inputs[0].value_or(0)) + '\n' + parameters_text(params);
    if (const auto same = decoded.find(key); step.decodes && same != decoded.end()) {
      for (std::size_t i = 0; i < type.outputs.size(); ++i)
        slots.emplace(PortRef{node.id, type.outputs[i].name}, same->second[i]);
      return;
    }
    auto op = type.sample_op(params, descs);
    if (!op) return leave(op.error());
    step.op = std::move(*op);
    for (const PortSpec& port : type.outputs) {
      slots.emplace(PortRef{node.id, port.name}, lane.slots);
      step.outputs.push_back(lane.slots++);
    }
    if (step.decodes) {
      decoded.emplace(key, step.outputs);
      ++lane.decoders;
      lane.key += step.node + '\n' + key;
    } else {
      lane.rest += step.node + '\n' + key;
    }
    lane.steps.push_back(std::move(step));
  }

  /// All nodes upstream of one of the trainer's ports.
  std::set<std::string> upstream(const PortRef& port) const {
    std::set<std::string> seen;
    std::vector<PortRef> open = {port};
    while (!open.empty()) {
      const Link* link = document_.link_into(open.back());
      open.pop_back();
      if (link == nullptr || !seen.insert(link->from.node).second) continue;
      const auto type = spec_of(*document_.find(link->from.node), registry_);
      for (const PortSpec& input : type ? type->inputs : std::vector<PortSpec>())
        open.push_back({link->from.node, input.name});
    }
    return seen;
  }

  void find_roles() {
    for (const Node& node : document_.nodes()) {
      const auto type = spec_of(node, registry_);
      if (!type || type->role != Role::Trainer) continue;
      const TrainerSettings settings = type->trainer(type->complete(node.params));
      for (const PortSpec& port : type->inputs)
        for (const std::string& id : upstream({node.id, port.name})) give_role(id, port.name == "validation", settings);
    }
  }

  void give_role(const std::string& id, bool validation, const TrainerSettings& settings) {
    if (const auto lane = lanes_.find(id); lane != lanes_.end()) {
      (validation ? lane->second.validation : lane->second.training) = true;
      if (!validation) lane->second.validation_split = settings.validation_split;
      lane->second.max_bad_fraction = settings.max_bad_fraction;
      lane->second.seed = static_cast<std::uint64_t>(settings.seed);
      return;
    }
    const Node& node = *document_.find(id);
    const auto type = spec_of(node, registry_);
    if (validation || !type || type->role != Role::Sampler) return;
    if (!type->sampler(type->complete(node.params)).shuffle) return;
    for (const PortSpec& port : type->inputs)
      for (const std::string& above : upstream({id, port.name}))
        if (const auto lane = lanes_.find(above); lane != lanes_.end()) lane->second.shuffled = true;
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

}  // namespace feedline
