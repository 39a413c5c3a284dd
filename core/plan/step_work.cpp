// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan/step_work.h"

#include "schema/node_spec.h"

#include <algorithm>
#include <vector>

namespace feedline::inline plan {

double multiply_adds_of(const ModelPlan& network) {
  double sum = 0;
  for (const LayerPlan& layer : network.layers) {
    if (layer.spec == nullptr || !layer.spec->cost) continue;
    std::vector<const TensorDesc*> inputs;
    for (const TensorDesc& input : layer.inputs) inputs.push_back(&input);
    const LayerCost cost = layer.spec->cost(layer.params, inputs, layer.output);
    // A layer of which only the file knows what it does uses each number that it learns at least once.
    sum += std::max(cost.multiply_adds, static_cast<double>(cost.parameters));
  }
  return sum;
}

std::int64_t threads_worth(const Plan& plan, std::size_t ranks) {
  constexpr double kMost = 1 << 20;
  if (plan.network() == nullptr) return 1;
  const double rows = static_cast<double>(plan.train.batch.size) / static_cast<double>(std::max<std::size_t>(ranks, 1));
  return static_cast<std::int64_t>(std::clamp(multiply_adds_of(*plan.network()) * rows / kWorkOfThread, 1.0, kMost));
}

}  // namespace feedline::inline plan
