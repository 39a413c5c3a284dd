// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "nodes/model/torch_layer.h"

#ifndef FEEDLINE_DESCRIBED_ONLY

namespace feedline::inline nodes {

/// What a norm learns: a scale, from 1, and a shift, from 0, of each number or channel. Named as PyTorch's norms name
/// them.
struct ScaleShift final : torch::nn::Module {
  explicit ScaleShift(at::IntArrayRef shape)
      : weight(register_parameter("weight", at::ones(shape))), bias(register_parameter("bias", at::zeros(shape))) {}
  at::Tensor weight;
  at::Tensor bias;
};

}  // namespace feedline::inline nodes

#endif
