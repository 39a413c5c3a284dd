// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/layer_shape.h"
#include "nodes/model/padded_conv2d.h"
#include "schema/node_builder.h"

#include <cstdint>
#include <string>

namespace feedline::inline nodes {
namespace {

struct DepthwiseConv2d {
  struct Params {
    std::int64_t multiplier = 1;
    std::int64_t kernel = 3;
    std::int64_t stride = 1;
    std::string padding = "same";
    bool bias = true;
  };

  static NodeSpec spec() {
    return node<DepthwiseConv2d>("depthwise_conv2d", 1, "Depthwise conv",
                                 "A 2-D convolution that filters each channel by itself.")
        .help(
            "A convolution sees places and channels at once; this one sees places only, and a conv2d with a kernel of "
            "1 behind it joins the channels again. The two together (Chollet, 2017) cost about a ninth of a 3×3 "
            "convolution and are what networks for telephones are made of. Its few MACs are bound by memory: on a CPU "
            "the gain in time is smaller. As PyTorch's Conv2d with as many groups as channels.")
        .in("x", Kind::Tensor, "Pictures, N×C×H×W, floating point.")
        .out("y", Kind::Tensor, "N×(C·multiplier)×H'×W'.")
        .param("multiplier", &Params::multiplier, range(1, 1024).ui(1, 8), "Filters for each channel.")
        .param("kernel", &Params::kernel, range(1, 63).ui(1, 11).unit("px"), "Kernel size: side of the square filter.")
        .param("stride", &Params::stride, range(1, 63).ui(1, 4).unit("px"),
               "Step between positions; 2 halves height and width.")
        .choice("padding", &Params::padding, {"same", "valid"},
                "same: zero padding; the output has the input's size divided by the stride. valid: no padding; the "
                "output shrinks by kernel - 1.")
        .param("bias", &Params::bias, "Adds a learnt bias to each output channel.")
        .example({{"multiplier", std::int64_t{2}}});
  }

  static Result<TensorDesc> infer(const Params& params, const TensorDesc& in) {
    const bool pictures = in.shape.size() == 4;
    const Dim channels = pictures && in.shape[1].known()      ? Dim(in.shape[1].size() * params.multiplier)
                         : pictures && params.multiplier == 1 ? in.shape[1]
                                                              : Dim::symbol("C");
    return slide(in, {params.kernel, params.stride, params.padding == "same"}, channels);
  }

#ifdef FEEDLINE_DESCRIBED_ONLY
  static constexpr Role kRole = Role::Layer;
#else
  static std::unique_ptr<Layer> layer(const Params& params, DescInputs in, const TensorDesc& out) {
    const std::int64_t channels = in[0]->shape[1].size();
    auto options = torch::nn::Conv2dOptions(channels, channels * params.multiplier, params.kernel)
                       .stride(params.stride)
                       .groups(channels)
                       .bias(params.bias);
    return std::make_unique<PaddedConv2d>(std::move(options), params.kernel, params.padding == "same",
                                          2 * cost(params, in, out).multiply_adds);
  }
#endif

  static LayerCost cost(const Params& params, DescInputs in, const TensorDesc& out) {
    const std::int64_t filters = in[0]->shape[1].size() * params.multiplier;
    const std::int64_t window = params.kernel * params.kernel;
    return {.parameters = filters * (window + (params.bias ? 1 : 0)),
            .multiply_adds =
                static_cast<double>(window * filters) * static_cast<double>(out.shape[2].size() * out.shape[3].size())};
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(DepthwiseConv2d)
