// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/layer_shape.h"
#include "nodes/model/torch_layer.h"
#include "schema/node_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <vector>

namespace feedline::inline nodes {
namespace {

struct Permute {
  struct Params {
    std::vector<std::int64_t> order{2, 1};
  };

  static NodeSpec spec() {
    return node<Permute>("permute", 1, "Permute", "Puts the dimensions of a tensor in another order.")
        .help(
            "For layers that want their input the other way round: with order 2, 1 sequences N×T×F become N×F×T, with "
            "2, 3, 1 pictures N×C×H×W become N×H×W×C, which reshape makes sequences of. The numbers are copied to "
            "their new order. As PyTorch's permute; the batch stays in front.")
        .in("x", Kind::Tensor, "Any floating-point tensor.")
        .out("y", Kind::Tensor, "The same numbers, with the dimensions in that order.")
        .list("order", &Params::order, {.least = 1, .most = 7, .unique = true, .item_text = "dimension"},
              "The dimensions of the input, 1 is the first one behind the batch, in the order of the output.",
              range(1, 7))
        .example({{"order", ValueList{std::int64_t{1}}}});
  }

  static Result<TensorDesc> infer(const Params& params, const TensorDesc& in) {
    if (Status fits = check_one_size(in, "x"); !fits) return fail(std::move(fits.error()));
    const auto given = static_cast<std::int64_t>(in.shape.size()) - 1;
    std::vector<std::int64_t> sorted = params.order;
    std::sort(sorted.begin(), sorted.end());
    bool all = static_cast<std::int64_t>(sorted.size()) == given;
    for (std::size_t i = 0; all && i < sorted.size(); ++i) all = sorted[i] == static_cast<std::int64_t>(i) + 1;
    if (!all)
      return fail(Error{.reason = fmt::format("its input has {} dimensions behind the batch ({}), and the order is not "
                                              "one of each",
                                              given, in.text()),
                        .remedy = fmt::format("Name each from 1 to {} once", given),
                        .parameter = "order"});
    TensorDesc out{.kind = Kind::Tensor, .dtype = DType::F32, .shape = {in.shape[0]}};
    for (const std::int64_t dimension : params.order)
      out.shape.push_back(in.shape[static_cast<std::size_t>(dimension)]);
    return out;
  }

#ifdef FEEDLINE_DESCRIBED_ONLY
  static constexpr Role kRole = Role::Layer;
#else
  static std::unique_ptr<Layer> layer(const Params& params, DescInputs, const TensorDesc&) {
    std::vector<std::int64_t> order = params.order;
    order.insert(order.begin(), 0);
    return function_layer([order](std::span<const at::Tensor> in) { return in[0].permute(order).contiguous(); });
  }
#endif
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(Permute)
