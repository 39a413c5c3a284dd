// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/backbone/conv_layer.h"
#include "nodes/model/backbone/conv_net.h"
#include "nodes/model/backbone/residual_unit.h"
#include "schema/node_builder.h"

#include <fmt/format.h>

#include <string>

namespace feedline::inline nodes {
namespace {

struct ResidualBlock {
  struct Params {
    std::int64_t filters = 0;
    std::int64_t stride = 1;
    std::string form = "plain";
  };

  static NodeSpec spec() {
    return node<ResidualBlock>("residual_block", 1, "Residual block",
                               "Convolutions, norms and ReLUs with a skip connection around them.")
        .help(
            "The block that residual networks are stacked of (He et al., 2015), in one node: what its convolutions "
            "find is added to its input, which makes deep networks trainable. Where the filters or the stride change "
            "the shape, the skip connection gets a 1×1 convolution and a norm by itself. A network for small pictures "
            "is a conv2d, three to nine blocks with a stride of 2 now and then and twice the filters there, a "
            "global_average_pool and a linear layer. As torchvision's BasicBlock and Bottleneck. For other blocks wire "
            "them yourself, with add.")
        .in("x", Kind::Tensor, "Pictures, N×C×H×W, floating point.")
        .out("y", Kind::Tensor, "N×filters×H'×W', H' = H/stride rounded up.")
        .param("filters", &Params::filters, range(0, 65536).ui(0, 1024),
               "Channels of the output; 0: as many as the input has.")
        .param("stride", &Params::stride, range(1, 16).ui(1, 4).unit("px"), "2 halves height and width.")
        .choice("form", &Params::form, {"plain", "bottleneck"},
                "plain: two convolutions of 3×3. bottleneck: one of 1×1 to a quarter of the filters, one of 3×3 and "
                "one of 1×1 back, for blocks of 256 filters and more.")
        .example({{"filters", std::int64_t{4}}, {"stride", std::int64_t{2}}});
  }

  static Result<TensorDesc> infer(const Params& params, const TensorDesc& in) {
    if (Status fits = check_pictures(in, "x"); !fits) return fail(std::move(fits.error()));
    const Dim filters = params.filters > 0 ? Dim(params.filters) : in.shape[1];
    if (params.form == "bottleneck" && filters.known() && filters.size() % 4 != 0)
      return fail(Error{.reason = fmt::format("a bottleneck of {} filters has no quarter", filters.text()),
                        .remedy = "Choose a multiple of 4, or the plain form",
                        .parameter = "filters"});
    auto out = infer_conv_net(net(params, channels_in(in)), /*map=*/true, in);
    if (out) out->shape[1] = filters;
    return out;
  }

#ifdef FEEDLINE_DESCRIBED_ONLY
  static constexpr Role kRole = Role::Layer;
#else
  static std::unique_ptr<Layer> layer(const Params& params, DescInputs in, const TensorDesc&) {
    return std::make_unique<ConvNetLayer>(net(params, channels_in(*in[0])), PretrainedSettings{}, /*map=*/true);
  }
#endif

  static LayerCost cost(const Params& params, DescInputs in, const TensorDesc&) {
    return conv_net_cost(net(params, channels_in(*in[0])), *in[0]);
  }

 private:
  static ConvNet net(const Params& params, std::int64_t in) {
    const bool bottleneck = params.form == "bottleneck";
    const std::int64_t filters = params.filters > 0 ? params.filters : in;
    ConvStage stage{.names = {"block", {"conv1", "bn1", "conv2", "bn2", "conv3", "bn3", "downsample"}}};
    stage.blocks.push_back(resnet_block("", bottleneck, in, bottleneck ? filters / 4 : filters, params.stride));
    return {.stages = {std::move(stage)}};
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(ResidualBlock)
