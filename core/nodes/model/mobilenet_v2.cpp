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
struct MobileNetRow {
  std::int64_t expand;
  std::int64_t channels;
  int blocks;
  std::int64_t stride;
};
constexpr MobileNetRow kMobileNetRows[] = {{1, 16, 1, 1}, {6, 24, 2, 2},  {6, 32, 3, 2}, {6, 64, 4, 2},
                                           {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}};

ConvBlock mobilenet_block(const std::string& path, const InvertedResidual& is) {
  ConvBlock block{.residual = is.residual()};
  if (is.widens()) block.units.push_back(sequential_unit(path + ".conv.0", is.widening()));
  block.units.push_back(sequential_unit(path + ".conv." + std::to_string(block.units.size()), is.filtering()));
  const std::size_t next = block.units.size();
  block.units.push_back(is.joining());
  block.units.back().conv = path + ".conv." + std::to_string(next);
  block.units.back().norm = path + ".conv." + std::to_string(next + 1);
  return block;
}

ConvNet mobilenet_net(double width, std::int64_t channels) {
  int number = 0;
  const auto next = [&] { return "features." + std::to_string(number++); };
  ConvNet net{.head = {"classifier"}};
  std::int64_t in = round_channels(32 * width);
  const auto add_plain = [&](const std::string& name, ConvUnit unit) {
    const std::string path = next();
    unit.function = UnitFunction::Relu6;
    net.stages.push_back({.names = {name, {path}}, .blocks = {{.units = {sequential_unit(path, unit)}}}});
  };
  add_plain("stem", {.in = channels, .out = in, .kernel = 3, .stride = 2});
  for (const MobileNetRow& row : kMobileNetRows) {
    const std::string name = "blocks" + std::to_string(net.stages.size());
    ConvStage& stage = net.stages.emplace_back(ConvStage{.names = {name, {}}});
    const std::int64_t out = round_channels(static_cast<double>(row.channels) * width);
    for (int i = 0; i < row.blocks; ++i, in = out) {
      const std::string path = next();
      stage.names.prefixes.push_back(path);
      stage.blocks.push_back(
          mobilenet_block(path, {.in = in, .out = out, .expand = row.expand, .stride = i == 0 ? row.stride : 1}));
    }
  }
  add_plain("last", {.in = in, .out = round_channels(1280 * std::max(1.0, width))});
  return net;
}

struct MobileNetV2 {
  struct Params : PretrainedSettings {
    double width = 1;
    std::string output = "features";
  };

  static NodeSpec spec() {
    return node<MobileNetV2>("mobilenet_v2", 1, "MobileNetV2",
                             "A small, quick network for pictures, without its classifier.")
        .help(
            "A backbone that was made for telephones (Sandler et al., 2018): a sixth of the arithmetic of ResNet-18, "
            "for a few points less. As torchvision builds it, so that its weights for ImageNet fit by name; those are "
            "of width 1. Narrower ones learn from scratch in minutes on a CPU. Put a linear layer with as many units "
            "as classes behind it. The stages are stem, blocks1 to blocks7 (the rows of the paper's table) and last. "
            "At 224×224 pixels a record costs 300 million MACs.")
        .in("x", Kind::Tensor, "Pictures, N×C×H×W, normalised as those were that the weights were made from.")
        .out("y", Kind::Tensor, "Features, N×1280, more above width 1, or the map, N×1280×H/32×W/32.")
        .param("width", &Params::width, range(0.05, 4).ui(0.25, 1.4),
               "Multiplies the channels of all layers but the last; its cost goes with the square.")
        .choice("output", &Params::output, {"features", "map"},
                "features: the mean of each channel. map: the channels as pictures, for layers that look at places.")
        .with(backbone_params<MobileNetV2>)
        .example({{"width", 0.35}});
  }

  static Result<TensorDesc> infer(const Params& params, const TensorDesc& in) {
    return infer_conv_net(mobilenet_net(params.width, channels_in(in)), params.output == "map", in);
  }

#ifdef FEEDLINE_DESCRIBED_ONLY
  static constexpr Role kRole = Role::Layer;
#else
  static std::unique_ptr<Layer> layer(const Params& params, DescInputs in, const TensorDesc&) {
    return std::make_unique<ConvNetLayer>(mobilenet_net(params.width, channels_in(*in[0])), params,
                                          params.output == "map");
  }
#endif

  static LayerCost cost(const Params& params, DescInputs in, const TensorDesc&) {
    return conv_net_cost(mobilenet_net(params.width, channels_in(*in[0])), *in[0]);
  }
};

}  // namespace
}  // namespace feedline::inline nodes

FEEDLINE_NODE(MobileNetV2)
