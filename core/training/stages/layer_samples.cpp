// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/stages/layer_samples.h"

#include "plan/stage_cut.h"

#include <algorithm>
#include <cstddef>

namespace feedline::inline training {
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
