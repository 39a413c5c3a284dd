// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/layer_shape.h"
#include "nodes/model/torch_layer.h"
#include "schema/node_builder.h"

namespace feedline::inline nodes {
namespace {

struct Relu {
  struct Params {};

  static NodeSpec spec() {
    return node<Relu>("relu", 1, "ReLU", "Rectified linear unit: max(x, 0).")
        .help(
            "The non-linearity between layers: without it a stack of convolutions or linear layers could represent no "
            "more than a single one. Put one after each of them but the last. It costs almost nothing.")
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
    return function_layer([](std::span<const at::Tensor> in) { return at::relu(in[0]); });
  }
#endif
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(Relu)
