// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/memory/recompute.h"

#include <cstddef>
#include <utility>

namespace feedline::inline training {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

std::vector<at::Tensor> leaves_of(at::TensorList inputs) {
  std::vector<at::Tensor> leaves;
  for (const at::Tensor& input : inputs) leaves.push_back(input.detach().set_requires_grad(input.requires_grad()));
  return leaves;
}

/// The layers stand where they stood in the forward pass while one lives.
class StandsBack {
 public:
  explicit StandsBack(BlockState& state) : state_(state) { state_.exchange(); }
  ~StandsBack() { state_.exchange(); }
  StandsBack(const StandsBack&) = delete;
  StandsBack& operator=(const StandsBack&) = delete;

 private:
  BlockState& state_;
};

/// What backward needs besides the inputs.
struct KeptBlock final : torch::CustomClassHolder {
  KeptBlock(BlockPass block_pass, const std::vector<Layer*>& layers, std::vector<at::Tensor> all)
      : pass(std::move(block_pass)), state(layers), parameters(std::move(all)) {}
  BlockPass pass;
  BlockState state;
  std::vector<at::Tensor> parameters;
};

/// The parameters are inputs as well, so that their gradients take the usual way: to the hooks that wait for them, and
/// once into their sums. Asking for gradients of leaves by grad() leaves theirs alone.
class RecomputeFunction : public torch::autograd::Function<RecomputeFunction> {
 public:
  static variable_list forward(AutogradContext* ctx, const c10::intrusive_ptr<KeptBlock>& kept, at::TensorList inputs,
                               at::TensorList /*parameters*/) {
    ctx->set_materialize_grads(false);
    ctx->save_for_backward(inputs.vec());
    ctx->saved_data["block"] = at::IValue::make_capsule(kept);
    const torch::AutoGradMode graphs(true);
    variable_list outputs;
    variable_list still;
    for (const at::Tensor& output : kept->pass(leaves_of(inputs), false)) {
      outputs.push_back(output.detach());
      if (!output.requires_grad()) still.push_back(outputs.back());
    }
    ctx->mark_non_differentiable(still);
    return outputs;
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& gradients) {
    const auto capsule = ctx->saved_data["block"].toCapsule();
    auto& kept = static_cast<KeptBlock&>(*capsule);
    const variable_list inputs = ctx->get_saved_variables();
    variable_list found(1 + inputs.size() + kept.parameters.size());
    const torch::AutoGradMode graphs(true);
    const std::vector<at::Tensor> leaves = leaves_of(inputs);
    const StandsBack there(kept.state);
    variable_list roots;
    variable_list given;
    const std::vector<at::Tensor> outputs = kept.pass(leaves, true);
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      if (!gradients[i].defined() || !outputs[i].requires_grad()) continue;
      roots.push_back(outputs[i]);
      given.push_back(gradients[i]);
    }
    variable_list wanted;
    std::vector<std::size_t> places;
    const auto want = [&](const at::Tensor& leaf, std::size_t place) {
      if (!leaf.requires_grad()) return;
      wanted.push_back(leaf);
      places.push_back(place);
    };
    for (std::size_t i = 0; i < leaves.size(); ++i) want(leaves[i], 1 + i);
    for (std::size_t i = 0; i < kept.parameters.size(); ++i) want(kept.parameters[i], 1 + leaves.size() + i);
    if (roots.empty() || wanted.empty()) return found;
    variable_list of_wanted = torch::autograd::grad(roots, wanted, given, false, false, true);
    for (std::size_t i = 0; i < places.size(); ++i) found[places[i]] = std::move(of_wanted[i]);
    return found;
  }
};

}  // namespace

BlockState::BlockState(const std::vector<Layer*>& layers) {
  const torch::NoGradGuard no_gradients;
  for (Layer* layer : layers) {
    One one{.layer = layer, .random = layer->random_state()};
    if (const auto module = layer->module())
      for (const at::Tensor& buffer : module->buffers()) one.buffers.emplace_back(buffer, buffer.clone());
    if (!one.random.empty() || !one.buffers.empty()) layers_.push_back(std::move(one));
  }
}

void BlockState::exchange() {
  const torch::NoGradGuard no_gradients;
  for (One& one : layers_) {
    if (!one.random.empty()) {
      std::vector<std::byte> now = one.layer->random_state();
      one.layer->set_random_state(one.random);
      one.random = std::move(now);
    }
    for (auto& [buffer, copy] : one.buffers) {
      const at::Tensor numbers = buffer.variable_data();  // the same memory, with a version of its own
      at::Tensor now = numbers.clone();
      numbers.copy_(copy);
      copy = std::move(now);
    }
  }
}

std::vector<at::Tensor> recomputed(BlockPass pass, const std::vector<Layer*>& layers,
                                   const std::vector<at::Tensor>& inputs, const std::vector<at::Tensor>& parameters) {
  const auto kept = c10::make_intrusive<KeptBlock>(std::move(pass), layers, parameters);
  const at::TensorList entering = inputs;
  const at::TensorList learnt = parameters;
  return RecomputeFunction::apply(kept, entering, learnt);
}

}  // namespace feedline::inline training
