// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// The fluent way to describe a node, and the glue from a node struct's plain functions to the behaviours of
// behaviour.h. A node struct T has `struct Params` with default member initialisers and some of:
//
//   static Result<TensorDesc> infer(const Params&, const TensorDesc& in);                    one in, one out
//   static Result<std::vector<TensorDesc>> infer(const Params&, DescInputs in);              any number
//   static Status run(const Params&, const Datum& in, Datum& out, OpContext&);               per-record node
//   static bool partial(const Params&);                                                      ... that can read a part
//   static std::optional<PictureDemand> demand(const Params&, width, height, OpContext&);    ... that says which part
//   static Result<std::unique_ptr<SampleOp>> make(const Params&, DescInputs);                per-record node with state
//   static std::unique_ptr<Fitter> fitter(const Params&, DescInputs);                        ... that learns first
//   static Result<std::unique_ptr<SampleOp>> make(const Params&, DescInputs, const NamedTensors&);
//                                                                              ... and works with what it has learnt,
//   static Result<TensorDesc> learnt(const Params&, DescInputs, const NamedTensors&);        ... as its outputs do, one
//   static Result<std::vector<TensorDesc>> learnt(const Params&, DescInputs, const NamedTensors&);   or any number
//   static Result<std::unique_ptr<Source>> open(const Params&, const SourceContext&);        source
//   static std::unique_ptr<Layer> layer(const Params&, DescInputs, const TensorDesc& out);   layer, loss
//   static LayerCost cost(const Params&, DescInputs in, const TensorDesc& out);              ... with a cost
//   static NodePorts ports(const Params&);     ports that follow from parameters, instead of in() and out()
//   static Result<NewPort> add_port(const Params&, std::string_view wanted, Kind);           ... and are made by wires
//   static std::unique_ptr<OptimizerRule> optimizer(const Params&);   optimiser, Params derived from OptimizerSettings
//   static Result<std::unique_ptr<Estimator>> estimator(const Params&, const EstimatorSetup&);   estimator
//   static std::int64_t passes(const Params&);                  ... that knows how many; 0: the trainer's epochs decide
//   Params derived from CacheSettings, and run(), or PretrainedSettings, and layer()         cache, backbone
//   Params derived from SamplerSettings, BatchSettings or TrainerSettings                    sampler, batch, trainer
//   static constexpr bool kStructure = true;                                                 gone when a graph runs

#include "schema/node_spec.h"
#include "schema/registry.h"

#include <concepts>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace feedline::inline schema {

/// Types of members that can be a number.
template <class T>
concept ParamNumber = std::same_as<T, std::int64_t> || std::same_as<T, double>;

template <class T>
class NodeBuilder {
 public:
  using Params = typename T::Params;

  NodeBuilder(std::string type, int version, std::string title, std::string summary) {
    spec_.type = std::move(type);
    spec_.version = version;
    spec_.title = std::move(title);
    spec_.summary = std::move(summary);
  }

  NodeBuilder&& category(Category category) && {
    spec_.category = category;
    category_set_ = true;
    return std::move(*this);
  }
  NodeBuilder&& help(std::string text) && {
    spec_.help = std::move(text);
    return std::move(*this);
  }
  /// `also`: another kind that it takes.
  NodeBuilder&& in(std::string port, Kind kind, std::string doc = {}, std::optional<Kind> also = {}) && {
    spec_.inputs.push_back({.name = std::move(port), .kind = kind, .doc = std::move(doc), .also = also});
    return std::move(*this);
  }
  /// Ports of structure: whatever kind there is passes.
  NodeBuilder&& open_in(std::string port, std::string doc) && {
    spec_.inputs.push_back({.name = std::move(port), .doc = std::move(doc), .open = true});
    return std::move(*this);
  }
  NodeBuilder&& open_out(std::string port, std::string doc) && {
    spec_.outputs.push_back({.name = std::move(port), .doc = std::move(doc), .open = true});
    return std::move(*this);
  }
  NodeBuilder&& optional_in(std::string port, Kind kind, std::string doc = {}) && {
    spec_.inputs.push_back({.name = std::move(port), .kind = kind, .optional = true, .doc = std::move(doc)});
    return std::move(*this);
  }
  /// Needs a wire, unless one enters the input `other` instead: the two exclude each other.
  NodeBuilder&& in_unless(std::string other, std::string port, Kind kind, std::string doc = {}) && {
    spec_.inputs.push_back({.name = std::move(port), .kind = kind, .doc = std::move(doc), .unless = std::move(other)});
    return std::move(*this);
  }
  NodeBuilder&& out(std::string port, Kind kind, std::string doc = {}) && {
    spec_.outputs.push_back({.name = std::move(port), .kind = kind, .optional = false, .doc = std::move(doc)});
    return std::move(*this);
  }
  /// The node draws random numbers when training.
  NodeBuilder&& random() && {
    spec_.random = true;
    return std::move(*this);
  }

