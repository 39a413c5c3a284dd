// SPDX-License-Identifier: GPL-3.0-or-later
#include "graph/adapters.h"

#include "graph/path.h"
#include "graph/rewire.h"
#include "graph/subgraph.h"
#include "graph/wiring.h"

#include <algorithm>
#include <exception>

namespace feedline::inline graph {
namespace {

constexpr std::size_t kLongestChain = 4;

/// Does the value fit differently afterwards? What only changes numbers is no adapter.
bool adapts(const TensorDesc& in, const TensorDesc& out) {
  return in.kind != out.kind || in.dtype != out.dtype || in.layout != out.layout ||
         in.shape.size() != out.shape.size() || in.static_shape() != out.static_shape();
}

bool may_adapt(const NodeSpec& spec, bool batch_wanted) {
  if (spec.random || spec.cache || spec.cost || !spec.infer) return false;
  return spec.role == Role::Sample || spec.role == Role::Layer || (spec.role == Role::Batch && batch_wanted);
}

class AdapterSearch {
 public:
  AdapterSearch(const Diagram& diagram, const Analysis& analysis, const std::string& scope, const PortRef& to,
                const Registry& registry)
      : specs_(registry.all()) {
    batch_wanted_ = find_role(diagram, Role::Batch, registry).empty();
    const Node* target = diagram.find(to.node);
    if (target == nullptr) return;
    target_ = spec_of(*target, registry);
    if (!target_) return;
    port_ = target_->input(to.port);
    params_ = target_->complete(target->params);
    for (const PortSpec& input : target_->inputs) {
      const Link* link = diagram.link_into({to.node, input.name});
      others_.push_back(link == nullptr ? nullptr : analysis.at({join_path(scope, link->from.node), link->from.port}));
    }
  }

  /// `known`: of `start`, more than its kind.
  std::vector<AdapterChain> run(const TensorDesc& start, bool known, std::size_t most) {
    if (port_ < 0) return {};
    std::vector<State> states = {{.chain = {}, .desc = start, .known = known}};
    std::vector<AdapterChain> found;
    for (std::size_t length = 1; length <= kLongestChain && found.empty(); ++length) {
      std::vector<State> next;
      for (const State& state : states)
        for (const NodeSpec* spec : specs_)
          if (may_adapt(*spec, batch_wanted_)) extend(state, *spec, next);
      for (const State& state : next)
        if (found.size() < most && fits(state)) found.push_back(state.chain);
      states = std::move(next);
    }
    return found;
  }

 private:
  struct State {
    AdapterChain chain{};
    TensorDesc desc{};
    bool known = true;
  };

  static void extend(const State& state, const NodeSpec& spec, std::vector<State>& next) {
    for (std::size_t i = 0; i < spec.inputs.size(); ++i) {
      if (spec.inputs[i].kind != state.desc.kind) continue;
      std::vector<const TensorDesc*> in(spec.inputs.size(), nullptr);
      in[i] = &state.desc;
      const bool lacks = std::any_of(spec.inputs.begin(), spec.inputs.end(), [&](const PortSpec& other) {
        return !other.optional && other.name != spec.inputs[i].name;
      });
      if (lacks) continue;
      Result<std::vector<TensorDesc>> descs = std::vector<TensorDesc>(spec.outputs.size());
      if (state.known) descs = infer(spec, spec.complete({}), in);
      if (!descs) continue;
      for (std::size_t o = 0; o < descs->size() && o < spec.outputs.size(); ++o) {
        const PortSpec& output = spec.outputs[o];
        if (spec.outputs.size() > 1 && output.name != spec.inputs[i].name) continue;
        TensorDesc desc = std::move((*descs)[o]);
        if (output.kind != Kind::Any) desc.kind = output.kind;
        if (state.known ? !adapts(state.desc, desc) : state.desc.kind == desc.kind) continue;
        State longer{.chain = state.chain, .desc = std::move(desc), .known = state.known};
        longer.chain.push_back({&spec, spec.inputs[i].name, output.name});
        next.push_back(std::move(longer));
      }
    }
  }

  static Result<std::vector<TensorDesc>> infer(const NodeSpec& spec, const ParamMap& params, DescInputs in) {
    try {
      return spec.infer(params, in);
    } catch (const std::exception& e) {
      return fail(std::string(e.what()));
    }
  }

  [[nodiscard]] bool fits(const State& state) const {
    const TensorDesc& desc = state.desc;
    const PortSpec& input = target_->inputs[static_cast<std::size_t>(port_)];
    if (input.kind != desc.kind && input.also != desc.kind && !(input.kind == Kind::Any && is_per_record(desc.kind)))
      return false;
    if (!state.known) return true;
    if (target_->role == Role::Batch && desc.kind == Kind::Image && !desc.static_shape()) return false;
    if (!target_->infer) return true;
    std::vector<const TensorDesc*> in = others_;
    in[static_cast<std::size_t>(port_)] = &desc;
    for (std::size_t i = 0; i < in.size(); ++i)
      if (in[i] == nullptr && !target_->inputs[i].optional) return true;  // more cannot be said yet
    return infer(*target_, params_, in).has_value();
  }

  std::vector<const NodeSpec*> specs_;
  bool batch_wanted_ = false;
  std::optional<NodeSpec> target_{};
  int port_ = -1;
  ParamMap params_{};
  std::vector<const TensorDesc*> others_{};
};

}  // namespace

std::vector<AdapterChain> find_adapters(const Diagram& diagram, const Analysis& analysis, const std::string& scope,
                                        const PortRef& from, const PortRef& to, std::size_t most,
                                        const Registry& registry) {
  const TensorDesc* known = analysis.at({join_path(scope, from.node), from.port});
  TensorDesc start = known == nullptr ? TensorDesc{} : *known;
  if (known == nullptr) start.kind = Wiring(diagram, registry).kind_of(from);
  if (start.kind == Kind::Any) return {};
  return AdapterSearch(diagram, analysis, scope, to, registry).run(start, known != nullptr, most);
}

std::string chain_text(const AdapterChain& chain) {
  std::string text;
  for (std::size_t i = 0; i < chain.size(); ++i)
    text += (i == 0 ? "" : i + 1 == chain.size() ? " and " : ", ") + chain[i].spec->type;
  return text;
}

Insertion insert_adapters(const Diagram& diagram, const AdapterChain& chain, const PortRef& from, const PortRef& to,
                          Position at, double step) {
  Diagram trial = diagram;
  Insertion insertion;
  Edit::List steps;
  const auto carry_out = [&](Edit edit) {
    if (trial.apply(edit)) steps.push_back(std::move(edit));
  };
  if (trial.link_into(to) != nullptr) carry_out({RemoveLink{to}});
  PortRef last = from;
  for (const AdapterStep& adapter : chain) {
    const std::string id = trial.free_id(adapter.spec->type);
    carry_out(
        {AddNode{.node = {.id = id, .type = adapter.spec->type, .version = adapter.spec->version, .position = at}}});
    carry_out({AddLink{.link = {.from = last, .to = {id, adapter.in}}}});
    last = {id, adapter.out};
    at.x += step;
    insertion.ids.push_back(id);
  }
  carry_out({AddLink{.link = {.from = last, .to = to}}});
  insertion.edit = Edit{std::move(steps)};
  return insertion;
}

}  // namespace feedline::inline graph
