// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/layer_shape.h"
#include "nodes/model/padded_conv2d.h"
#include "schema/node_builder.h"

namespace feedline::inline nodes {
namespace {

struct Conv2d {
  struct Params {
    std::int64_t filters = 32;
    std::int64_t kernel = 3;
    std::int64_t stride = 1;
    std::string padding = "same";
    bool bias = true;
  };

  static NodeSpec spec() {
    return node<Conv2d>("conv2d", 1, "Convolution",
                        "2-D convolution: learnt filters, applied at every position of a picture.")
        .help(
            "Each filter gives one output channel (feature map) that says where its pattern was found. The first "
            "convolutions find edges and colours, later ones parts and objects. "
            "Follow it with batch norm and ReLU. Its cost grows with filters × input channels × kernel² × output "
            "pixels, so it usually dominates the step: a stride of 2 or a pool before it makes it four times "
            "cheaper. The inspector shows its parameters and MACs per sample. Switch the bias off before a batch norm, "
            "which has its own.")
        .in("x", Kind::Tensor, "Pictures, N×C×H×W, floating point.")
        .out("y", Kind::Tensor, "N×filters×H'×W'.")
        .param("filters", &Params::filters, range(1, 65536).ui(1, 512), "Number of filters: the output's channels.")
        .param("kernel", &Params::kernel, range(1, 63).ui(1, 11).unit("px"), "Kernel size: side of the square filter.")
        .param("stride", &Params::stride, range(1, 63).ui(1, 4).unit("px"),
               "Step between positions; 2 halves height and width.")
        .choice("padding", &Params::padding, {"same", "valid"},
                "same: zero padding; the output has the input's size divided by the stride. valid: no padding; the "
                "output shrinks by kernel - 1.")
        .param("bias", &Params::bias, "Adds a learnt bias to each output channel.")
        .example({{"filters", std::int64_t{4}}, {"kernel", std::int64_t{3}}, {"stride", std::int64_t{2}}});
  }

  static Result<TensorDesc> infer(const Params& params, const TensorDesc& in) {
    return slide(in, {params.kernel, params.stride, params.padding == "same"}, params.filters);
  }

#ifdef FEEDLINE_DESCRIBED_ONLY
  static constexpr Role kRole = Role::Layer;
#else
  static std::unique_ptr<Layer> layer(const Params& params, DescInputs in, const TensorDesc& out) {
    const std::int64_t channels = in[0]->shape[1].size();
    auto options =
        torch::nn::Conv2dOptions(channels, params.filters, params.kernel).stride(params.stride).bias(params.bias);
    const double flops = 2.0 * static_cast<double>(channels * params.kernel * params.kernel) *
                         static_cast<double>(params.filters) *
                         static_cast<double>(out.shape[2].size() * out.shape[3].size());
    return std::make_unique<PaddedConv2d>(std::move(options), params.kernel, params.padding == "same", flops);
  }
#endif

  static LayerCost cost(const Params& params, DescInputs in, const TensorDesc& out) {
    const std::int64_t window = in[0]->shape[1].size() * params.kernel * params.kernel;
    return {.parameters = params.filters * (window + (params.bias ? 1 : 0)),
            .multiply_adds = static_cast<double>(window) * static_cast<double>(params.filters) *
                             static_cast<double>(out.shape[2].size()) * static_cast<double>(out.shape[3].size())};
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(Conv2d)
