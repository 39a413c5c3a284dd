// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/error.h"
#include "schema/behaviour.h"
#include "schema/estimator.h"
#include "schema/fitted.h"
#include "schema/optimizer.h"
#include "schema/param_spec.h"
#include "schema/pretrained.h"
#include "schema/tensor_desc.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline schema {

/// Where a node stands in the palette, and its colour on the canvas.
enum class Category { Source, Preprocess, Batch, Layer, Loss, Optimizer, Estimator, Training, Structure };
[[nodiscard]] std::string_view name(Category category);

/// What a node does in a Plan; decides which behaviour below is set. Structure nodes (sub-graphs and their ports) do
/// nothing there: they are gone by then.
enum class Role { Source, Sampler, Sample, Batch, Layer, Loss, Optimizer, Estimator, Trainer, Structure };

struct PortSpec {
  std::string name{};
  Kind kind = Kind::Any;
  bool optional = false;  ///< of an input: may stay unconnected
  std::string doc{};
  bool open = false;  ///< takes or gives whatever there is: a port of a sub-graph whose kind nothing decides yet
  /// Of an input that is not optional: it must stay unconnected where a wire enters this other input instead.
  std::string unless{};
  /// Of an input: what it takes besides its kind. None: nothing else.
  std::optional<Kind> also{};
};

/// Does this input lack a wire that it needs? `wired(name)`: does one enter the node's input of that name?
template <class Wired>
[[nodiscard]] bool lacks_wire(const PortSpec& input, const Wired& wired) {
  return !input.optional && !wired(input.name) && (input.unless.empty() || !wired(input.unless));
}

/// Ports that follow from parameters.
struct NodePorts {
  std::vector<PortSpec> inputs{};
  std::vector<PortSpec> outputs{};
};

/// An input that a node can have besides: its name, and the value of the parameter that makes it.
struct NewPort {
  std::string port{};
  std::string param{};
  Value value{};
};

/// Inputs of shape inference: one pointer an input port, null where nothing (or nothing known) is connected.
using DescInputs = std::span<const TensorDesc* const>;

/// What one layer takes, as far as its parameters and shapes say. Counted for one record of a batch.
struct LayerCost {
  std::int64_t parameters = 0;  ///< numbers that are learnt
  std::int64_t buffers = 0;     ///< numbers that are kept besides (running statistics)
  double multiply_adds = 0;     ///< of the forward pass; comparing, scaling and adding alone count nothing
};

/// Mean and standard deviation of a node's output for its example, on the standard test input of its input kind.
struct Golden {
  double mean = 0;
  double stddev = 0;
  double tolerance = 1e-3;
};

/// Everything that is known of a node type. Built in the node's own file with node<T>(); see node_builder.h.
struct NodeSpec {
  std::string type{};
  int version = 1;
  std::string title{};
  std::string summary{};
  std::string help{};  ///< a paragraph or two: what it does, when to use it, what it costs
  Category category = Category::Preprocess;
  Role role = Role::Sample;
  std::vector<PortSpec> inputs{};  ///< where they follow from parameters, those of the defaults: see for_params()
  std::vector<PortSpec> outputs{};
  std::vector<ParamSpec> params{};
  /// Of a type whose ports follow from its parameters; unset: all nodes have those above. Takes any parameters, faulty
  /// ones too, for which it gives what ports it can.
  std::function<NodePorts(const ParamMap&)> ports{};
  /// Of a type that takes inputs as they are wired: what makes another one, named after `wanted`, for values of `kind`.
  std::function<Result<NewPort>(const ParamMap&, std::string_view wanted, Kind kind)> add_port{};
  /// Of a loss: how it reads its input `target`, which it compares with its input `prediction`.
  TargetKind target = TargetKind::None;
  /// Of a layer: in training it mixes the rows of a batch, and the losses behind it their targets (Layer::mixed()).
  bool mixes_rows = false;
  /// Only its file can tell the shapes of its outputs. infer() opens it, unless AskLater is on
  /// (schema/ask_later.h), and gives an empty shape for what is not known yet.
  bool asks_file = false;
  bool random = false;  ///< draws from its Rng when training: it and all after it cannot be cached

