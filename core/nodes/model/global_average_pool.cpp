// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/layer_shape.h"
#include "nodes/model/torch_layer.h"
#include "schema/node_builder.h"

namespace feedline::inline nodes {
namespace {

struct GlobalAveragePool {
  struct Params {};

  static NodeSpec spec() {
    return node<GlobalAveragePool>("global_average_pool", 1, "Global average pool",
                                   "Averages each channel over height and width.")
        .help(
            "The usual bridge from convolutions to the last linear layer: it needs no parameters, works for any "
            "picture size and overfits less than flattening.")
        .in("x", Kind::Tensor, "Pictures, N×C×H×W, floating point.")
        .out("y", Kind::Tensor, "Features, N×C.")
        .example({});
  }

  static Result<TensorDesc> infer(const Params&, const TensorDesc& in) {
    if (auto status = check_pictures(in, "x"); !status) return fail(std::move(status.error()));
    TensorDesc out = in;
    out.layout = Layout::None;
    out.shape = {in.shape[0], in.shape[1]};
    return out;
  }

#ifdef FEEDLINE_DESCRIBED_ONLY
  static constexpr Role kRole = Role::Layer;
#else
  static std::unique_ptr<Layer> layer(const Params&, DescInputs, const TensorDesc&) {
    return function_layer([](std::span<const at::Tensor> in) { return in[0].mean({2, 3}); });
  }
#endif
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(GlobalAveragePool)