  /// A number.
  template <class Owner, ParamNumber Number>
  NodeBuilder&& param(std::string name, Number Owner::*member, const Range& limits, std::string doc) && {
    ParamSpec p;
    p.kind = std::same_as<Number, double> ? ParamKind::Real : ParamKind::Integer;
    p.limit(limits);
    return std::move(*this).add(std::move(p), std::move(name), member, std::move(doc));
  }
  template <class Owner>
  NodeBuilder&& param(std::string name, bool Owner::*member, std::string doc) && {
    ParamSpec p;
    p.kind = ParamKind::Boolean;
    return std::move(*this).add(std::move(p), std::move(name), member, std::move(doc));
  }
  template <class Owner>
  NodeBuilder&& param(std::string name, std::string Owner::*member, std::string doc) && {
    ParamSpec p;
    p.kind = ParamKind::Text;
    return std::move(*this).add(std::move(p), std::move(name), member, std::move(doc));
  }
  template <class Owner>
  NodeBuilder&& choice(std::string name, std::string Owner::*member, std::vector<std::string> choices,
                       std::string doc) && {
    ParamSpec p;
    p.kind = ParamKind::Choice;
    p.choices = std::move(choices);
    return std::move(*this).add(std::move(p), std::move(name), member, std::move(doc));
  }
  /// A path that must be set.
  template <class Owner>
  NodeBuilder&& file(std::string name, std::string Owner::*member, std::string doc) && {
    return std::move(*this).path(ParamKind::File, std::move(name), member, std::move(doc));
  }
  /// A path that may be left out.
  template <class Owner>
  NodeBuilder&& optional_file(std::string name, std::string Owner::*member, std::string doc) && {
    return std::move(*this).path(ParamKind::File, std::move(name), member, std::move(doc), false);
  }
  template <class Owner>
  NodeBuilder&& folder(std::string name, std::string Owner::*member, std::string doc) && {
    return std::move(*this).path(ParamKind::Folder, std::move(name), member, std::move(doc));
  }
  template <class Owner>
  NodeBuilder&& seed(std::string name, std::int64_t Owner::*member, std::string doc) && {
    ParamSpec p;
    p.kind = ParamKind::Seed;
    p.hard_min = 0;
    p.hard_max = 4294967295.0;
    p.ui_min = 0;
    p.ui_max = 9999;
    return std::move(*this).add(std::move(p), std::move(name), member, std::move(doc));
  }

  /// The parameter before counts only where a wire enters this input.
  NodeBuilder&& only_with(std::string port) && {
    spec_.params.back().only_with = std::move(port);
    return std::move(*this);
  }

  /// The parameter before counts only where `param`, one of this node, has one of these values.
  NodeBuilder&& only_if(std::string param, std::vector<std::string> values) && {
    spec_.params.back().only_if = {std::move(param), std::move(values)};
    return std::move(*this);
  }

  /// The parameter before, a text or a list of texts, names columns: `.names(columns_of_input("row"))`.
  NodeBuilder&& names(ColumnNames columns) && {
    spec_.params.back().columns = std::move(columns);
    return std::move(*this);
  }

