// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/advice.h"
#include "base/numbers.h"
#include "graph/check_params.h"
#include "graph/flatten.h"
#include "graph/model_stages.h"
#include "graph/named_metrics.h"
#include "graph/record_origins.h"
#include "graph/target_notice.h"
#include "graph/validate.h"
#include "graph/waiting_outputs.h"
#include "graph/wiring.h"

#include <algorithm>
#include <exception>
#include <optional>
#include <unordered_map>

namespace feedline::inline graph {

namespace {

class Analyser {
 public:
  Analyser(const Document& document, const ProbedSources& probed, const Registry& registry, const LearntStates& learnt)
      : wiring_(document, registry),
        probed_(probed),
        registry_(registry),
        learnt_(learnt),
        problems_(document.nodes().size()),
        outputs_(document.nodes().size()),
        params_(document.nodes().size()),
        origins_(wiring_),
        waiting_(wiring_) {}

  Analysis run() {
    for (std::size_t node = 0; node < outputs_.size(); ++node)
      if (const NodeSpec* spec = wiring_.spec(node)) outputs_[node].resize(spec->outputs.size());
    Order order = order_nodes(wiring_);
    for (const auto& cycle : order.cycles) report_cycle(cycle);
    std::vector<bool> ordered(wiring_.nodes().size(), false);
    for (const std::size_t node : order.nodes) {
      ordered[node] = true;
      visit(node, true);
    }
    for (std::size_t node = 0; node < ordered.size(); ++node)
      if (!ordered[node]) visit(node, false);

    Analysis analysis;
    for (auto& of_node : problems_)
      for (Problem& problem : of_node) analysis.problems.push_back(std::move(problem));
    check_whole(analysis);
    bind_classes();
    add_costs(analysis);
    for (std::size_t node = 0; node < outputs_.size(); ++node)
      for (std::size_t port = 0; port < outputs_[node].size(); ++port)
        if (auto& desc = outputs_[node][port])
          analysis.outputs.emplace(PortRef{wiring_.nodes()[node].id, wiring_.spec(node)->outputs[port].name},
                                   std::move(*desc));
    analysis.order = std::move(order.nodes);
    analysis.waiting = waiting_.all();
    analysis.learnt = learnt_;
    place_stages(wiring_, analysis.order, analysis);
    name_metrics(wiring_, analysis);
    return analysis;
  }

 private:
  using Severity = Problem::Severity;

  void report(std::size_t node, Error error, Severity severity = Severity::Error) {
    if (error.node.empty()) error.node = wiring_.nodes()[node].id;
    problems_[node].push_back({severity, std::move(error)});
  }

  void report_cycle(const std::vector<std::size_t>& cycle) {
    std::string path;
    for (const std::size_t node : cycle) path += wiring_.nodes()[node].id + " → ";
    path += wiring_.nodes()[cycle.front()].id;
    report(cycle.front(), Error{.reason = "the graph has a cycle: " + path, .remedy = "Remove one of these wires"});
  }

  /// Everything about one node; `sound` is false on a cycle, where nothing can be inferred.
  void visit(std::size_t index, bool sound) {
    const Node& node = wiring_.nodes()[index];
    const NodeSpec* spec = wiring_.spec(index);
    if (spec == nullptr) {
      const std::string near = registry_.nearest(node.type);
      report(index, Error{.reason = "unknown node type '" + node.type + "'",
                          .remedy = near.empty() ? advice("The Nodes panel has all types",
                                                          "`feedline-cli nodes` lists the types")
                                                 : "Did you mean '" + near + "'?"});
      return;
    }
    if (node.version > spec->version)
      report(index,
             Error{.reason = "it was saved by a newer Feedline (version " + std::to_string(node.version) + " of " +
                             spec->type + ", this program has " + std::to_string(spec->version) + ")",
                   .remedy = "Check its parameters"},
             Severity::Warning);
    sound = check_params(node, node.id, *spec,
                         [&](Error error, Severity severity) { report(index, std::move(error), severity); }) &&
            sound;

    std::vector<const TensorDesc*> in(spec->inputs.size(), nullptr);
    sound = check_inputs(index, *spec, in) && sound;
    waiting_.pass_on(index);
    check_used(index, node, *spec);
    for (Error& error : origins_.visit(index)) report(index, std::move(error));
    if (!spec->outputs.empty() && wiring_.wires_out_of(index).empty())
      report(index, Error{.reason = "nothing uses its output", .remedy = "Wire it to something, or remove the node"},
             Severity::Warning);
    if (sound) infer(index, node, *spec, in);
  }

