// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/stages/layer_samples.h"

#include <algorithm>
#include <cstddef>

namespace feedline::inline training {
namespace {

std::vector<bool> stage_borders(const ModelPlan& plan) {
  std::vector<bool> borders(plan.layers.size(), false);
  for (std::size_t first = 1; first < plan.layers.size(); ++first) {
    if (plan.layers[first].spec->role != Role::Layer) continue;
    std::vector<bool> behind(plan.layers.size(), false);
    behind[first] = true;
    for (std::size_t i = first + 1; i < plan.layers.size(); ++i)
      for (const LayerPlan::Input& from : plan.layers[i].from)
        behind[i] = behind[i] || (from.layer >= 0 && behind[static_cast<std::size_t>(from.layer)]);
    borders[first] =
        std::find(behind.begin() + static_cast<std::ptrdiff_t>(first), behind.end(), false) == behind.end();
  }
  return borders;
}

}  // namespace

std::vector<LayerSample> layer_samples(const Model& model, const std::vector<Model::LayerMeter>& meters) {
  const ModelPlan& plan = model.plan();
  const std::vector<bool> borders = stage_borders(plan);
  std::vector<LayerSample> samples;
  for (std::size_t i = 0; i < std::min(plan.layers.size(), meters.size()); ++i) {
    std::uint64_t weights = 0;
    if (const auto module = model.layer(i).module())
      for (const at::Tensor& parameter : module->parameters()) weights += parameter.nbytes();
    samples.push_back({.node = plan.layers[i].node,
                       .forward = meters[i].forward,
                       .weights = weights,
                       .gives = meters[i].bytes,
                       .can_begin_stage = borders[i]});
  }
  return samples;
}

}  // namespace feedline::inline training
