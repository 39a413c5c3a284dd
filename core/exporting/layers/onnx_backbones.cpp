// SPDX-License-Identifier: GPL-3.0-or-later
// Backbones and residual blocks as operators of ONNX. Channels, kernels and groups are those of their tensors, which
// have torchvision's names (DistilBERT's for text_encoder); strides and functions are what the papers' tables say.
#include "exporting/backbone_walks.h"
#include "exporting/onnx_parts.h"
#include "exporting/python_text.h"

#include <fmt/format.h>

namespace feedline::inline exporting {
namespace {

using Sizes = OnnxParts::Sizes;

constexpr double kBackboneEpsilon = 1e-5;

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
                                 std::int64_t stride, BackboneFunction function, bool by_channel = false) const {
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
  [[nodiscard]] std::string applied(BackboneFunction function, const std::string& x) const {
    switch (function) {
      case BackboneFunction::Relu:
        return graph_.add("Relu", {x});
      case BackboneFunction::Relu6:
        return graph_.add("Clip", {x, parts_.number(0), parts_.number(6)});
      case BackboneFunction::Silu:
        return parts_.silu(x);
      case BackboneFunction::None:
        break;
    }
    return x;
  }
  /// As torchvision names them in a Sequential: the convolution `path`.0, the norm `path`.1.
  [[nodiscard]] std::string sequential(const std::string& x, const std::string& path, std::int64_t stride,
                                       BackboneFunction function, bool by_channel = false) const {
    return unit(x, path + ".0", path + ".1", stride, function, by_channel);
  }
  [[nodiscard]] std::string sum(const std::string& a, const std::string& b) const { return graph_.add("Add", {a, b}); }

  [[nodiscard]] std::string rectified_sum(const std::string& a, const std::string& b) const {
    return applied(BackboneFunction::Relu, sum(a, b));
  }

  /// The map itself, or the mean of each channel.
  [[nodiscard]] std::string given(const std::string& map, const std::string& output) const {
    if (output == "map") return map;
    return graph_.add("Flatten", {graph_.add("GlobalAveragePool", {map})}, {{"axis", std::int64_t{1}}});
  }
  [[nodiscard]] std::string squeezed(const std::string& x, const std::string& path) const {
    const std::string narrow = unit(graph_.add("GlobalAveragePool", {x}), path + ".fc1", "", 1, BackboneFunction::Silu);
    return graph_.add("Mul", {x, graph_.add("Sigmoid", {unit(narrow, path + ".fc2", "", 1, BackboneFunction::None)})});
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
  const OnnxConvNet net(layer, graph);
  return walk_residual(net, layer.in[0], "", ParamReader(layer.plan.params).integer("stride"));
}

std::string onnx_resnet(const LayerToWrite& layer, OnnxGraph& graph) {
  const OnnxConvNet net(layer, graph);
  return net.given(walk_resnet(net, layer.in[0]), ParamReader(layer.plan.params).text("output"));
}

std::string onnx_mobilenet(const LayerToWrite& layer, OnnxGraph& graph) {
  const OnnxConvNet net(layer, graph);
  return net.given(walk_mobilenet(net, layer.in[0]), ParamReader(layer.plan.params).text("output"));
}

std::string onnx_efficientnet(const LayerToWrite& layer, OnnxGraph& graph) {
  const OnnxConvNet net(layer, graph);
  const auto whole = [](const std::string& y, int) { return y; };  // nothing is dropped outside training
  return net.given(walk_efficientnet(net, layer.in[0], whole), ParamReader(layer.plan.params).text("output"));
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