  /// A list of texts (std::string) or numbers (std::int64_t, double); `each` limits one number.
  template <class Owner, class Item>
  NodeBuilder&& list(std::string name, std::vector<Item> Owner::*member, ListRules rules, std::string doc,
                     const Range& each = {}) && {
    ParamSpec p;
    p.kind = ParamKind::List;
    if constexpr (std::same_as<Item, std::int64_t>) rules.items = ItemKind::Integer;
    if constexpr (std::same_as<Item, double>) rules.items = ItemKind::Real;
    p.limit(each);
    p.list = std::move(rules);
    p.name = std::move(name);
    p.doc = std::move(doc);
    ValueList fallback;
    const Params defaults{};  // by name: a loop does not keep a temporary whose member it goes through
    for (const Item& item : defaults.*member) fallback.emplace_back(item);
    p.default_value = Value(std::move(fallback));
    setters_.push_back([key = p.name, member](Params& params, const ParamMap& map) {
      const auto found = map.find(key);
      if (found == map.end()) return;
      if constexpr (std::same_as<Item, std::string>) {
        if (auto items = texts_of(found->second)) params.*member = std::move(*items);
      } else if constexpr (std::same_as<Item, double>) {
        if (auto items = reals_of(found->second)) params.*member = std::move(*items);
      } else {
        if (auto items = integers_of(found->second)) params.*member = std::move(*items);
      }
    });
    spec_.params.push_back(std::move(p));
    return std::move(*this);
  }

  /// Parameters for the registry-driven tests, and what they give on the standard input.
  NodeBuilder&& example(ParamMap params) && {
    spec_.example = std::move(params);
    return std::move(*this);
  }
  NodeBuilder&& example(ParamMap params, Golden golden) && {
    spec_.example = std::move(params);
    spec_.golden = golden;
    return std::move(*this);
  }
  /// Parameters with which the node is fitted: the registry-driven tests fit it to their standard input.
  NodeBuilder&& fitted_example(ParamMap params) && {
    spec_.fitted_example = std::move(params);
    return std::move(*this);
  }
  NodeBuilder&& fixture(std::function<ParamMap(const std::filesystem::path&)> write) && {
    spec_.fixture = std::move(write);
    return std::move(*this);
  }

  /// Whatever `declare(builder)` declares: parameters that several nodes have alike.
  template <class Declare>
  NodeBuilder&& with(const Declare& declare) && {
    declare(*this);
    return std::move(*this);
  }

  /// Of a loss: what its input `target` holds.
  NodeBuilder&& compares(TargetKind target) && {
    spec_.target = target;
    return std::move(*this);
  }

  /// Of a layer: it overrides Layer::mixed().
  NodeBuilder&& mixes_rows() && {
    spec_.mixes_rows = true;
    return std::move(*this);
  }

  /// How to read the parameters of files that hold an older version of this type.
  NodeBuilder&& upgrade(std::function<void(int, ParamMap&)> lift) && {
    spec_.upgrade = std::move(lift);
    return std::move(*this);
  }

  operator NodeSpec() && {  // NOLINT(google-explicit-constructor): a builder ends as what it builds
    const Binder bind{std::make_shared<const std::vector<Setter>>(std::move(setters_))};
    if constexpr (!requires { T::kStructure; }) bind_infer(bind);
    bind_ports(bind);
    bind_behaviour(bind);
    return std::move(spec_);
  }

 private:
  using Setter = std::function<void(Params&, const ParamMap&)>;

  /// From the map of the document to the node's own struct. Values have been checked against the spec by then.
  struct Binder {
    std::shared_ptr<const std::vector<Setter>> setters;
    Params operator()(const ParamMap& map) const {
      Params params;
      for (const Setter& set : *setters) set(params, map);
      return params;
    }
  };

  class PlainOp final : public SampleOp {
   public:
    explicit PlainOp(Params params) : params_(std::move(params)) {}
    Status run(std::span<const Datum* const> in, std::span<Datum* const> out, OpContext& context) const override {
      return T::run(params_, *in[0], *out[0], context);
    }
    [[nodiscard]] bool partial() const override {
      if constexpr (requires(const Params& p) { T::partial(p); }) return T::partial(params_);
      return false;
    }
    [[nodiscard]] std::optional<PictureDemand> demand(std::int64_t width, std::int64_t height,
                                                      OpContext& context) const override {
      if constexpr (requires(const Params& p, OpContext& c) { T::demand(p, width, height, c); })
        return T::demand(params_, width, height, context);
      return std::nullopt;
    }

   private:
    Params params_;
  };