  /// Fills `in`; false if the node cannot be inferred. Only what is this node's own fault is reported.
  bool check_inputs(std::size_t index, const NodeSpec& spec, std::vector<const TensorDesc*>& in) {
    bool sound = true;
    std::vector<bool> wired(spec.inputs.size(), false);
    for (const std::size_t wire : wiring_.wires_into(index)) {
      const int port = spec.input(wiring_.links()[wire].to.port);
      if (port >= 0) wired[static_cast<std::size_t>(port)] = true;
      const TensorDesc* desc = check_wire(index, spec, wire);
      if (desc == nullptr)
        sound = false;
      else
        in[static_cast<std::size_t>(port)] = desc;
    }
    const auto is_wired = [&](std::string_view port) {
      const int at = spec.input(port);
      return at >= 0 && wired[static_cast<std::size_t>(at)];
    };
    for (const PortSpec& input : spec.inputs) {
      const std::string& other = input.unless;
      if (lacks_wire(input, is_wired)) {
        report(index, Error{.reason = "no wire enters this input",
                            .remedy = "Wire an output that gives " +
                                      std::string(input.kind == Kind::Any ? "values of one record" : name(input.kind)) +
                                      " to it" + (other.empty() ? "" : ", or one to " + other + " instead"),
                            .port = input.name});
        sound = false;
      } else if (!other.empty() && is_wired(input.name) && is_wired(other)) {
        report(index, Error{.reason = "wires enter both this input and " + other + ", but only one of them can count",
                            .remedy = "Remove the one or the other",
                            .port = input.name});
        sound = false;
      }
    }
    return sound;
  }

  /// A parameter that was changed, but counts only with an input that is left out for another one.
  void check_used(std::size_t index, const Node& node, const NodeSpec& spec) {
    const auto& wires = wiring_.wires_into(index);
    const auto is_wired = [&](std::string_view port) {
      return std::any_of(wires.begin(), wires.end(),
                         [&](std::size_t wire) { return wiring_.links()[wire].to.port == port; });
    };
    for (const ParamSpec& param : spec.params) {
      if (param.only_if.param.empty() && param.only_with.empty()) continue;
      const auto set = node.params.find(param.name);
      if (set == node.params.end() || set->second == param.default_value) continue;
      if (!spec.counts(param, node.params))
        report(index,
               Error{.reason = "it counts only where " + param.only_if.param + " is " +
                               numbers::listed(param.only_if.values) + ": it is passed over",
                     .remedy = "Set it back to its default",
                     .parameter = param.name},
               Severity::Warning);
      const int with = param.only_with.empty() ? -1 : spec.input(param.only_with);
      if (with < 0) continue;
      const PortSpec& input = spec.inputs[static_cast<std::size_t>(with)];
      if (is_wired(input.name) || input.unless.empty() || !is_wired(input.unless)) continue;
      report(index,
             Error{.reason = "it counts only with a wire into " + input.name + ", and here one enters " + input.unless +
                             " instead: it is passed over",
                   .remedy = "Set it back to its default",
                   .parameter = param.name},
             Severity::Warning);
    }
  }

  /// What the wire brings; null if nothing usable. Only a fault of the wire itself is reported, not one upstream.
  const TensorDesc* check_wire(std::size_t index, const NodeSpec& spec, std::size_t wire) {
    const Link& link = wiring_.links()[wire];
    const std::size_t up = wiring_.from(wire);
    if (wiring_.spec(up) == nullptr && spec.input(link.to.port) >= 0) return nullptr;  // reported there
    if (auto error = check_ports(wiring_, link.from, link.to, registry_)) {
      report(index, std::move(*error));
      return nullptr;
    }
    const auto& desc = outputs_[up][static_cast<std::size_t>(wiring_.spec(up)->output(link.from.port))];
    const PortSpec& input = spec.inputs[static_cast<std::size_t>(spec.input(link.to.port))];
    const Kind kind = desc ? desc->kind : wiring_.kind_of(link.from);
    if (auto error = check_kinds(link.from, kind, link.to, input, registry_)) {
      report(index, std::move(*error));
      return nullptr;
    }
    if (gives_nothing(up, link.from.port)) {
      report(index,
             Error{.reason = link.from.text() + " gives nothing, because no wire enters " + link.from.node + " there",
                   .remedy = "Wire the input " + link.from.port + " of " + link.from.node + " first",
                   .port = link.to.port});
      return nullptr;
    }
    return desc ? &*desc : nullptr;
  }

