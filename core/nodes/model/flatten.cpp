// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/layer_shape.h"
#include "nodes/model/torch_layer.h"
#include "schema/node_builder.h"

namespace feedline::inline nodes {
namespace {

struct Flatten {
  struct Params {};

  static NodeSpec spec() {
    return node<Flatten>("flatten", 1, "Flatten", "Reshapes each picture into one vector of features.")
        .help(
            "Used between convolutions and a linear layer. It copies no data. The vector has channels × "
            "height × width features, so reduce the picture first, or use a global average pool, to keep the linear "
            "layer "
            "small.")
        .in("x", Kind::Tensor, "Any floating-point batch tensor, N×...")
        .out("y", Kind::Tensor, "Features, N×F.")
        .example({});
  }

  static Result<TensorDesc> infer(const Params&, const TensorDesc& in) {
    if (auto status = check_one_size(in, "x"); !status) return fail(std::move(status.error()));
    if (in.shape.empty())
      return fail(
          Error{.reason = "a single number cannot be flattened", .remedy = "Connect a batch tensor", .port = "x"});
    TensorDesc out = in;
    out.layout = Layout::None;
    out.shape = {in.shape[0], product(in, 1)};
    return out;
  }

#ifdef FEEDLINE_DESCRIBED_ONLY
  static constexpr Role kRole = Role::Layer;
#else
  static std::unique_ptr<Layer> layer(const Params&, DescInputs, const TensorDesc&) {
    return function_layer([](std::span<const at::Tensor> in) { return in[0].reshape({in[0].size(0), -1}); });
  }
#endif
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(Flatten)
