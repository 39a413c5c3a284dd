// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan/step_work.h"

#include "schema/node_spec.h"

#include <algorithm>
#include <limits>
#include <vector>

namespace feedline::inline plan {

LayerCost layer_cost(const LayerPlan& layer) {
  if (layer.spec == nullptr || !layer.spec->cost || layer.output.shape.empty()) return {};
  std::vector<const TensorDesc*> inputs;
  for (const TensorDesc& input : layer.inputs) inputs.push_back(&input);
  return layer.spec->cost(layer.params, inputs, layer.output);
}

double multiply_adds_of(const ModelPlan& network) {
  double sum = 0;
  for (const LayerPlan& layer : network.layers) {
    if (layer.spec != nullptr && layer.spec->asks_file) return std::numeric_limits<double>::infinity();
    const LayerCost cost = layer_cost(layer);
    sum += std::max(cost.multiply_adds, static_cast<double>(cost.parameters));
  }
  return sum;
}

std::int64_t most_batch_rows(const Plan& plan) {
  const std::int64_t size = plan.train.batch.size;
  const std::uint64_t records = plan.train.sampler.count;
  return records > 0 && records < static_cast<std::uint64_t>(size) ? static_cast<std::int64_t>(records) : size;
}

double worth_of_row(const Plan& plan) {
  return plan.network() != nullptr ? multiply_adds_of(*plan.network()) / kWorkOfThread : 0;
}

std::int64_t threads_worth(double worth_of_row, double rows) {
  constexpr double kMost = 1 << 20;
  return static_cast<std::int64_t>(std::clamp(worth_of_row * rows, 1.0, kMost));
}

std::int64_t threads_worth(const Plan& plan, std::size_t ranks) {
  const double rows = static_cast<double>(most_batch_rows(plan)) / static_cast<double>(std::max<std::size_t>(ranks, 1));
  return threads_worth(worth_of_row(plan), rows);
}

}  // namespace feedline::inline plan