  /// Batch and sampler nodes pass each input to the output of its name: without the one there is not the other.
  [[nodiscard]] bool gives_nothing(std::size_t node, const std::string& output) const {
    const NodeSpec& spec = *wiring_.spec(node);
    if ((spec.role != Role::Batch && spec.role != Role::Sampler) || spec.input(output) < 0) return false;
    if (!spec.inputs[static_cast<std::size_t>(spec.input(output))].optional) return false;
    const auto& wires = wiring_.wires_into(node);
    return std::none_of(wires.begin(), wires.end(),
                        [&](std::size_t w) { return wiring_.links()[w].to.port == output; });
  }

  void infer(std::size_t index, const Node& node, const NodeSpec& spec, const std::vector<const TensorDesc*>& in) {
    Result<std::vector<TensorDesc>> result = std::vector<TensorDesc>{};
    const auto known = probed_.find(node.id);
    if (spec.role == Role::Source && known != probed_.end()) {
      result = known->second;
    } else if (spec.infer) {
      try {
        result = describe(index, node, spec, in);
      } catch (const std::exception& e) {
        result = fail(std::string("its shapes cannot be found: ") + e.what());
      }
    }
    if (!result) {
      report(index, std::move(result.error()));
      return;
    }
    if (result->size() != spec.outputs.size()) {
      report(index, Error{.reason = "it describes " + std::to_string(result->size()) + " outputs, but has " +
                                    std::to_string(spec.outputs.size())});
      return;
    }
    if (auto notice = class_as_number(spec, in)) report(index, std::move(*notice), Severity::Warning);
    for (std::size_t port = 0; port < result->size(); ++port) {
      TensorDesc& desc = (*result)[port];
      if (spec.outputs[port].kind != Kind::Any) desc.kind = spec.outputs[port].kind;
      if (spec.asks_file && desc.shape.empty()) {
        report(index, Error{.reason = "what it gives is known once its file has been loaded"}, Severity::Warning);
        continue;
      }
      drop_columns(spec, desc);
      if (!gives_nothing(index, spec.outputs[port].name)) outputs_[index][port] = std::move(desc);
    }
  }

  /// All of a node's parameters. Each node is asked for its shapes and then for its costs.
  const ParamMap& complete_params(std::size_t index, const Node& node, const NodeSpec& spec) {
    std::optional<ParamMap>& params = params_[index];
    if (!params) params = spec.complete(node.params);
    return *params;
  }

  /// A node whose outputs follow from what it learns waits until that is known.
  Result<std::vector<TensorDesc>> describe(std::size_t index, const Node& node, const NodeSpec& spec,
                                           const std::vector<const TensorDesc*>& in) {
    const ParamMap& params = complete_params(index, node, spec);
    if (spec.learnt && spec.fitter(params, in) != nullptr) {
      const auto state = learnt_.find(node.id);
      if (state != learnt_.end() && !waiting_.any(index)) return spec.learnt(params, in, *state->second);
      waiting_.begin_at(index);
    }
    return spec.infer(params, in);
  }

  /// A layer gives other numbers than the columns; so does a node that changes how many there are.
  static void drop_columns(const NodeSpec& spec, TensorDesc& desc) {
    const bool fits =
        !desc.shape.empty() && desc.shape.back().agrees_with(static_cast<std::int64_t>(desc.columns.size()));
    if (spec.role == Role::Layer || !fits) desc.columns.clear();
  }

  void check_whole(Analysis& analysis) const {
    std::vector<std::string> trainers;
    bool has_source = false;
    for (std::size_t node = 0; node < wiring_.nodes().size(); ++node) {
      const NodeSpec* spec = wiring_.spec(node);
      if (spec == nullptr) continue;
      if (spec->role == Role::Trainer) trainers.push_back(wiring_.nodes()[node].id);
      has_source = has_source || spec->role == Role::Source;
    }
    const auto add = [&](Error error) { analysis.problems.push_back({Severity::Error, std::move(error)}); };
    if (!has_source) add(Error{.reason = "there is no data", .remedy = "Add a source node"});
    if (trainers.empty()) add(Error{.reason = "there is nothing to train", .remedy = "Add a trainer node"});
    if (trainers.size() > 1) {
      std::string names;
      for (std::size_t i = 0; i < trainers.size(); ++i)
        names += (i == 0 ? "" : i + 1 == trainers.size() ? " and " : ", ") + trainers[i];
      add(Error{.reason = "there are " + std::to_string(trainers.size()) + " trainers: " + names,
                .remedy = "Keep one",
                .node = trainers[1]});
    }
  }

