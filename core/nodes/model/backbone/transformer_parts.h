// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "nodes/model/backbone/tensor_tree.h"
#include "nodes/model/sequence_mask.h"

#ifndef FEEDLINE_DESCRIBED_ONLY

#include <cmath>
#include <cstdint>
#include <string>

namespace feedline::inline nodes {

/// Scale and shift of a norm over the features of each place, registered as `path`.weight and `path`.bias.
struct FeatureNorm {
  FeatureNorm(TensorTree& tree, const std::string& path, std::int64_t width, double norm_epsilon)
      : scale(tree.parameter(path + ".weight", at::ones({width}))),
        shift(tree.parameter(path + ".bias", at::zeros({width}))),
        epsilon(norm_epsilon) {}
  [[nodiscard]] at::Tensor operator()(const at::Tensor& x) const {
    const PlainPrecision precision;
    return at::layer_norm(x.to(at::kFloat), scale.sizes(), scale, shift, epsilon);
  }
  at::Tensor scale;
  at::Tensor shift;
  double epsilon;
};

/// Weights out × in and a bias, registered as `path`.weight and `path`.bias. They start at zero: whoever makes it draws
/// them.
struct DenseWeights {
  DenseWeights(TensorTree& tree, const std::string& path, std::int64_t in, std::int64_t out)
      : weight(tree.parameter(path + ".weight", at::zeros({out, in}))),
        bias(tree.parameter(path + ".bias", at::zeros({out}))) {}
  [[nodiscard]] at::Tensor operator()(const at::Tensor& x) const { return at::linear(x, weight, bias); }
  at::Tensor weight;
  at::Tensor bias;
};

/// Uniform within the bound of Glorot and Bengio (2010).
inline void draw_glorot(at::Tensor& weight) {
  const at::NoGradGuard no_gradients;
  const double bound = std::sqrt(6.0 / static_cast<double>(weight.size(0) + weight.size(1)));
  weight.uniform_(-bound, bound);
}

/// Normal with mean 0.
inline void draw_normal(at::Tensor& tensor, double deviation) {
  const at::NoGradGuard no_gradients;
  tensor.normal_(0, deviation);
}

}  // namespace feedline::inline nodes

#endif
