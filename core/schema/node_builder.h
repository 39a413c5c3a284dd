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
#include "schema/spec_builder.h"

#include <concepts>
#include <cstddef>
#include <functional>
#include <initializer_list>
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
class NodeBuilder final : public SpecBuilder {
 public:
  using Params = typename T::Params;

  NodeBuilder(std::string_view type, int version, std::string_view title, std::string_view summary)
      : SpecBuilder(type, version, title, summary) {}

  NodeBuilder&& category(Category category) && {
    set_category(category);
    return std::move(*this);
  }
  NodeBuilder&& help(std::string_view text) && {
    set_help(text);
    return std::move(*this);
  }
  /// `also`: another kind that it takes.
  NodeBuilder&& in(std::string_view port, Kind kind, std::string_view doc = {}, std::optional<Kind> also = {}) && {
    add_input(port, kind, false, doc, {}, also);
    return std::move(*this);
  }
  /// Ports of structure: whatever kind there is passes.
  NodeBuilder&& open_in(std::string_view port, std::string_view doc) && {
    add_open_input(port, doc);
    return std::move(*this);
  }
  NodeBuilder&& open_out(std::string_view port, std::string_view doc) && {
    add_open_output(port, doc);
    return std::move(*this);
  }
  NodeBuilder&& optional_in(std::string_view port, Kind kind, std::string_view doc = {}) && {
    add_input(port, kind, true, doc);
    return std::move(*this);
  }
  /// Needs a wire, unless one enters the input `other` instead: the two exclude each other.
  NodeBuilder&& in_unless(std::string_view other, std::string_view port, Kind kind, std::string_view doc = {}) && {
    add_input(port, kind, false, doc, other);
    return std::move(*this);
  }
  NodeBuilder&& out(std::string_view port, Kind kind, std::string_view doc = {}) && {
    add_output(port, kind, doc);
    return std::move(*this);
  }
  /// The node draws random numbers when training.
  NodeBuilder&& random() && {
    set_random();
    return std::move(*this);
  }

  /// A number.
  template <class Owner, ParamNumber Number>
  NodeBuilder&& param(std::string_view name, Number Owner::*member, const Range& limits, std::string_view doc) && {
    add_number(name, at(member), limits, doc);
    return std::move(*this);
  }
  template <class Owner>
  NodeBuilder&& param(std::string_view name, bool Owner::*member, std::string_view doc) && {
    add_param(ParamKind::Boolean, name, at(member), doc);
    return std::move(*this);
  }
  template <class Owner>
  NodeBuilder&& param(std::string_view name, std::string Owner::*member, std::string_view doc) && {
    add_param(ParamKind::Text, name, at(member), doc);
    return std::move(*this);
  }
  template <class Owner>
  NodeBuilder&& choice(std::string_view name, std::string Owner::*member,
                       std::initializer_list<std::string_view> choices, std::string_view doc) && {
    add_choice(name, at(member), choices, doc);
    return std::move(*this);
  }
  template <class Owner>
  NodeBuilder&& choice(std::string_view name, std::string Owner::*member, std::vector<std::string> choices,
                       std::string_view doc) && {
    add_choice(name, at(member), std::move(choices), doc);
    return std::move(*this);
  }
  /// A path that must be set.
  template <class Owner>
  NodeBuilder&& file(std::string_view name, std::string Owner::*member, std::string_view doc) && {
    add_path(ParamKind::File, name, at(member), doc, true);
    return std::move(*this);
  }
  /// A path that may be left out.
  template <class Owner>
  NodeBuilder&& optional_file(std::string_view name, std::string Owner::*member, std::string_view doc) && {
    add_path(ParamKind::File, name, at(member), doc, false);
    return std::move(*this);
  }
  template <class Owner>
  NodeBuilder&& folder(std::string_view name, std::string Owner::*member, std::string_view doc) && {
    add_path(ParamKind::Folder, name, at(member), doc, true);
    return std::move(*this);
  }
  template <class Owner>
  NodeBuilder&& seed(std::string_view name, std::int64_t Owner::*member, std::string_view doc) && {
    add_seed(name, at(member), doc);
    return std::move(*this);
  }

  /// The parameter before counts only where a wire enters this input.
  NodeBuilder&& only_with(std::string_view port) && {
    set_only_with(port);
    return std::move(*this);
  }

  /// The parameter before counts only where `param`, one of this node, has one of these values.
  NodeBuilder&& only_if(std::string_view param, std::initializer_list<std::string_view> values) && {
    set_only_if(param, values);
    return std::move(*this);
  }

  /// The parameter before, a text or a list of texts, names columns: `.names(columns_of_input("row"))`.
  NodeBuilder&& names(ColumnNames columns) && {
    set_columns(std::move(columns));
    return std::move(*this);
  }

  /// A list of texts (std::string) or numbers (std::int64_t, double); `each` limits one number.
  template <class Owner, class Item>
  NodeBuilder&& list(std::string_view name, std::vector<Item> Owner::*member, ListRules rules, std::string_view doc,
                     const Range& each = {}) && {
    add_list(name, at(member), std::move(rules), doc, each);
    return std::move(*this);
  }