  template <class Owner>
  NodeBuilder&& path(ParamKind kind, std::string name, std::string Owner::*member, std::string doc,
                     bool required = true) && {
    ParamSpec p;
    p.kind = kind;
    p.required = required;
    return std::move(*this).add(std::move(p), std::move(name), member, std::move(doc));
  }

  template <class Owner, class Member>
  NodeBuilder&& add(ParamSpec p, std::string name, Member Owner::*member, std::string doc) && {
    static_assert(std::is_base_of_v<Owner, Params>);
    p.name = std::move(name);
    p.doc = std::move(doc);
    p.default_value = Value(Params{}.*member);
    setters_.push_back([key = p.name, member](Params& params, const ParamMap& map) {
      const auto found = map.find(key);
      if (found == map.end()) return;
      if (const auto* exact = std::get_if<Member>(&found->second)) params.*member = *exact;
      if constexpr (std::same_as<Member, double>)
        if (const auto* whole = std::get_if<std::int64_t>(&found->second)) params.*member = static_cast<double>(*whole);
    });
    spec_.params.push_back(std::move(p));
    return std::move(*this);
  }

  void bind_infer(const Binder& bind) {
    if constexpr (requires { T::kAsksFile; }) spec_.asks_file = true;
    spec_.infer = [bind](const ParamMap& map, DescInputs in) -> Result<std::vector<TensorDesc>> {
      if constexpr (requires(const Params& p, DescInputs d) { T::infer(p, d); }) {
        return T::infer(bind(map), in);
      } else {
        if (in.empty() || in[0] == nullptr) return fail("its input is not known");
        auto out = T::infer(bind(map), *in[0]);
        if (!out) return fail(std::move(out.error()));
        return std::vector<TensorDesc>{std::move(*out)};
      }
    };
  }

  void bind_ports(const Binder& bind) {
    if constexpr (requires(const Params& p) { T::ports(p); }) {
      spec_.ports = [bind](const ParamMap& map) { return T::ports(bind(map)); };
      NodePorts made = T::ports(Params{});
      spec_.inputs = std::move(made.inputs);
      spec_.outputs = std::move(made.outputs);
    }
    if constexpr (requires(const Params& p) { T::add_port(p, std::string_view(), Kind::Any); })
      spec_.add_port = [bind](const ParamMap& map, std::string_view wanted, Kind kind) {
        return T::add_port(bind(map), wanted, kind);
      };
  }

  void bind_cost(const Binder& bind) {
    if constexpr (requires(const Params& p, DescInputs d, const TensorDesc& o) { T::cost(p, d, o); })
      spec_.cost = [bind](const ParamMap& map, DescInputs in, const TensorDesc& out) {
        return T::cost(bind(map), in, out);
      };
  }

  void bind_fitted(const Binder& bind) {
    spec_.fitter = [bind](const ParamMap& map, DescInputs in) -> std::unique_ptr<Fitter> {
      return T::fitter(bind(map), in);
    };
    spec_.fitted_op = [bind](const ParamMap& map, DescInputs in, const NamedTensors& learnt) {
      return T::make(bind(map), in, learnt);
    };
    spec_.sample_op = [bind](const ParamMap& map, DescInputs in) -> Result<std::unique_ptr<SampleOp>> {
      const Params params = bind(map);
      if (T::fitter(params, in) != nullptr) return fail(not_fitted());
      return T::make(params, in, {});
    };
    if constexpr (requires(const Params& p, DescInputs d, const NamedTensors& s) { T::learnt(p, d, s); })
      spec_.learnt = [bind](const ParamMap& map, DescInputs in,
                            const NamedTensors& state) -> Result<std::vector<TensorDesc>> {
        auto out = T::learnt(bind(map), in, state);
        if (!out) return fail(std::move(out.error()));
        if constexpr (std::same_as<std::remove_cvref_t<decltype(*out)>, TensorDesc>)
          return std::vector<TensorDesc>{std::move(*out)};
        else
          return out;
      };
  }

  void set_role(Role role, Category category) {
    spec_.role = role;
    if (!category_set_) spec_.category = category;
  }

