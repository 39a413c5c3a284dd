// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Small networks on small batches, for tests of the trainer's parts.

#include "base/torch.h"
#include "schema/registry.h"
#include "training/replicas.h"
#include "training/step.h"

#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace feedline {

struct LayerOf {
  const char* type;
  ParamMap params{};
};

inline const NodeSpec& spec_of(const char* type) { return *Registry::instance().find(type); }

/// A chain of layers, a cross-entropy and an optimiser.
inline ModelPlan network(const std::vector<LayerOf>& layers, TensorDesc in, const char* optimizer = "sgd",
                         const ParamMap& settings = {{"learning_rate", 1.0}, {"momentum", 0.0}}) {
  ModelPlan plan;
  for (const LayerOf& wanted : layers) {
    const NodeSpec& spec = spec_of(wanted.type);
    LayerPlan layer{.node = wanted.type + std::to_string(plan.layers.size()),
                    .stream = static_cast<std::uint32_t>(plan.layers.size()),
                    .spec = &spec,
                    .inputs = {in}};
    layer.params = spec.complete(wanted.params);
    const TensorDesc* const input = &in;
    layer.output = spec.infer(layer.params, std::span(&input, 1))->front();
    layer.from = {plan.layers.empty() ? LayerPlan::Input{.field = 0}
                                      : LayerPlan::Input{.layer = static_cast<int>(plan.layers.size() - 1)}};
    in = layer.output;
    plan.layers.push_back(std::move(layer));
  }
  plan.loss = {.node = "loss", .spec = &spec_of("cross_entropy"), .params = spec_of("cross_entropy").complete({})};
  plan.loss.from = {{.layer = static_cast<int>(plan.layers.size() - 1)}, {.field = 1}};
  plan.optimizer = &spec_of(optimizer);
  plan.optimizer_params = plan.optimizer->complete(settings);
  plan.optimizer_node = optimizer;
  return plan;
}

inline constexpr std::int64_t kFeatures = 6;
inline constexpr std::int64_t kClasses = 3;

inline TensorDesc features() { return {.kind = Kind::Tensor, .shape = {Dim::symbol("N"), kFeatures}}; }
inline TensorDesc pictures() { return {.kind = Kind::Tensor, .shape = {Dim::symbol("N"), 3, 8, 7}}; }

inline LayerOf linear(std::int64_t units) { return {"linear", {{"units", units}}}; }

inline ModelPlan plain_network() { return network({linear(8), {"relu"}, linear(kClasses)}, features()); }
inline ModelPlan random_network(const char* optimizer = "adam") {
  return network({linear(8), {"batch_norm"}, {"relu"}, {"dropout", {{"probability", 0.4}}}, linear(kClasses)},
                 features(), optimizer, {{"learning_rate", 0.05}});
}
inline ModelPlan picture_network() {
  return network({{"conv2d", {{"filters", std::int64_t{4}}}},
                  {"batch_norm"},
                  {"relu"},
                  {"max_pool"},
                  {"conv2d", {{"filters", std::int64_t{5}}, {"kernel", std::int64_t{2}}}},
                  {"flatten"},
                  linear(kClasses)},
                 pictures());
}

inline std::vector<at::Tensor> batch(std::int64_t rows, const TensorDesc& desc, std::int64_t turn = 0) {
  std::vector<std::int64_t> shape{rows};
  for (std::size_t i = 1; i < desc.shape.size(); ++i) shape.push_back(desc.shape[i].size());
  std::int64_t count = 1;
  for (const std::int64_t size : shape) count *= size;
  return {at::arange(count, at::kFloat).mul(0.37).add(static_cast<double>(turn)).sin().view(shape),
          at::arange(rows, at::kLong).add(turn).remainder(kClasses)};
}

inline std::unique_ptr<Model> model_of(const ModelPlan& plan, const Format& format = {}) {
  auto model = Model::build(plan, at::kCPU, 3, format);
  return model ? std::move(*model) : nullptr;
}

inline std::unique_ptr<Replicas> replicas_of(const ModelPlan& plan, std::size_t count, std::stop_token stop = {},
                                             const Format& format = {}) {
  auto made = Replicas::build(plan, model_of(plan, format),
                              {.count = count, .intra_op_threads = 1, .seed = 11, .stop = std::move(stop)});
  return made ? std::move(*made) : nullptr;
}

inline LossTally::Totals totals(const std::vector<Part>& parts) {
  LossTally tally;
  tally.add(parts);
  return tally.read();
}

/// Parameters, end to end.
inline at::Tensor flat(const std::vector<at::Tensor>& parameters) {
  std::vector<at::Tensor> parts;
  for (const at::Tensor& parameter : parameters) parts.push_back(parameter.detach().reshape({-1}));
  return at::cat(parts);
}

inline at::Tensor gradient(const Model& model) {
  std::vector<at::Tensor> parts;
  for (const at::Tensor& parameter : model.parameters()) parts.push_back(parameter.grad());
  return flat(parts);
}

}  // namespace feedline