  /// Parameters for the registry-driven tests, and what they give on the standard input.
  NodeBuilder&& example(std::initializer_list<ParamSetting> params) && {
    set_example(params);
    return std::move(*this);
  }
  NodeBuilder&& example(std::initializer_list<ParamSetting> params, const Golden& golden) && {
    set_example(params, golden);
    return std::move(*this);
  }
  /// Parameters with which the node is fitted: the registry-driven tests fit it to their standard input.
  NodeBuilder&& fitted_example(std::initializer_list<ParamSetting> params) && {
    set_fitted_example(params);
    return std::move(*this);
  }
  NodeBuilder&& fixture(std::function<ParamMap(const std::filesystem::path&)> write) && {
    set_fixture(std::move(write));
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
    set_target(target);
    return std::move(*this);
  }

  /// Of a layer: it overrides Layer::mixed().
  NodeBuilder&& mixes_rows() && {
    set_mixes_rows();
    return std::move(*this);
  }

  /// How to read the parameters of files that hold an older version of this type.
  NodeBuilder&& upgrade(std::function<void(int, ParamMap&)> lift) && {
    set_upgrade(std::move(lift));
    return std::move(*this);
  }

  operator NodeSpec() && {  // NOLINT(google-explicit-constructor): a builder ends as what it builds
    if constexpr (!requires { T::kStructure; }) bind_infer();
    bind_ports();
    bind_settings();
    bind_behaviour();
    return finish();
  }

 private:
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

  template <class Owner, class Member>
  [[nodiscard]] ParamMember at(Member Owner::*member) const {
    static_assert(std::is_base_of_v<Owner, Params>);
    const Member* const value = &(defaults_.*member);
    return {value, reinterpret_cast<const std::byte*>(value) - reinterpret_cast<const std::byte*>(&defaults_)};
  }

  /// From the map of the document to the node's own struct.
  [[nodiscard]] static Params bound(const ParamFields& fields, const ParamMap& map) {
    Params params;
    fields.set(&params, map);
    return params;
  }

  void bind_infer() {
    if constexpr (requires { T::kAsksFile; }) set_asks_file();
    bind(
        &NodeSpec::infer,
        +[](const ParamFields& fields, const ParamMap& map, DescInputs in) -> Result<std::vector<TensorDesc>> {
          if constexpr (requires(const Params& p, DescInputs d) { T::infer(p, d); }) {
            return T::infer(bound(fields, map), in);
          } else {
            if (in.empty() || in[0] == nullptr) return fail("its input is not known");
            auto out = T::infer(bound(fields, map), *in[0]);
            if (!out) return fail(std::move(out.error()));
            return std::vector<TensorDesc>{std::move(*out)};
          }
        });
  }

  void bind_ports() {
    if constexpr (requires(const Params& p) { T::ports(p); }) {
      bind(
          &NodeSpec::ports,
          +[](const ParamFields& fields, const ParamMap& map) -> NodePorts { return T::ports(bound(fields, map)); });
      set_default_ports(T::ports(defaults_));
    }
    if constexpr (requires(const Params& p) { T::add_port(p, std::string_view(), Kind::Any); })
      bind(
          &NodeSpec::add_port,
          +[](const ParamFields& fields, const ParamMap& map, std::string_view wanted, Kind kind) -> Result<NewPort> {
            return T::add_port(bound(fields, map), wanted, kind);
          });
  }

  void bind_cost() {
    if constexpr (requires(const Params& p, DescInputs d, const TensorDesc& o) { T::cost(p, d, o); })
      bind(
          &NodeSpec::cost,
          +[](const ParamFields& fields, const ParamMap& map, DescInputs in, const TensorDesc& out) -> LayerCost {
            return T::cost(bound(fields, map), in, out);
          });
  }

  using OpResult = Result<std::unique_ptr<SampleOp>>;

  void bind_fitted() {
    bind(
        &NodeSpec::fitter,
        +[](const ParamFields& fields, const ParamMap& map, DescInputs in) -> std::unique_ptr<Fitter> {
          return T::fitter(bound(fields, map), in);
        });
    bind(
        &NodeSpec::fitted_op,
        +[](const ParamFields& fields, const ParamMap& map, DescInputs in, const NamedTensors& learnt) -> OpResult {
          return T::make(bound(fields, map), in, learnt);
        });
    bind(
        &NodeSpec::sample_op, +[](const ParamFields& fields, const ParamMap& map, DescInputs in) -> OpResult {
          const Params params = bound(fields, map);
          if (T::fitter(params, in) != nullptr) return fail(not_fitted());
          return T::make(params, in, {});
        });
    if constexpr (requires(const Params& p, DescInputs d, const NamedTensors& s) { T::learnt(p, d, s); })
      bind(
          &NodeSpec::learnt,
          +[](const ParamFields& fields, const ParamMap& map, DescInputs in,
              const NamedTensors& state) -> Result<std::vector<TensorDesc>> {
            auto out = T::learnt(bound(fields, map), in, state);
            if (!out) return fail(std::move(out.error()));
            if constexpr (std::same_as<std::remove_cvref_t<decltype(*out)>, TensorDesc>)
              return std::vector<TensorDesc>{std::move(*out)};
            else
              return out;
          });
  }

