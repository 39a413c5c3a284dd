// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "nodes/model/layer_shape.h"
#include "nodes/model/torch_layer.h"
#include "schema/node_builder.h"

#include <cstdint>
#include <utility>

namespace feedline::inline nodes {

/// What max_pool and average_pool have alike, to derive their node from: all but the text and the number that they take
/// of a window.
struct PoolNode {
  struct Params {
    std::int64_t kernel = 2;
    std::int64_t stride = 2;
  };

  static Result<TensorDesc> infer(const Params& params, const TensorDesc& in) {
    return slide(in, {params.kernel, params.stride, false}, in.shape.size() > 1 ? in.shape[1] : Dim(0));
  }

#ifdef FEEDLINE_DESCRIBED_ONLY
  static constexpr Role kRole = Role::Layer;
#endif
};

/// Ports and parameters: `.with(pool_params<MaxPool>)`.
template <class T>
void pool_params(NodeBuilder<T>& builder) {
  using Params = typename T::Params;
  std::move(builder)
      .in("x", Kind::Tensor, "Pictures, N×C×H×W, floating point.")
      .out("y", Kind::Tensor, "N×C×H'×W'.")
      .param("kernel", &Params::kernel, range(1, 255).ui(2, 8).unit("px"), "Kernel size: side of the square window.")
      .param("stride", &Params::stride, range(1, 255).ui(1, 8).unit("px"), "Step between windows.");
}

#ifndef FEEDLINE_DESCRIBED_ONLY
/// `pool`: of pictures, kernel and stride.
template <class Pool>
[[nodiscard]] std::unique_ptr<Layer> pool_layer(const PoolNode::Params& params, Pool pool) {
  return function_layer([params, pool = std::move(pool)](std::span<const at::Tensor> in) {
    return pool(in[0], params.kernel, params.stride);
  });
}
#endif

}  // namespace feedline::inline nodes
