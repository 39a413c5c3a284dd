// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/pool.h"

namespace feedline::inline nodes {
namespace {

struct MaxPool : PoolNode {
  static NodeSpec spec() {
    return node<MaxPool>("max_pool", 1, "Max pool", "Downsamples by the maximum of each window.")
        .help(
            "Makes later layers cheaper, enlarges their receptive field and adds tolerance to small shifts. Kernel 2 "
            "with stride 2 halves height and width. "
            "Pixels at the right and bottom that fill no window are left out.")
        .with(pool_params<MaxPool>)
        .example({});
  }

#ifndef FEEDLINE_DESCRIBED_ONLY
  static std::unique_ptr<Layer> layer(const Params& params, DescInputs, const TensorDesc&) {
    return pool_layer(params, [](const at::Tensor& x, std::int64_t kernel, std::int64_t stride) {
      return at::max_pool2d(x, kernel, stride);
    });
  }
#endif
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(MaxPool)
