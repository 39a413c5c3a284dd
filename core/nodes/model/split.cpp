// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/layer_shape.h"
#include "nodes/model/torch_layer.h"
#include "schema/node_builder.h"

#include <fmt/format.h>

#include <cstdint>

namespace feedline::inline nodes {
namespace {

struct SplitChannels {
  struct Params {
    std::int64_t parts = 2;
    std::int64_t part = 1;
  };

  static NodeSpec spec() {
    return node<SplitChannels>("split", 1, "Split",
                               "Gives one of the equal parts into which channels or features are cut.")
        .help(
            "For networks whose branches each see a part of the channels; concatenate puts them together again. Use "
            "one such node for each part. It copies nothing. As one of the tensors of PyTorch's chunk over dimension "
            "1, where the parts are equal.")
        .in("x", Kind::Tensor, "Pictures (N×C×H×W) or features (N×F), floating point.")
        .out("y", Kind::Tensor, "Those channels or features.")
        .param("parts", &Params::parts, range(2, 4096).ui(2, 16), "How many parts there are.")
        .param("part", &Params::part, range(1, 4096).ui(1, 16), "Which one comes out; 1 is the first.")
        .example({{"parts", std::int64_t{3}}, {"part", std::int64_t{2}}});
  }

  static Result<TensorDesc> infer(const Params& params, const TensorDesc& in) {
    if (Status fits = in.shape.size() == 2 ? check_features(in, "x") : check_pictures(in, "x"); !fits)
      return fail(std::move(fits.error()));
    if (params.part > params.parts)
      return fail(Error{.reason = fmt::format("there is no part {} of {}", params.part, params.parts),
                        .remedy = fmt::format("Choose one from 1 to {}", params.parts),
                        .parameter = "part"});
    const Dim& channels = in.shape[1];
    if (channels.known() && channels.size() % params.parts != 0)
      return fail(Error{.reason = fmt::format("{} {} cannot be divided into {} parts", channels.text(),
                                              in.shape.size() == 2 ? "features" : "channels", params.parts),
                        .remedy = fmt::format("Choose a number that divides {}", channels.text()),
                        .parameter = "parts"});
    TensorDesc out{.kind = Kind::Tensor, .dtype = DType::F32, .shape = in.shape};
    out.shape[1] = channels.known() ? Dim(channels.size() / params.parts) : Dim::symbol("?");
    return out;
  }

#ifdef FEEDLINE_DESCRIBED_ONLY
  static constexpr Role kRole = Role::Layer;
#else
  static std::unique_ptr<Layer> layer(const Params& params, DescInputs, const TensorDesc&) {
    return function_layer([parts = params.parts, part = params.part](std::span<const at::Tensor> in) {
      const std::int64_t width = in[0].size(1) / parts;
      return in[0].narrow(1, (part - 1) * width, width);
    });
  }
#endif
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(SplitChannels)
