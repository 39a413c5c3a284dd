// SPDX-License-Identifier: GPL-3.0-or-later
// Backbones and residual blocks as operators of ONNX. Channels, kernels and groups are those of their tensors, which
// have torchvision's names (DistilBERT's for text_encoder); strides and functions are what the papers' tables say.
#include "exporting/backbone_tables.h"
#include "exporting/onnx_parts.h"
#include "exporting/python_text.h"

#include <fmt/format.h>

namespace feedline::inline exporting {
namespace {

using Sizes = OnnxParts::Sizes;

constexpr double kBackboneEpsilon = 1e-5;

enum class OnnxFunction { None, Relu, Relu6, Silu };

/// Writes convolutions with what stands behind them.
class OnnxConvNet {
 public:
  OnnxConvNet(const LayerToWrite& layer, OnnxGraph& graph) : parts_(layer, graph), graph_(graph) {}

  [[nodiscard]] bool has(const std::string& conv) const { return !parts_.shape(conv + ".weight").empty(); }
  [[nodiscard]] std::int64_t inputs(const std::string& conv) const { return parts_.shape(conv + ".weight").at(1); }
  [[nodiscard]] std::int64_t outputs(const std::string& conv) const { return parts_.shape(conv + ".weight").at(0); }

  /// A convolution, padded so that the output is the input divided by the stride, its norm and its function. `norm`
  /// empty: there is none, and the convolution has a bias.
  [[nodiscard]] std::string unit(const std::string& x, const std::string& conv, const std::string& norm,
                                 std::int64_t stride, OnnxFunction function, bool by_channel = false) const {
    const Sizes shape = parts_.shape(conv + ".weight");
    const std::int64_t kernel = shape.at(2);
    const std::int64_t around = (kernel - 1) / 2;
    std::vector<std::string> in = {x, parts_.tensor(conv + ".weight")};
    if (norm.empty()) in.push_back(parts_.tensor(conv + ".bias"));
    std::string y = graph_.add("Conv", in,
                               {{"kernel_shape", Sizes{kernel, kernel}},
                                {"strides", Sizes{stride, stride}},
                                {"pads", Sizes{around, around, around, around}},
                                {"group", by_channel ? shape.at(0) : std::int64_t{1}}});
    if (!norm.empty()) y = parts_.batch_norm(y, norm + ".", kBackboneEpsilon);
    return applied(function, y);
  }
  [[nodiscard]] std::string applied(OnnxFunction function, const std::string& x) const {
    switch (function) {
      case OnnxFunction::Relu:
        return graph_.add("Relu", {x});
      case OnnxFunction::Relu6:
        return graph_.add("Clip", {x, parts_.number(0), parts_.number(6)});
      case OnnxFunction::Silu:
        return parts_.silu(x);
      case OnnxFunction::None:
        break;
    }
    return x;
  }
  /// As torchvision names them in a Sequential: the convolution `path`.0, the norm `path`.1.
  [[nodiscard]] std::string sequential(const std::string& x, const std::string& path, std::int64_t stride,
                                       OnnxFunction function, bool by_channel = false) const {
    return unit(x, path + ".0", path + ".1", stride, function, by_channel);
  }
  [[nodiscard]] std::string sum(const std::string& a, const std::string& b) const { return graph_.add("Add", {a, b}); }

  /// A block of ResNet: two convolutions, or three with a bottleneck; the stride stands at the one of 3×3.
  [[nodiscard]] std::string residual(const std::string& x, const std::string& path, std::int64_t stride) const {
    const int count = has(path + "conv3") ? 3 : 2;
    std::string y = x;
    for (int i = 1; i <= count; ++i)
      y = unit(y, fmt::format("{}conv{}", path, i), fmt::format("{}bn{}", path, i), i == count - 1 ? stride : 1,
               i < count ? OnnxFunction::Relu : OnnxFunction::None);
    const std::string past =
        has(path + "downsample.0") ? sequential(x, path + "downsample", stride, OnnxFunction::None) : x;
    return applied(OnnxFunction::Relu, sum(y, past));
  }

