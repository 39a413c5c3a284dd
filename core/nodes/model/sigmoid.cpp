// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/layer_shape.h"
#include "nodes/model/torch_layer.h"
#include "schema/node_builder.h"

namespace feedline::inline nodes {
namespace {

struct Sigmoid {
  struct Params {};

  static NodeSpec spec() {
    return node<Sigmoid>("sigmoid", 1, "Sigmoid", "Logistic function: squeezes each value to 0 to 1.")
        .help(
            "For gates, and as a last layer for targets between 0 and 1. Not in front of cross_entropy or "
            "binary_cross_entropy: they take logits and have it built in. As PyTorch's Sigmoid.")
        .in("x", Kind::Tensor, "Any floating-point tensor.")
        .out("y", Kind::Tensor, "The same shape.")
        .example({});
  }

  static Result<TensorDesc> infer(const Params&, const TensorDesc& in) {
    if (auto status = check_float(in, "x"); !status) return fail(std::move(status.error()));
    return in;
  }

#ifdef FEEDLINE_DESCRIBED_ONLY
  static constexpr Role kRole = Role::Layer;
#else
  static std::unique_ptr<Layer> layer(const Params&, DescInputs, const TensorDesc&) {
    return function_layer([](std::span<const at::Tensor> in) { return at::sigmoid(in[0]); });
  }
#endif
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(Sigmoid)
