// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/layer_shape.h"
#include "nodes/model/torch_layer.h"
#include "schema/node_builder.h"

namespace feedline::inline nodes {
namespace {

struct Softmax {
  struct Params {};

  static NodeSpec spec() {
    return node<Softmax>("softmax", 1, "Softmax", "Turns the scores of each record into shares that sum to 1.")
        .help(
            "exp(x) divided by its sum over the channels or features of a record. For attention and for mixing; not in "
            "front of cross_entropy or focal, which take logits and have it built in: a second one slows training down "
            "much. As PyTorch's Softmax over dimension 1.")
        .in("x", Kind::Tensor, "Features (N×F) or pictures (N×C×H×W), floating point.")
        .out("y", Kind::Tensor, "The same shape.")
        .example({});
  }

  static Result<TensorDesc> infer(const Params&, const TensorDesc& in) {
    if (auto status = in.shape.size() == 2 ? check_features(in, "x") : check_pictures(in, "x"); !status)
      return fail(std::move(status.error()));
    return in;
  }

#ifdef FEEDLINE_DESCRIBED_ONLY
  static constexpr Role kRole = Role::Layer;
#else
  static std::unique_ptr<Layer> layer(const Params&, DescInputs, const TensorDesc&) {
    return function_layer([](std::span<const at::Tensor> in) { return at::softmax(in[0], 1); });
  }
#endif
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(Softmax)
