// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "nodes/model/random_layer.h"
#include "nodes/model/sequence_mask.h"

#ifndef FEEDLINE_DESCRIBED_ONLY

#include <cmath>
#include <cstdint>
#include <functional>
#include <string>

namespace feedline::inline nodes {

/// What is done to a tensor in training: a dropout of the layer's own, or nothing.
using Dropped = std::function<at::Tensor(const at::Tensor&)>;

/// Multi-head attention of a sequence to itself (Vaswani et al., "Attention is all you need", 2017). Parameters as
/// PyTorch's MultiheadAttention names, shapes and starts them.
struct SelfAttention final : torch::nn::Module {
  SelfAttention(std::int64_t width, std::int64_t head_count)
      : heads(head_count),
        in_weight(register_parameter("in_proj_weight", at::empty({3 * width, width}))),
        in_bias(register_parameter("in_proj_bias", at::zeros({3 * width}))),
        out(register_module("out_proj", torch::nn::Linear(width, width))) {
    const at::NoGradGuard no_gradients;
    const double bound = std::sqrt(6.0 / static_cast<double>(4 * width));  // Glorot and Bengio, 2010
    in_weight.uniform_(-bound, bound);
    out->bias.zero_();
  }

  /// N×T×F to N×T×F. No place looks at one where `mask`, N×T of bool, is false; undefined: all look at all.
  [[nodiscard]] at::Tensor forward(const at::Tensor& x, const at::Tensor& mask, const Dropped& dropped) {
    const std::int64_t rows = x.size(0);
    const std::int64_t places = x.size(1);
    const std::int64_t width = x.size(2);
    const at::Tensor joint = at::linear(x, in_weight, in_bias)
                                 .view({rows, places, 3, heads, width / heads})
                                 .permute({2, 0, 3, 1, 4});  // 3 × N × heads × T × F/heads
    const double scale = 1 / std::sqrt(static_cast<double>(width / heads));
    at::Tensor scores = at::matmul(joint[0] * scale, joint[1].transpose(2, 3));
    if (mask.defined())
      scores = scores.masked_fill(mask.logical_not().view({rows, 1, 1, places}), below_all(scores.scalar_type()));
    const at::Tensor seen = at::matmul(dropped(at::softmax(scores, 3)), joint[2]);
    return out->forward(seen.transpose(1, 2).reshape({rows, places, width}));
  }

  std::int64_t heads;
  at::Tensor in_weight;
  at::Tensor in_bias;
  torch::nn::Linear out;
};

/// A layer with parameters that drops numbers in training, drawn from its own generator.
template <class Module>
class DroppingLayer : public RandomLayer {
 public:
  DroppingLayer(std::shared_ptr<Module> module, double probability, double flops)
      : own_(std::move(module)), keep_(1 - probability), flops_(flops) {}

  [[nodiscard]] std::shared_ptr<torch::nn::Module> module() const override { return own_; }
  [[nodiscard]] double flops_per_row() const override { return flops_; }

 protected:
  [[nodiscard]] Module& own() { return *own_; }
  [[nodiscard]] Dropped dropped() {
    return [this](const at::Tensor& x) { return own_->is_training() && keep_ < 1 ? x * kept(x, x.sizes(), keep_) : x; };
  }

 private:
  std::shared_ptr<Module> own_;
  double keep_;
  double flops_;
};

}  // namespace feedline::inline nodes

#endif
