// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/layer_shape.h"
#include "nodes/model/torch_layer.h"
#include "schema/node_builder.h"

namespace feedline::inline nodes {
namespace {

struct Silu {
  struct Params {};

  static NodeSpec spec() {
    return node<Silu>("silu", 1, "SiLU", "Sigmoid linear unit: x times the sigmoid of x, also called swish.")
        .help(
            "A ReLU without a corner (Elfwing et al., 2017; Ramachandran et al., 2017), used by EfficientNet and many "
            "detectors. It takes a few times as long as relu. As PyTorch's SiLU.")
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
    return function_layer([](std::span<const at::Tensor> in) { return at::silu(in[0]); });
  }
#endif
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(Silu)