  ParamMap example{};              ///< parameters for the registry-driven tests; unset ones take their default
  std::optional<Golden> golden{};  ///< what the example gives
  /// Parameters with which the node is fitted; for the tests of nodes that can be.
  ParamMap fitted_example{};
  /// Writes small real files into a folder and returns the parameters that read them; for sources' tests.
  std::function<ParamMap(const std::filesystem::path&)> fixture{};

  /// Lifts the parameters of a node that was saved as an older `version` of this type. Runs when a file is read.
  std::function<void(int saved_version, ParamMap&)> upgrade{};

  /// Output descriptions from input descriptions; for a source without its files (sizes then are symbols).
  std::function<Result<std::vector<TensorDesc>>(const ParamMap&, DescInputs)> infer{};

  // Exactly the one that belongs to `role` is set.
  std::function<Result<std::unique_ptr<Source>>(const ParamMap&, const SourceContext&)> open{};
  std::function<SamplerSettings(const ParamMap&)> sampler{};
  std::function<Result<std::unique_ptr<SampleOp>>(const ParamMap&, DescInputs)> sample_op{};
  /// Only besides sample_op, of nodes that may learn from the training records before a run: what does the learning
  /// (schema/fitted.h); null where these parameters leave nothing to learn.
  std::function<std::unique_ptr<Fitter>(const ParamMap&, DescInputs)> fitter{};
  /// Set with `fitter`: the node bound to what was learnt. Where there is something to learn, sample_op only says so.
  std::function<Result<std::unique_ptr<SampleOp>>(const ParamMap&, DescInputs, const NamedTensors&)> fitted_op{};
  /// Only with `fitter`, of nodes whose outputs follow from what they learn: infer() once that is known. Before,
  /// infer() leaves open what nobody can know yet: a Dim that is a symbol, no columns. Not asked where nothing is to be
  /// learnt.
  std::function<Result<std::vector<TensorDesc>>(const ParamMap&, DescInputs, const NamedTensors&)> learnt{};
  std::function<CacheSettings(const ParamMap&)> cache{};  ///< set besides sample_op: the node keeps what passes it
  std::function<BatchSettings(const ParamMap&)> batch{};
  std::function<std::unique_ptr<Layer>(const ParamMap&, DescInputs, const TensorDesc& out)> layer{};  ///< losses too
  /// Only with `layer`, and only where the layer learns or multiplies; every dimension but N is known when it is asked.
  std::function<LayerCost(const ParamMap&, DescInputs, const TensorDesc& out)> cost{};
  std::function<std::unique_ptr<OptimizerRule>(const ParamMap&)> optimizer{};
  /// Besides `optimizer`, and also where that is left out (nodes/model/torch_layer.h).
  std::function<OptimizerSettings(const ParamMap&)> optimizer_settings{};
  /// Besides `layer`, and also where that is left out: of a layer that may begin from the weights of a file.
  std::function<PretrainedSettings(const ParamMap&)> pretrained{};
  std::function<Result<std::unique_ptr<Estimator>>(const ParamMap&, const EstimatorSetup&)> estimator{};
  /// Only with `estimator`: over how many passes it learns; unset: over as many as the trainer has epochs.
  std::function<std::uint32_t(const ParamMap&)> passes{};
  std::function<TrainerSettings(const ParamMap&)> trainer{};

  [[nodiscard]] const ParamSpec* param(std::string_view param_name) const;
  /// Index of a port, or -1.
  [[nodiscard]] int input(std::string_view port) const;
  [[nodiscard]] int output(std::string_view port) const;
  /// The first output of this kind; null if there is none.
  [[nodiscard]] const PortSpec* output_of(Kind kind) const;
  /// As a node with these parameters has it: with its own ports. Every consumer of ports asks this, or what is made of
  /// it (Wiring, Lowering, spec_of()).
  [[nodiscard]] NodeSpec for_params(const ParamMap& set) const;
  /// Does this parameter count, with the values that the others have (ParamSpec::only_if)?
  [[nodiscard]] bool counts(const ParamSpec& param, const ParamMap& set) const;
  /// Every parameter, set or default.
  [[nodiscard]] ParamMap complete(const ParamMap& set) const;
};

/// Under which heading lists of nodes show one: its category, and of a node that prepares records, what it prepares,
/// "Pictures", "Tables", "Text" (KindTraits::heading of its first input or output that has any), or "Records" where it
/// takes any.
[[nodiscard]] std::string_view heading_of(const NodeSpec& spec);

}  // namespace feedline::inline schema
