// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/layer_shape.h"
#include "nodes/model/torch_layer.h"
#include "schema/node_builder.h"

#include <string>

namespace feedline::inline nodes {
namespace {

struct Gelu {
  struct Params {
    std::string approximate = "none";
  };

  static NodeSpec spec() {
    return node<Gelu>("gelu", 1, "GELU", "Gaussian error linear unit: x times the normal distribution function of x.")
        .help(
            "The non-linearity of transformers (Hendrycks and Gimpel, 2016): a ReLU without a corner, which lets small "
            "negative values through. It takes a few times as long as relu; on networks of convolutions it seldom "
            "gains much. As PyTorch's GELU.")
        .in("x", Kind::Tensor, "Any floating-point tensor.")
        .out("y", Kind::Tensor, "The same shape.")
        .choice("approximate", &Params::approximate, {"none", "tanh"},
                "tanh is a formula near to it, as some models were trained.")
        .example({});
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
        [approximate = params.approximate](std::span<const at::Tensor> in) { return at::gelu(in[0], approximate); });
  }
#endif
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(Gelu)
