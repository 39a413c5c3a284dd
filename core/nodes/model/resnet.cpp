// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/backbone/backbone_params.h"
#include "nodes/model/backbone/conv_layer.h"
#include "nodes/model/backbone/conv_net.h"
#include "nodes/model/backbone/residual_unit.h"
#include "schema/node_builder.h"

#include <array>
#include <string>

namespace feedline::inline nodes {
namespace {

ConvNet resnet_net(const std::string& depth, std::int64_t channels) {
  const bool bottleneck = depth == "50";
  const std::array<int, 4> blocks = depth == "18" ? std::array{2, 2, 2, 2} : std::array{3, 4, 6, 3};
  ConvNet net{.stages = {{.names = {"stem", {"conv1", "bn1"}},
                          .blocks = {{.units = {{.conv = "conv1",
                                                 .norm = "bn1",
                                                 .in = channels,
                                                 .out = 64,
                                                 .kernel = 7,
                                                 .stride = 2,
                                                 .function = UnitFunction::Relu}}}}}},
              .head = {"fc"}};
  std::int64_t in = 64;
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const std::string name = "layer" + std::to_string(i + 1);
    const std::int64_t width = std::int64_t{64} << i;
    ConvStage& stage = net.stages.emplace_back(ConvStage{.names = {name, {name}}});
    for (int block = 0; block < blocks[i]; ++block) {
      stage.blocks.push_back(
          resnet_block(name + "." + std::to_string(block) + ".", bottleneck, in, width, block == 0 && i > 0 ? 2 : 1));
      in = stage.blocks.back().units.back().out;
    }
    stage.blocks.front().pool = i == 0;
  }
  return net;
}

struct ResNet {
  struct Params : PretrainedSettings {
    std::string depth = "18";
    std::string output = "features";
  };

  static NodeSpec spec() {
    return node<ResNet>("resnet", 1, "ResNet", "A residual network of 18, 34 or 50 layers, without its classifier.")
        .help(
            "The usual first choice of a backbone (He et al., 2015), as torchvision builds it, so that its weights for "
            "ImageNet fit by name. Put a linear layer with as many units as classes behind it. With weights and frozen "
            "= all only that layer learns, which takes a few epochs and a few hundred pictures; then let the last "
            "stages learn with a tenth of the learning rate. The stages are stem, layer1, layer2, layer3 and layer4. "
            "At 224×224 pixels a record costs 1.8 (18), 3.7 (34) or 4.1 (50) billion MACs; half the side costs a "
            "quarter. Pictures of any size and number of channels will do, and of 64 pixels a side or more do well.")
        .in("x", Kind::Tensor, "Pictures, N×C×H×W, normalised as those were that the weights were made from.")
        .out("y", Kind::Tensor, "Features, N×512 (18, 34) or N×2048 (50), or the map, N×512×H/32×W/32.")
        .choice("depth", &Params::depth, {"18", "34", "50"}, "Number of layers with weights.")
        .choice("output", &Params::output, {"features", "map"},
                "features: the mean of each channel. map: the channels as pictures, for layers that look at places.")
        .with(backbone_params<ResNet>)
        .example({{"depth", std::string("18")}});
  }

  static Result<TensorDesc> infer(const Params& params, const TensorDesc& in) {
    return infer_conv_net(resnet_net(params.depth, channels_in(in)), params.output == "map", in);
  }

#ifdef FEEDLINE_DESCRIBED_ONLY
  static constexpr Role kRole = Role::Layer;
#else
  static std::unique_ptr<Layer> layer(const Params& params, DescInputs in, const TensorDesc&) {
    return std::make_unique<ConvNetLayer>(resnet_net(params.depth, channels_in(*in[0])), params,
                                          params.output == "map");
  }
#endif

  static LayerCost cost(const Params& params, DescInputs in, const TensorDesc&) {
    return conv_net_cost(resnet_net(params.depth, channels_in(*in[0])), *in[0]);
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(ResNet)
