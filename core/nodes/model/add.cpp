// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/layer_shape.h"
#include "nodes/model/torch_layer.h"
#include "schema/node_builder.h"

#include <fmt/format.h>

namespace feedline::inline nodes {
namespace {

struct Add {
  struct Params {};

  static NodeSpec spec() {
    return node<Add>("add", 1, "Add", "Element-wise sum of two tensors: a skip (residual) connection.")
        .help(
            "Adds the input of a block of layers to the block's output, as in residual networks (He et al., 2015): "
            "deep "
            "networks become trainable, because each block learns only a correction. Both inputs must have the same "
            "shape; where the block changes channels or size, send the skip connection through a 1×1 convolution with "
            "the same filters and stride.")
        .in("a", Kind::Tensor, "Floating-point tensor.")
        .in("b", Kind::Tensor, "Floating-point tensor of the same shape.")
        .out("y", Kind::Tensor, "The sum, of the same shape.")
        .example({});
  }

  static Result<std::vector<TensorDesc>> infer(const Params&, DescInputs in) {
    auto a = input_desc(in, 0, "a");
    if (!a) return fail(std::move(a.error()));
    auto b = input_desc(in, 1, "b");
    if (!b) return fail(std::move(b.error()));
    if (auto status = check_float(*a, "a"); !status) return fail(std::move(status.error()));
    if (auto status = check_float(*b, "b"); !status) return fail(std::move(status.error()));
    bool agree = a->shape.size() == b->shape.size();
    for (std::size_t i = 0; agree && i < a->shape.size(); ++i) agree = a->shape[i].agrees_with(b->shape[i]);
    if (!agree)
      return fail(Error{.reason = fmt::format("its inputs differ in shape: a is {}, b is {}", a->text(), b->text()),
                        .remedy = "Send the skip through a conv2d of kernel 1 with the filters and stride of the other "
                                  "way",
                        .port = "b"});
    TensorDesc out = *a;
    for (std::size_t i = 0; i < out.shape.size(); ++i)
      if (!out.shape[i].known()) out.shape[i] = b->shape[i].known() ? b->shape[i] : a->shape[i];
    return std::vector<TensorDesc>{std::move(out)};
  }

#ifdef FEEDLINE_DESCRIBED_ONLY
  static constexpr Role kRole = Role::Layer;
#else
  static std::unique_ptr<Layer> layer(const Params&, DescInputs, const TensorDesc&) {
    return function_layer([](std::span<const at::Tensor> in) { return in[0] + in[1]; });
  }
#endif
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(Add)