  void bind_behaviour(const Binder& bind) {
    if constexpr (std::is_base_of_v<OptimizerSettings, Params>)
      spec_.optimizer_settings = [bind](const ParamMap& map) -> OptimizerSettings { return bind(map); };
    if constexpr (std::is_base_of_v<PretrainedSettings, Params>)
      spec_.pretrained = [bind](const ParamMap& map) -> PretrainedSettings { return bind(map); };
    if constexpr (requires { T::kRole; }) {  // its work is left out: see nodes/model/torch_layer.h
      set_role(T::kRole, T::kRole == Role::Layer  ? Category::Layer
                         : T::kRole == Role::Loss ? Category::Loss
                                                  : Category::Optimizer);
      bind_cost(bind);
    } else if constexpr (requires(const Params& p, const SourceContext& c) { T::open(p, c); }) {
      set_role(Role::Source, Category::Source);
      spec_.open = [bind](const ParamMap& map, const SourceContext& context) { return T::open(bind(map), context); };
    } else if constexpr (requires(const Params& p, DescInputs d) { T::fitter(p, d); }) {
      set_role(Role::Sample, Category::Preprocess);
      bind_fitted(bind);
    } else if constexpr (requires(const Params& p, DescInputs d) { T::make(p, d); }) {
      set_role(Role::Sample, Category::Preprocess);
      spec_.sample_op = [bind](const ParamMap& map, DescInputs in) { return T::make(bind(map), in); };
    } else if constexpr (requires(const Params& p, const Datum& i, Datum& o, OpContext& c) { T::run(p, i, o, c); }) {
      set_role(Role::Sample, Category::Preprocess);
      spec_.sample_op = [bind](const ParamMap& map, DescInputs) -> Result<std::unique_ptr<SampleOp>> {
        return std::make_unique<PlainOp>(bind(map));
      };
      if constexpr (std::is_base_of_v<CacheSettings, Params>)
        spec_.cache = [bind](const ParamMap& map) -> CacheSettings { return bind(map); };
    } else if constexpr (requires(const Params& p, DescInputs d, const TensorDesc& o) { T::layer(p, d, o); }) {
      const bool loss = !spec_.outputs.empty() && spec_.outputs.front().kind == Kind::Loss;
      set_role(loss ? Role::Loss : Role::Layer, loss ? Category::Loss : Category::Layer);
      bind_cost(bind);
      spec_.layer = [bind](const ParamMap& map, DescInputs in, const TensorDesc& out) {
        return T::layer(bind(map), in, out);
      };
    } else if constexpr (requires { &T::optimizer; }) {
      set_role(Role::Optimizer, Category::Optimizer);
      spec_.optimizer = [bind](const ParamMap& map) { return T::optimizer(bind(map)); };
    } else if constexpr (requires(const Params& p, const EstimatorSetup& s) { T::estimator(p, s); }) {
      set_role(Role::Estimator, Category::Estimator);
      spec_.estimator = [bind](const ParamMap& map, const EstimatorSetup& setup) {
        return T::estimator(bind(map), setup);
      };
      if constexpr (requires(const Params& p) { T::passes(p); })
        spec_.passes = [bind](const ParamMap& map) { return static_cast<std::uint32_t>(T::passes(bind(map))); };
    } else if constexpr (requires { T::kStructure; }) {
      set_role(Role::Structure, Category::Structure);
    } else if constexpr (std::is_base_of_v<SamplerSettings, Params>) {
      set_role(Role::Sampler, Category::Preprocess);
      spec_.sampler = [bind](const ParamMap& map) -> SamplerSettings { return bind(map); };
    } else if constexpr (std::is_base_of_v<BatchSettings, Params>) {
      set_role(Role::Batch, Category::Batch);
      spec_.batch = [bind](const ParamMap& map) -> BatchSettings { return bind(map); };
    } else {
      static_assert(std::is_base_of_v<TrainerSettings, Params>, "a node needs a behaviour; see the top of this file");
      set_role(Role::Trainer, Category::Training);
      spec_.trainer = [bind](const ParamMap& map) -> TrainerSettings { return bind(map); };
    }
  }

  NodeSpec spec_{};
  bool category_set_ = false;
  std::vector<Setter> setters_{};
};

/// Starts the description of node type `type`: lower_snake_case, as it stands in files.
template <class T>
[[nodiscard]] NodeBuilder<T> node(std::string type, int version, std::string title, std::string summary) {
  return NodeBuilder<T>(std::move(type), version, std::move(title), std::move(summary));
}

}  // namespace feedline::inline schema
