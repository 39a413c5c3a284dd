// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/pool.h"

namespace feedline::inline nodes {
namespace {

struct AveragePool : PoolNode {
  static NodeSpec spec() {
    return node<AveragePool>("average_pool", 1, "Average pool", "Downsamples by the mean of each window.")
        .help(
            "Makes later layers cheaper as max_pool does, and smooths: no single pixel decides. Common between the "
            "stages of DenseNets and in front of the last layer; global_average_pool takes the whole picture. Kernel 2 "
            "with stride 2 halves height and width. As PyTorch's AvgPool2d without padding. "
            "Pixels at the right and bottom that fill no window are left out.")
        .with(pool_params<AveragePool>)
        .example({});
  }

#ifndef FEEDLINE_DESCRIBED_ONLY
  static std::unique_ptr<Layer> layer(const Params& params, DescInputs, const TensorDesc&) {
    return pool_layer(params, [](const at::Tensor& x, std::int64_t kernel, std::int64_t stride) {
      return at::avg_pool2d(x, kernel, stride);
    });
  }
#endif
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(AveragePool)
