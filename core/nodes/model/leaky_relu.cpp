// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/layer_shape.h"
#include "nodes/model/torch_layer.h"
#include "schema/node_builder.h"

namespace feedline::inline nodes {
namespace {

struct LeakyRelu {
  struct Params {
    double slope = 0.01;
  };

  static NodeSpec spec() {
    return node<LeakyRelu>("leaky_relu", 1, "Leaky ReLU", "Rectified linear unit with a small slope below zero.")
        .help(
            "max(x, 0) + slope times min(x, 0) (Maas et al., 2013): units that are negative for all records still get "
            "a gradient, so that none dies. Try it where much of a ReLU layer is always zero. As PyTorch's LeakyReLU.")
        .in("x", Kind::Tensor, "Any floating-point tensor.")
        .out("y", Kind::Tensor, "The same shape.")
        .param("slope", &Params::slope, range(0, 1).ui(0, 0.3), "Slope below zero; 0 is relu.")
        .example({{"slope", 0.1}});
  }

  static Result<TensorDesc> infer(const Params&, const TensorDesc& in) {
    if (auto status = check_float(in, "x"); !status) return fail(std::move(status.error()));
    return in;
  }

#ifdef FEEDLINE_DESCRIBED_ONLY
  static constexpr Role kRole = Role::Layer;
#else
  static std::unique_ptr<Layer> layer(const Params& params, DescInputs, const TensorDesc&) {
    return function_layer(
        [slope = params.slope](std::span<const at::Tensor> in) { return at::leaky_relu(in[0], slope); });
  }
#endif
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(LeakyRelu)