  /// A model whose last layer takes its width from the data says `classes`. Once a loss sees how many there are, or how
  /// many labels a record may have, the symbol is bound everywhere.
  void bind_classes() {
    std::unordered_map<std::string, std::int64_t> bound;
    for (std::size_t node = 0; node < wiring_.nodes().size(); ++node) {
      const TargetKind compares = wiring_.spec(node) == nullptr ? TargetKind::None : wiring_.spec(node)->target;
      if (compares != TargetKind::Classes && compares != TargetKind::Labels) continue;
      const TensorDesc* prediction = input_of(node, "prediction");
      const TensorDesc* target = input_of(node, "target");
      if (prediction == nullptr || target == nullptr || prediction->shape.empty()) continue;
      const Dim& width = prediction->shape.back();
      const Dim& decides =
          compares == TargetKind::Classes || target->shape.size() != 2 ? target->classes : target->shape[1];
      if (!width.known() && width.symbol_name() == "classes" && decides.known() && decides.size() > 0)
        bound.emplace(width.symbol_name(), decides.size());
    }
    if (bound.empty()) return;
    const auto substitute = [&](Dim& dim) {
      if (dim.known()) return;
      if (const auto found = bound.find(dim.symbol_name()); found != bound.end()) dim = Dim(found->second);
    };
    for (auto& ports : outputs_)
      for (auto& desc : ports) {
        if (!desc) continue;
        std::for_each(desc->shape.begin(), desc->shape.end(), substitute);
        substitute(desc->classes);
      }
  }

  void add_costs(Analysis& analysis) {
    for (std::size_t node = 0; node < wiring_.nodes().size(); ++node) {
      const NodeSpec* spec = wiring_.spec(node);
      if (spec == nullptr) continue;
      if (spec->role == Role::Batch && analysis.batch == 0)
        analysis.batch = spec->batch(complete_params(node, wiring_.nodes()[node], *spec)).size;
      if (spec->role != Role::Layer) continue;
      const ModelCost cost = cost_of(node, *spec);
      analysis.total += cost;
      analysis.costs.emplace(wiring_.nodes()[node].id, cost);
    }
  }

  [[nodiscard]] ModelCost cost_of(std::size_t node, const NodeSpec& spec) {
    const ModelCost unknown{.layers = 1, .complete = false};
    const auto sized = [](const TensorDesc* desc) {
      return desc != nullptr && !desc->shape.empty() &&
             std::all_of(desc->shape.begin() + 1, desc->shape.end(), [](const Dim& dim) { return dim.bounded(); });
    };
    if (outputs_[node].empty() || !outputs_[node].front() || !sized(&*outputs_[node].front())) return unknown;
    const TensorDesc& out = *outputs_[node].front();
    std::vector<const TensorDesc*> in;
    for (const PortSpec& port : spec.inputs) {
      in.push_back(input_of(node, port.name));
      if (in.back() == nullptr ? !port.optional : !sized(in.back())) return unknown;
    }
    ModelCost cost{.layers = 1, .activations = 1};
    for (std::size_t i = 1; i < out.shape.size(); ++i) cost.activations *= out.shape[i].most();
    const auto open = [](const TensorDesc* desc) { return desc != nullptr && !desc->classes.known(); };
    if (spec.cost && std::any_of(in.begin(), in.end(), open)) return unknown;
    if (spec.cost) {
      const LayerCost layer = spec.cost(complete_params(node, wiring_.nodes()[node], spec), in, out);
      cost.parameters = layer.parameters;
      cost.buffers = layer.buffers;
      cost.multiply_adds = layer.multiply_adds;
    }
    return cost;
  }

  [[nodiscard]] const TensorDesc* input_of(std::size_t node, std::string_view port) const {
    for (const std::size_t wire : wiring_.wires_into(node)) {
      const Link& link = wiring_.links()[wire];
      const std::size_t up = wiring_.from(wire);
      if (link.to.port != port || wiring_.spec(up) == nullptr) continue;
      const int out = wiring_.spec(up)->output(link.from.port);
      if (out >= 0 && outputs_[up][static_cast<std::size_t>(out)]) return &*outputs_[up][static_cast<std::size_t>(out)];
    }
    return nullptr;
  }

  Wiring wiring_;
  const ProbedSources& probed_;
  const Registry& registry_;
  const LearntStates& learnt_;
  std::vector<std::vector<Problem>> problems_;  ///< by node, so that they come in document order
  std::vector<std::vector<std::optional<TensorDesc>>> outputs_;
  std::vector<std::optional<ParamMap>> params_;  ///< by node, once somebody has asked
  RecordOrigins origins_;
  WaitingOutputs waiting_;
};

}  // namespace

Analysis analyse(const Document& document, const ProbedSources& probed, const Registry& registry,
                 const LearntStates& learnt) {
  if (is_flat(document)) return Analyser(document, probed, registry, learnt).run();
  const Flat flat = flatten(document, registry);
  return as_drawn(flat, Analyser(flat.document, probed, registry, learnt).run());
}

}  // namespace feedline::inline graph