  /// The map itself, or the mean of each channel.
  [[nodiscard]] std::string given(const std::string& map, const std::string& output) const {
    if (output == "map") return map;
    return graph_.add("Flatten", {graph_.add("GlobalAveragePool", {map})}, {{"axis", std::int64_t{1}}});
  }
  [[nodiscard]] std::string squeezed(const std::string& x, const std::string& path) const {
    const std::string narrow = unit(graph_.add("GlobalAveragePool", {x}), path + ".fc1", "", 1, OnnxFunction::Silu);
    return graph_.add("Mul", {x, graph_.add("Sigmoid", {unit(narrow, path + ".fc2", "", 1, OnnxFunction::None)})});
  }
  [[nodiscard]] std::string pooled(const std::string& x) const {
    return graph_.add("MaxPool", {x},
                      {{"kernel_shape", Sizes{3, 3}}, {"strides", Sizes{2, 2}}, {"pads", Sizes{1, 1, 1, 1}}});
  }

 private:
  OnnxParts parts_;
  OnnxGraph& graph_;
};

std::string onnx_residual_block(const LayerToWrite& layer, OnnxGraph& graph) {
  return OnnxConvNet(layer, graph).residual(layer.in[0], "", ParamReader(layer.plan.params).integer("stride"));
}

std::string onnx_resnet(const LayerToWrite& layer, OnnxGraph& graph) {
  const OnnxConvNet net(layer, graph);
  std::string x = net.pooled(net.unit(layer.in[0], "conv1", "bn1", 2, OnnxFunction::Relu));
  for (int stage = 1; stage <= 4; ++stage)
    for (int block = 0;; ++block) {
      const std::string path = fmt::format("layer{}.{}.", stage, block);
      if (!net.has(path + "conv1")) break;
      x = net.residual(x, path, stage > 1 && block == 0 ? 2 : 1);
    }
  return net.given(x, ParamReader(layer.plan.params).text("output"));
}

std::string onnx_mobilenet(const LayerToWrite& layer, OnnxGraph& graph) {
  const OnnxConvNet net(layer, graph);
  int number = 0;
  const auto next = [&] { return fmt::format("features.{}", number++); };
  std::string x = net.sequential(layer.in[0], next(), 2, OnnxFunction::Relu6);
  for (const auto& [blocks, first_stride] : kMobileNetTable)
    for (int i = 0; i < blocks; ++i) {
      const std::string path = next() + ".conv.";
      const std::int64_t stride = i == 0 ? first_stride : 1;
      const bool widens = net.has(path + "1.0");  // else the first convolution is left out
      const std::string joining = path + (widens ? "2" : "1");
      const std::string from = widens ? path + "0.0" : joining;
      std::string y = widens ? net.sequential(x, path + "0", 1, OnnxFunction::Relu6) : x;
      y = net.sequential(y, path + (widens ? "1" : "0"), stride, OnnxFunction::Relu6, true);
      y = net.unit(y, joining, path + (widens ? "3" : "2"), 1, OnnxFunction::None);
      const bool skips = stride == 1 && net.inputs(from) == net.outputs(joining);
      x = skips ? net.sum(y, x) : y;
    }
  x = net.sequential(x, next(), 1, OnnxFunction::Relu6);
  return net.given(x, ParamReader(layer.plan.params).text("output"));
}

std::string onnx_efficientnet(const LayerToWrite& layer, OnnxGraph& graph) {
  const OnnxConvNet net(layer, graph);
  std::string x = net.sequential(layer.in[0], "features.0", 2, OnnxFunction::Silu);
  for (std::size_t row = 0; row < kEfficientNetStrides.size(); ++row)
    for (int i = 0;; ++i) {
      const std::string path = fmt::format("features.{}.{}.block.", row + 1, i);
      if (!net.has(path + "0.0")) break;
      const std::int64_t stride = i == 0 ? kEfficientNetStrides[row] : 1;
      const bool widens = net.has(path + "3.0");
      int part = 0;
      const auto next = [&] { return fmt::format("{}{}", path, part++); };
      std::string y = widens ? net.sequential(x, next(), 1, OnnxFunction::Silu) : x;
      y = net.sequential(y, next(), stride, OnnxFunction::Silu, true);
      y = net.squeezed(y, next());
      const std::string joining = next();
      y = net.sequential(y, joining, 1, OnnxFunction::None);
      const std::int64_t in = widens ? net.inputs(path + "0.0") : net.outputs(path + "0.0");
      x = stride == 1 && in == net.outputs(joining + ".0") ? net.sum(y, x) : y;
    }
  x = net.sequential(x, "features.8", 1, OnnxFunction::Silu);
  return net.given(x, ParamReader(layer.plan.params).text("output"));
}

std::string onnx_vit(const LayerToWrite& layer, OnnxGraph& graph) {
  constexpr std::int64_t kWidth = 768, kHeads = 12, kPatch = 16;
  constexpr double kEpsilon = 1e-6;
  const OnnxParts parts(layer, graph);
  const std::string squares =
      graph.add("Conv", {layer.in[0], parts.tensor("conv_proj.weight"), parts.tensor("conv_proj.bias")},
                {{"kernel_shape", Sizes{kPatch, kPatch}}, {"strides", Sizes{kPatch, kPatch}}});
  const std::string sequence = parts.permuted(parts.reshaped(squares, {0, kWidth, -1}), {0, 2, 1});
  const std::string a_record =
      graph.add("Concat", {parts.size_of(layer.in[0], 0), graph.constant(Sizes{1, 1})}, {{"axis", std::int64_t{0}}});
  const std::string first = graph.add("Expand", {parts.tensor("class_token"), a_record});
  std::string x = graph.add("Concat", {first, sequence}, {{"axis", std::int64_t{1}}});
  x = graph.add("Add", {x, parts.tensor("encoder.pos_embedding")});
  const std::int64_t blocks = ParamReader(layer.plan.params).integer("blocks");
  for (std::int64_t i = 0; i < blocks; ++i) {
    const std::string path = fmt::format("encoder.layers.encoder_layer_{}.", i);
    const std::string seen =
        parts.self_attention(parts.norm(x, path + "ln_1", kEpsilon), path + "self_attention.", kWidth, kHeads, "");
    x = graph.add("Add", {x, seen});
    if (i + 1 == blocks) x = parts.slice(x, 1, 0, 1);  // nothing else is read from here on
    const std::string hidden = parts.linear(parts.norm(x, path + "ln_2", kEpsilon), path + "mlp.0");
    x = graph.add("Add", {x, parts.linear(parts.gelu(hidden), path + "mlp.3")});
  }
  return parts.norm(parts.reshaped(x, {0, kWidth}), "encoder.ln", kEpsilon);
}

std::string onnx_text_encoder(const LayerToWrite& layer, OnnxGraph& graph) {
  constexpr double kEpsilon = 1e-12;
  const OnnxParts parts(layer, graph);
  const ParamReader params(layer.plan.params);
  const std::string& tokens = layer.in[0];
  const std::string words =
      graph.add("Gather", {parts.tensor("embeddings.word_embeddings.weight"), tokens}, {{"axis", std::int64_t{0}}});
  const std::string places =
      graph.add("Slice", {parts.tensor("embeddings.position_embeddings.weight"), graph.constant(Sizes{0}),
                          parts.size_of(tokens, 1), graph.constant(Sizes{0})});
  std::string x = parts.norm(graph.add("Add", {words, places}), "embeddings.LayerNorm", kEpsilon);
  for (std::int64_t i = 0; i < params.integer("layers"); ++i) {
    const std::string path = fmt::format("transformer.layer.{}.", i);
    const auto projected = [&](const char* name) { return parts.linear(x, path + "attention." + name); };
    const std::string seen = parts.attended(projected("q_lin"), projected("k_lin"), projected("v_lin"),
                                            params.integer("width"), params.integer("heads"), tokens);
    const std::string looked = graph.add("Add", {parts.linear(seen, path + "attention.out_lin"), x});
    const std::string y = parts.norm(looked, path + "sa_layer_norm", kEpsilon);
    const std::string thought = parts.linear(parts.gelu(parts.linear(y, path + "ffn.lin1")), path + "ffn.lin2");
    x = parts.norm(graph.add("Add", {thought, y}), path + "output_layer_norm", kEpsilon);
  }
  const std::string mask = parts.mask(tokens);
  const std::string read = graph.add("Mul", {x, mask});
  if (params.text("pooling") == "first")
    return parts.reshaped(parts.slice(read, 1, 0, 1), {0, params.integer("width")});
  const auto sum = [&](const std::string& of) {
    return graph.add("ReduceSum", {of, graph.constant(Sizes{1})}, {{"keepdims", std::int64_t{0}}});
  };
  return graph.add("Div", {sum(read), graph.add("Max", {sum(mask), parts.number(1)})});
}

void add_onnx_backbones(Writers& writers) {
  writers.onnx("residual_block", onnx_residual_block);
  writers.onnx("resnet", onnx_resnet);
  writers.onnx("mobilenet_v2", onnx_mobilenet);
  writers.onnx("efficientnet_b0", onnx_efficientnet);
  writers.onnx("vit_b_16", onnx_vit);
  writers.onnx("text_encoder", onnx_text_encoder);
}

}  // namespace
}  // namespace feedline::inline exporting

FEEDLINE_WRITER(add_onnx_backbones)
