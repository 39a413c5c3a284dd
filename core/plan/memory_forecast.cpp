// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan/memory_forecast.h"

#include "plan/recompute.h"
#include "plan/step_work.h"
#include "schema/optimizer.h"

#include <algorithm>
#include <numeric>

namespace feedline::inline plan {
namespace {

/// Of weights, gradients and what an optimiser keeps.
constexpr std::uint64_t kNumberBytes = 4;

/// Numbers of one record; 0: nobody knows.
std::uint64_t numbers_of_record(const TensorDesc& desc) {
  std::int64_t count = 1;
  for (std::size_t i = 1; i < desc.shape.size(); ++i) {
    if (!desc.shape[i].bounded()) return 0;
    count *= desc.shape[i].most();
  }
  return static_cast<std::uint64_t>(std::max<std::int64_t>(count, 0));
}

std::uint64_t share_of(std::int64_t rows, std::int64_t parts) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>((rows + parts - 1) / parts, 1));
}

bool stays_as_it_is(const ModelPlan& model, const LayerPlan& layer) {
  const auto& patterns = model.freezing.freeze;
  if (layer.spec->pretrained && layer.spec->pretrained(layer.params).frozen == "all") return true;
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return matches_layer(pattern, layer.node); });
}

/// Micro-batches of which a stage keeps activations when it has most; 1 where the network is in one piece.
std::uint64_t micro_batches_kept(const ModelPlan& model, std::size_t stage, std::uint64_t micros) {
  if (model.stages <= 1) return 1;
  if (model.staging.schedule == "gpipe") return micros;
  return std::min<std::uint64_t>(micros, model.stages - stage);
}

}  // namespace

MemoryForecast forecast_memory(const ModelPlan& model, const Execution& execution, std::int64_t rows) {
  MemoryForecast forecast;
  const int devices = std::max(execution.replica_devices(), 1);  // what one of them needs
  const std::uint64_t own_rows = share_of(rows, std::max(execution.ranks, 1) * devices);
  const std::uint64_t micros =
      model.stages > 1
          ? std::min<std::uint64_t>(own_rows,
                                    static_cast<std::uint64_t>(std::max<std::int64_t>(model.staging.micro_batches, 1)))
          : 1;
  const std::uint64_t pass_rows = (own_rows + micros - 1) / micros;
  const bool is_short = execution.precision == "bfloat16" || execution.precision == "float16";
  const std::uint64_t number = is_short ? 2 : kNumberBytes;

  std::uint64_t learnt = 0;
  std::uint64_t largest = 0;
  std::vector<double> work;  // by layer
  for (const LayerPlan& layer : model.layers) {
    const LayerCost cost = layer_cost(layer);
    LayerMemory memory{.node = layer.node,
                       .weights = kNumberBytes * static_cast<std::uint64_t>(cost.parameters + cost.buffers)};
    if (layer.spec->role == Role::Layer) memory.gives = number * pass_rows * numbers_of_record(layer.output);
    memory.kept = memory.gives * micro_batches_kept(model, layer.stage, micros);
    if (layer.spec->pretrained || layer.spec->asks_file) forecast.open.push_back(layer.node);
    if (!stays_as_it_is(model, layer)) learnt += static_cast<std::uint64_t>(cost.parameters);
    forecast.weights += memory.weights;
    largest = std::max(largest, memory.gives);
    work.push_back(cost.multiply_adds);
    forecast.layers.push_back(std::move(memory));
  }

  std::uint64_t again = 0;  // the inside of the block that backward computes just then
  std::uint64_t not_kept = 0;
  double worked_again = 0;
  if (const auto blocks = recompute_blocks(model)) {
    for (const RecomputeBlock& block : *blocks) {
      std::uint64_t inside = 0;
      for (std::size_t i = block.first; i < block.end; ++i) {
        forecast.layers[i].recomputed = true;
        worked_again += work[i];
        if (std::find(block.leaving.begin(), block.leaving.end(), i) != block.leaving.end()) continue;
        inside += forecast.layers[i].gives;
        not_kept += forecast.layers[i].kept;
        forecast.layers[i].kept = 0;
      }
      again = std::max(again, inside);
    }
  }
  for (const LayerMemory& layer : forecast.layers) forecast.activations += layer.kept;
  forecast.activations += again + 2 * largest;
  forecast.recompute_saves = not_kept > again ? not_kept - again : 0;
  const double all_work = std::accumulate(work.begin(), work.end(), 0.0);
  if (all_work > 0) forecast.recompute_share = worked_again / all_work;

  const auto replicas = static_cast<std::uint64_t>(devices > 1 ? 1 : std::max(execution.replicas, 1));
  forecast.gradients = kNumberBytes * learnt * (model.stages > 1 ? 1 : replicas);
  if (model.optimizer != nullptr && model.optimizer->optimizer && model.optimizer->optimizer_settings) {
    const auto slots = model.optimizer->optimizer(model.optimizer_params)->slots().size();
    const auto parts = model.memory.shard_optimizer ? static_cast<std::uint64_t>(std::max(execution.ranks, 1)) : 1;
    const bool averages = model.optimizer->optimizer_settings(model.optimizer_params).ema > 0;
    forecast.optimizer = kNumberBytes * learnt * slots / parts;
    forecast.shard_saves = kNumberBytes * learnt * slots - forecast.optimizer;
    if (parts > 1) forecast.gathered = kNumberBytes * learnt;
    if (averages) forecast.optimizer += kNumberBytes * learnt;  // all of it, on each rank
  }
  return forecast;
}

MemoryForecast forecast_memory(const Plan& plan, const Execution& execution) {
  MemoryForecast forecast;
  if (const ModelPlan* network = plan.network()) forecast = forecast_memory(*network, execution, plan.train.batch.size);
  std::uint64_t record = 0;
  for (const BatchField& field : plan.train.fields) record += field.record_bytes();
  const auto rows = share_of(plan.train.batch.size, std::max(execution.ranks, 1));
  forecast.batches = record * rows * (execution.prefetch + 1);
  return forecast;
}

}  // namespace feedline::inline plan
