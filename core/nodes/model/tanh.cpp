// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/layer_shape.h"
#include "nodes/model/torch_layer.h"
#include "schema/node_builder.h"

namespace feedline::inline nodes {
namespace {

struct HyperbolicTangent {
  struct Params {};

  static NodeSpec spec() {
    return node<HyperbolicTangent>("tanh", 1, "Tanh", "Hyperbolic tangent: squeezes each value to -1 to 1.")
        .help(
            "The non-linearity of small and recurrent networks; also a last layer for targets between -1 and 1. Where "
            "its values are near the ends, gradients vanish: deep networks train better with relu. As PyTorch's Tanh.")
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
    return function_layer([](std::span<const at::Tensor> in) { return at::tanh(in[0]); });
  }
#endif
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(HyperbolicTangent)
