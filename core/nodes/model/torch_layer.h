// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "schema/behaviour.h"

// The nodes of models are compiled twice: with LibTorch, and, with FEEDLINE_DESCRIBED_ONLY, without their work, for
// what need not train: loading LibTorch takes over half a second.
#ifndef FEEDLINE_DESCRIBED_ONLY

#include "base/torch.h"

#include <memory>
#include <span>
#include <utility>

namespace feedline::inline nodes {

/// A one-input layer around one of LibTorch's module holders (torch::nn::Linear, ...).
template <class Holder>
class ModuleLayer final : public Layer {
 public:
  explicit ModuleLayer(Holder module, double flops_per_row = 0)
      : module_(std::move(module)), flops_per_row_(flops_per_row) {}

  at::Tensor forward(std::span<const at::Tensor> in) override { return module_->forward(in[0]); }
  [[nodiscard]] std::shared_ptr<torch::nn::Module> module() const override { return module_.ptr(); }
  [[nodiscard]] double flops_per_row() const override { return flops_per_row_; }

 private:
  Holder module_;
  double flops_per_row_;
};

/// A layer without parameters: any callable from the inputs to the output.
template <class Function>
class FunctionLayer final : public Layer {
 public:
  explicit FunctionLayer(Function function) : function_(std::move(function)) {}
  at::Tensor forward(std::span<const at::Tensor> in) override { return function_(in); }

 private:
  Function function_;
};

template <class Holder>
[[nodiscard]] std::unique_ptr<Layer> module_layer(Holder module, double flops_per_row = 0) {
  return std::make_unique<ModuleLayer<Holder>>(std::move(module), flops_per_row);
}

template <class Function>
[[nodiscard]] std::unique_ptr<Layer> function_layer(Function function) {
  return std::make_unique<FunctionLayer<Function>>(std::move(function));
}

}  // namespace feedline::inline nodes

#endif
