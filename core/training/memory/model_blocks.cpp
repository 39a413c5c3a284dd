// SPDX-License-Identifier: GPL-3.0-or-later
// The blocks of a model that backward computes once more.
#include "schema/replica_exchange.h"
#include "training/memory/recompute.h"
#include "training/model.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace feedline::inline training {

const RecomputeBlock* Model::block_at(std::size_t layer, std::size_t count, const std::vector<bool>& run) const {
  if (blocks_.empty() || !at::GradMode::is_enabled()) return nullptr;
  const auto block = std::find_if(blocks_.begin(), blocks_.end(), [&](const auto& b) { return b.first == layer; });
  if (block == blocks_.end() || block->end > count) return nullptr;
  for (std::size_t i = layer; !run.empty() && i < block->end; ++i)
    if (!run[i]) return nullptr;
  return &*block;
}

/// The first pass makes the graph of one layer at a time and lets go of it: with gradients off, LibTorch could choose
/// other kernels, whose last digits differ.
std::vector<at::Tensor> Model::run_block(const RecomputeBlock& block, std::span<const at::Tensor> fields,
                                         std::span<const at::Tensor> entering, const std::stop_token& stop,
                                         bool keeps_graph) {
  std::vector<at::Tensor> outputs(layers_.size());
  for (std::size_t i = 0; i < block.entering.size(); ++i) outputs[block.entering[i]] = entering[i];
  std::size_t at = block.first;
  const Nanos begun = keeps_graph ? Clock::system().now() : 0;
  try {
    std::optional<AutocastGuard> precision;
    if (format_.mixed()) precision.emplace(stage_device(plan_.layers[block.first].stage).type(), format_.numbers);
    for (; at < block.end; ++at) {
      if (stop.stop_requested()) throw StepCancelled();
      const Nanos started = meters_ == nullptr ? 0 : Clock::system().now();
      at::Tensor output = run_layer(at, gather(plan_.layers[at], fields, outputs), stop);
      if (!keeps_graph) {
        count_layer(at, started, output);
        output = output.detach().set_requires_grad(output.requires_grad());
      }
      outputs[at] = std::move(output);
      let_go(at, outputs);
    }
  } catch (const StepCancelled&) {
    throw;
  } catch (const std::exception& fault) {
    throw StepFailed(library_error(fault, plan_.layers[std::min(at, block.end - 1)].node));
  }
  if (keeps_graph) recomputing_.fetch_add(Clock::system().now() - begun, std::memory_order_relaxed);
  std::vector<at::Tensor> leaving;
  for (const std::size_t layer : block.leaving) leaving.push_back(std::move(outputs[layer]));
  return leaving;
}

void Model::run_and_forget(const RecomputeBlock& block, std::span<const at::Tensor> fields, const std::stop_token& stop,
                           std::vector<at::Tensor>& outputs) {
  std::vector<Layer*> layers;
  std::vector<at::Tensor> parameters;
  for (std::size_t i = block.first; i < block.end; ++i) {
    layers.push_back(layers_[i].get());
    const auto module = layers_[i]->module();
    if (module == nullptr) continue;
    for (const at::Tensor& parameter : module->parameters())
      if (parameter.requires_grad()) parameters.push_back(parameter);
  }
  std::vector<at::Tensor> entering;
  for (const std::size_t layer : block.entering) entering.push_back(outputs[layer]);
  // Of a GPU, backward runs on a thread of LibTorch's.
  BlockPass pass = [this, &block, stop, others = ReplicaExchange::current(),
                    rows = std::vector<at::Tensor>(fields.begin(), fields.end())](const std::vector<at::Tensor>& inputs,
                                                                                  bool keeps_graph) {
    const ReplicaExchangeInUse exchange(others);
    return run_block(block, rows, inputs, stop, keeps_graph);
  };
  std::vector<at::Tensor> leaving = recomputed(std::move(pass), layers, entering, parameters);
  for (std::size_t i = 0; i < leaving.size(); ++i) outputs[block.leaving[i]] = std::move(leaving[i]);
}

}  // namespace feedline::inline training
