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

struct Reshape {
  struct Params {
    std::vector<std::int64_t> shape{-1};
  };

  static NodeSpec spec() {
    return node<Reshape>("reshape", 1, "Reshape", "Gives the numbers of each record another shape.")
        .help(
            "Turns features into pictures (64, 8, 8 of 4096 features), pictures into sequences, and so on: the numbers "
            "keep their order, and there must be as many as before. One dimension may be -1: it follows from the "
            "others. Behind a permute it makes sequences of maps. It costs nothing.")
        .in("x", Kind::Tensor, "Any floating-point tensor whose records are of one size.")
        .out("y", Kind::Tensor, "The same numbers in that shape, N in front.")
        .list("shape", &Params::shape, {.least = 1, .most = 7, .item_text = "size"},
              "The sizes of a record, without the batch; -1, once: what is left.", range(-1, 1 << 24))
        .example({{"shape", ValueList{std::int64_t{2}, std::int64_t{-1}}}});
  }

  static Result<TensorDesc> infer(const Params& params, const TensorDesc& in) {
    if (Status fits = check_one_size(in, "x"); !fits) return fail(std::move(fits.error()));
    const auto fail_shape = [](std::string reason, std::string remedy) {
      return fail(Error{.reason = std::move(reason), .remedy = std::move(remedy), .parameter = "shape"});
    };
    const std::vector<std::int64_t>& sizes = params.shape;
    if (std::count(sizes.begin(), sizes.end(), -1) > 1 || std::count(sizes.begin(), sizes.end(), 0) > 0)
      return fail_shape("a size is a number above 0, and only one of them may be left open by -1",
                        "Write the other sizes out");
    double numbers = 1;
    for (const std::int64_t size : sizes) numbers *= static_cast<double>(size > 0 ? size : 1);
    const Dim given = product(in, 1);
    const bool open = std::count(sizes.begin(), sizes.end(), -1) == 1;
    const auto written = static_cast<std::int64_t>(std::min(numbers, 9e15));
    if (given.known() && (open ? given.size() % written != 0 : given.size() != written))
      return fail_shape(fmt::format("a record has {} numbers, which these sizes do not hold", given.text()),
                        fmt::format("Choose sizes whose product {} {}", open ? "divides" : "is", given.text()));
    TensorDesc out{.kind = Kind::Tensor, .dtype = DType::F32, .shape = {in.shape[0]}};
    for (const std::int64_t size : sizes)
      out.shape.push_back(size > 0 ? Dim(size) : given.known() ? Dim(given.size() / written) : Dim::symbol("?"));
    return out;
  }

#ifdef FEEDLINE_DESCRIBED_ONLY
  static constexpr Role kRole = Role::Layer;
#else
  static std::unique_ptr<Layer> layer(const Params&, DescInputs, const TensorDesc& out) {
    std::vector<std::int64_t> sizes;
    for (std::size_t i = 1; i < out.shape.size(); ++i) sizes.push_back(out.shape[i].size());
    return function_layer([sizes](std::span<const at::Tensor> in) {
      std::vector<std::int64_t> all = sizes;
      all.insert(all.begin(), in[0].size(0));
      return in[0].reshape(all);
    });
  }
#endif
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(Reshape)
