// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/model/backbone/backbone_params.h"
#include "nodes/model/backbone/conv_layer.h"
#include "nodes/model/backbone/conv_net.h"
#include "nodes/model/backbone/inverted_residual.h"
#include "schema/node_builder.h"

#include <algorithm>
#include <string>

namespace feedline::inline nodes {
namespace {

/// Blocks of one row of the paper's table.
struct EfficientNetRow {
  std::int64_t expand;
  std::int64_t kernel;
  std::int64_t stride;
  std::int64_t channels;
  int blocks;
};
constexpr EfficientNetRow kEfficientNetRows[] = {{1, 3, 1, 16, 1}, {6, 3, 2, 24, 2},  {6, 5, 2, 40, 2},
                                                 {6, 3, 2, 80, 3}, {6, 5, 1, 112, 3}, {6, 5, 2, 192, 4},
                                                 {6, 3, 1, 320, 1}};
constexpr int kEfficientNetBlocks = 16;

ConvBlock efficientnet_block(const std::string& path, const InvertedResidual& is, double drop) {
  ConvBlock block{.residual = is.residual(), .drop = is.residual() ? drop : 0};
  int number = 0;
  const auto next = [&] { return path + ".block." + std::to_string(number++); };
  if (is.widens()) block.units.push_back(sequential_unit(next(), is.widening()));
  block.units.push_back(sequential_unit(next(), is.filtering()));
  block.squeeze_behind = block.units.size() - 1;
  const std::string squeeze = next();
  const std::int64_t wide = block.units.back().out;
  const std::int64_t narrow = std::max<std::int64_t>(1, is.in / 4);
  block.squeeze = {{.conv = squeeze + ".fc1", .in = wide, .out = narrow, .function = UnitFunction::Silu},
                   {.conv = squeeze + ".fc2", .in = narrow, .out = wide}};
  block.units.push_back(sequential_unit(next(), is.joining()));
  return block;
}

ConvNet efficientnet_net(double drop, std::int64_t channels) {
  ConvNet net{.head = {"classifier"}};
  const auto path = [&] { return "features." + std::to_string(net.stages.size()); };
  const auto add_plain = [&](const std::string& name, ConvUnit unit) {
    unit.function = UnitFunction::Silu;
    net.stages.push_back({.names = {name, {path()}}, .blocks = {{.units = {sequential_unit(path(), unit)}}}});
  };
  add_plain("stem", {.in = channels, .out = 32, .kernel = 3, .stride = 2});
  std::int64_t in = 32;
  int number = 0;
  for (const EfficientNetRow& row : kEfficientNetRows) {
    const std::string own = path();
    ConvStage stage{.names = {"blocks" + std::to_string(net.stages.size()), {own}}};
    for (int i = 0; i < row.blocks; ++i, ++number, in = row.channels)
      stage.blocks.push_back(efficientnet_block(own + "." + std::to_string(i),
                                                {.in = in,
                                                 .out = row.channels,
                                                 .expand = row.expand,
                                                 .kernel = row.kernel,
                                                 .stride = i == 0 ? row.stride : 1,
                                                 .function = UnitFunction::Silu},
                                                drop * number / kEfficientNetBlocks));
    net.stages.push_back(std::move(stage));
  }
  add_plain("last", {.in = in, .out = 1280});
  return net;
}

struct EfficientNetB0 {
  struct Params : PretrainedSettings {
    double stochastic_depth = 0.2;
    std::string output = "features";
  };

  static NodeSpec spec() {
    return node<EfficientNetB0>("efficientnet_b0", 1, "EfficientNet-B0",
                                "A network for pictures with few weights, without its classifier.")
        .help(
            "Better than ResNet-50 on ImageNet with a fifth of its weights (Tan and Le, 2019). Its arithmetic is "
            "spread over many small layers, so on a CPU it takes longer than its MACs suggest. As torchvision builds "
            "it, so that its weights for ImageNet fit by name. Put a dropout of 0.2 and a linear layer with as many "
            "units as classes behind it. In training, blocks are skipped at random for some records; blocks that are "
            "frozen are not. The stages are stem, blocks1 to blocks7 (the rows of the paper's table) and last. At "
            "224×224 pixels a record costs 390 million MACs.")
        .in("x", Kind::Tensor, "Pictures, N×C×H×W, normalised as those were that the weights were made from.")
        .out("y", Kind::Tensor, "Features, N×1280, or the map, N×1280×H/32×W/32.")
        .param("stochastic_depth", &Params::stochastic_depth, range(0, 0.99).ui(0, 0.5),
               "Probability that the last block is skipped in training; it rises to this from block to block.")
        .choice("output", &Params::output, {"features", "map"},
                "features: the mean of each channel. map: the channels as pictures, for layers that look at places.")
        .with(backbone_params<EfficientNetB0>)
        .example({{"stochastic_depth", 0.2}});
  }

  static Result<TensorDesc> infer(const Params& params, const TensorDesc& in) {
    return infer_conv_net(efficientnet_net(params.stochastic_depth, channels_in(in)), params.output == "map", in);
  }

#ifdef FEEDLINE_DESCRIBED_ONLY
  static constexpr Role kRole = Role::Layer;
#else
  static std::unique_ptr<Layer> layer(const Params& params, DescInputs in, const TensorDesc&) {
    return std::make_unique<ConvNetLayer>(efficientnet_net(params.stochastic_depth, channels_in(*in[0])), params,
                                          params.output == "map");
  }
#endif

  static LayerCost cost(const Params& params, DescInputs in, const TensorDesc&) {
    return conv_net_cost(efficientnet_net(params.stochastic_depth, channels_in(*in[0])), *in[0]);
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(EfficientNetB0)