  /// A behaviour that is the base Settings of the parameters.
  template <class Settings>
  void bind_base(std::function<Settings(const ParamMap&)> NodeSpec::*behaviour) {
    bind(
        behaviour, +[](const ParamFields& fields, const ParamMap& map) -> Settings { return bound(fields, map); });
  }

  void bind_settings() {
    if constexpr (std::is_base_of_v<OptimizerSettings, Params>) bind_base(&NodeSpec::optimizer_settings);
    if constexpr (std::is_base_of_v<PretrainedSettings, Params>) bind_base(&NodeSpec::pretrained);
  }

  void bind_behaviour() {
    if constexpr (requires { T::kRole; }) {  // its work is left out: see nodes/model/torch_layer.h
      set_role(T::kRole, T::kRole == Role::Layer  ? Category::Layer
                         : T::kRole == Role::Loss ? Category::Loss
                                                  : Category::Optimizer);
      bind_cost();
    } else if constexpr (requires(const Params& p, const SourceContext& c) { T::open(p, c); }) {
      set_role(Role::Source, Category::Source);
      bind(
          &NodeSpec::open,
          +[](const ParamFields& fields, const ParamMap& map, const SourceContext& context)
              -> Result<std::unique_ptr<Source>> { return T::open(bound(fields, map), context); });
    } else if constexpr (requires(const Params& p, DescInputs d) { T::fitter(p, d); }) {
      set_role(Role::Sample, Category::Preprocess);
      bind_fitted();
    } else if constexpr (requires(const Params& p, DescInputs d) { T::make(p, d); }) {
      set_role(Role::Sample, Category::Preprocess);
      bind(
          &NodeSpec::sample_op, +[](const ParamFields& fields, const ParamMap& map, DescInputs in) -> OpResult {
            return T::make(bound(fields, map), in);
          });
    } else if constexpr (requires(const Params& p, const Datum& i, Datum& o, OpContext& c) { T::run(p, i, o, c); }) {
      set_role(Role::Sample, Category::Preprocess);
      bind(
          &NodeSpec::sample_op, +[](const ParamFields& fields, const ParamMap& map, DescInputs) -> OpResult {
            return std::make_unique<PlainOp>(bound(fields, map));
          });
      if constexpr (std::is_base_of_v<CacheSettings, Params>) bind_base(&NodeSpec::cache);
    } else if constexpr (requires(const Params& p, DescInputs d, const TensorDesc& o) { T::layer(p, d, o); }) {
      set_layer_role();
      bind_cost();
      bind(
          &NodeSpec::layer,
          +[](const ParamFields& fields, const ParamMap& map, DescInputs in,
              const TensorDesc& out) -> std::unique_ptr<Layer> { return T::layer(bound(fields, map), in, out); });
    } else if constexpr (requires { &T::optimizer; }) {
      set_role(Role::Optimizer, Category::Optimizer);
      bind(
          &NodeSpec::optimizer, +[](const ParamFields& fields, const ParamMap& map) -> std::unique_ptr<OptimizerRule> {
            return T::optimizer(bound(fields, map));
          });
    } else if constexpr (requires(const Params& p, const EstimatorSetup& s) { T::estimator(p, s); }) {
      set_role(Role::Estimator, Category::Estimator);
      bind(
          &NodeSpec::estimator,
          +[](const ParamFields& fields, const ParamMap& map, const EstimatorSetup& setup)
              -> Result<std::unique_ptr<Estimator>> { return T::estimator(bound(fields, map), setup); });
      if constexpr (requires(const Params& p) { T::passes(p); })
        bind(
            &NodeSpec::passes, +[](const ParamFields& fields, const ParamMap& map) -> std::uint32_t {
              return static_cast<std::uint32_t>(T::passes(bound(fields, map)));
            });
    } else if constexpr (requires { T::kStructure; }) {
      set_role(Role::Structure, Category::Structure);
    } else if constexpr (std::is_base_of_v<SamplerSettings, Params>) {
      set_role(Role::Sampler, Category::Preprocess);
      bind_base(&NodeSpec::sampler);
    } else if constexpr (std::is_base_of_v<BatchSettings, Params>) {
      set_role(Role::Batch, Category::Batch);
      bind_base(&NodeSpec::batch);
    } else {
      static_assert(std::is_base_of_v<TrainerSettings, Params>, "a node needs a behaviour; see the top of this file");
      set_role(Role::Trainer, Category::Training);
      bind_base(&NodeSpec::trainer);
    }
  }

  const Params defaults_{};
};

/// Starts the description of node type `type`: lower_snake_case, as it stands in files.
template <class T>
[[nodiscard]] NodeBuilder<T> node(std::string_view type, int version, std::string_view title,
                                  std::string_view summary) {
  return NodeBuilder<T>(type, version, title, summary);
}

}  // namespace feedline::inline schema
