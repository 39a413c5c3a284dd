// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/layer_shape.h"
#include "nodes/model/torch_layer.h"
#include "schema/node_builder.h"

namespace feedline::inline nodes {
namespace {

struct MaxPool {
  struct Params {
    std::int64_t kernel = 2;
    std::int64_t stride = 2;
  };

  static NodeSpec spec() {
    return node<MaxPool>("max_pool", 1, "Max pool", "Downsamples by the maximum of each window.")
        .help(
            "Makes later layers cheaper, enlarges their receptive field and adds tolerance to small shifts. Kernel 2 "
            "with stride 2 halves height and width. "
            "Pixels at the right and bottom that fill no window are left out.")
        .in("x", Kind::Tensor, "Pictures, N×C×H×W, floating point.")
        .out("y", Kind::Tensor, "N×C×H'×W'.")
        .param("kernel", &Params::kernel, range(1, 255).ui(2, 8).unit("px"), "Kernel size: side of the square window.")
        .param("stride", &Params::stride, range(1, 255).ui(1, 8).unit("px"), "Step between windows.")
        .example({});
  }

  static Result<TensorDesc> infer(const Params& params, const TensorDesc& in) {
    return slide(in, {params.kernel, params.stride, false}, in.shape.size() > 1 ? in.shape[1] : Dim(0));
  }

#ifdef FEEDLINE_DESCRIBED_ONLY
  static constexpr Role kRole = Role::Layer;
#else
  static std::unique_ptr<Layer> layer(const Params& params, DescInputs, const TensorDesc&) {
    return function_layer(
        [params](std::span<const at::Tensor> in) { return at::max_pool2d(in[0], params.kernel, params.stride); });
  }
#endif
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(MaxPool)
