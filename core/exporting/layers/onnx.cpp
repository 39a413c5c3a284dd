// SPDX-License-Identifier: GPL-3.0-or-later
// Layers as operators of ONNX, as they are when the model predicts.
#include "exporting/onnx_graph.h"
#include "exporting/python_text.h"
#include "exporting/writers.h"

#include <fmt/format.h>

namespace feedline::inline exporting {
namespace {

using Sizes = std::vector<std::int64_t>;

std::string tensor_named(const LayerToWrite& layer, OnnxGraph& graph, std::string_view tensor) {
  return graph.weight(fmt::format("{}.{}", layer.self, tensor));
}

std::string onnx_linear(const LayerToWrite& layer, OnnxGraph& graph) {
  std::vector<std::string> in = {layer.in[0], tensor_named(layer, graph, "weight")};
  if (std::string bias = tensor_named(layer, graph, "bias"); !bias.empty()) in.push_back(std::move(bias));
  return graph.add("Gemm", in, {{"transB", std::int64_t{1}}});
}

std::string onnx_conv2d(const LayerToWrite& layer, OnnxGraph& graph) {
  const ParamReader params(layer.plan.params);
  const std::int64_t kernel = params.integer("kernel");
  const std::int64_t stride = params.integer("stride");
  const bool same = params.text("padding") == "same";
  const std::int64_t before = same ? (kernel - 1) / 2 : 0;
  const std::int64_t behind = before + (same && kernel % 2 == 0 ? 1 : 0);
  std::vector<std::string> in = {layer.in[0], tensor_named(layer, graph, "weight")};
  if (std::string bias = tensor_named(layer, graph, "bias"); !bias.empty()) in.push_back(std::move(bias));
  return graph.add("Conv", in,
                   {{"kernel_shape", Sizes{kernel, kernel}},
                    {"strides", Sizes{stride, stride}},
                    {"pads", Sizes{before, before, behind, behind}}});
}

std::string onnx_pool(const LayerToWrite& layer, OnnxGraph& graph) {
  const ParamReader params(layer.plan.params);
  const std::int64_t kernel = params.integer("kernel");
  const std::int64_t stride = params.integer("stride");
  return graph.add(layer.plan.type == "max_pool" ? "MaxPool" : "AveragePool", {layer.in[0]},
                   {{"kernel_shape", Sizes{kernel, kernel}}, {"strides", Sizes{stride, stride}}});
}

std::string onnx_global_pool(const LayerToWrite& layer, OnnxGraph& graph) {
  return graph.add("Flatten", {graph.add("GlobalAveragePool", {layer.in[0]})}, {{"axis", std::int64_t{1}}});
}

std::string onnx_flatten(const LayerToWrite& layer, OnnxGraph& graph) {
  return graph.add("Flatten", {layer.in[0]}, {{"axis", std::int64_t{1}}});
}

std::string onnx_add(const LayerToWrite& layer, OnnxGraph& graph) {
  return graph.add("Add", {layer.in[0], layer.in[1]});
}

std::string onnx_concatenate(const LayerToWrite& layer, OnnxGraph& graph) {
  std::vector<std::string> wired;
  for (const std::string& in : layer.in)
    if (!in.empty()) wired.push_back(in);
  return graph.add("Concat", wired, {{"axis", std::int64_t{1}}});
}

std::string onnx_relu(const LayerToWrite& layer, OnnxGraph& graph) { return graph.add("Relu", {layer.in[0]}); }
std::string onnx_sigmoid(const LayerToWrite& layer, OnnxGraph& graph) { return graph.add("Sigmoid", {layer.in[0]}); }
std::string onnx_tanh(const LayerToWrite& layer, OnnxGraph& graph) { return graph.add("Tanh", {layer.in[0]}); }

std::string onnx_silu(const LayerToWrite& layer, OnnxGraph& graph) {
  return graph.add("Mul", {layer.in[0], graph.add("Sigmoid", {layer.in[0]})});
}

std::string onnx_leaky_relu(const LayerToWrite& layer, OnnxGraph& graph) {
  return graph.add("LeakyRelu", {layer.in[0]},
                   {{"alpha", static_cast<float>(ParamReader(layer.plan.params).real("slope"))}});
}

/// Its operator came with set 20: written out.
std::string onnx_gelu(const LayerToWrite& layer, OnnxGraph& graph) {
  const std::string& x = layer.in[0];
  const std::string half = graph.add("Mul", {x, graph.constant(std::vector<float>{0.5F}, {})});
  const std::string one = graph.constant(std::vector<float>{1.0F}, {});
  if (ParamReader(layer.plan.params).text("approximate") == "tanh") {
    const std::string cubed = graph.add("Mul", {graph.add("Mul", {x, x}), x});
    const std::string inner =
        graph.add("Add", {x, graph.add("Mul", {cubed, graph.constant(std::vector<float>{0.044715F}, {})})});
    const std::string scaled =
        graph.add("Mul", {inner, graph.constant(std::vector<float>{0.7978845608F}, {})});  // sqrt(2 / pi)
    return graph.add("Mul", {half, graph.add("Add", {graph.add("Tanh", {scaled}), one})});
  }
  const std::string scaled = graph.add("Mul", {x, graph.constant(std::vector<float>{0.70710678118F}, {})});
  return graph.add("Mul", {half, graph.add("Add", {graph.add("Erf", {scaled}), one})});
}

std::string onnx_softmax(const LayerToWrite& layer, OnnxGraph& graph) {
  return graph.add("Softmax", {layer.in[0]}, {{"axis", std::int64_t{1}}});
}

std::string onnx_batch_norm(const LayerToWrite& layer, OnnxGraph& graph) {
  return graph.add("BatchNormalization",
                   {layer.in[0], tensor_named(layer, graph, "weight"), tensor_named(layer, graph, "bias"),
                    tensor_named(layer, graph, "running_mean"), tensor_named(layer, graph, "running_var")},
                   {{"epsilon", static_cast<float>(ParamReader(layer.plan.params).real("epsilon"))}});
}

/// (x - mean) / sqrt(variance + epsilon), over the last dimensions.
std::string onnx_centred(const std::string& x, const Sizes& axes, double epsilon, OnnxGraph& graph) {
  const std::string mean = graph.add("ReduceMean", {x}, {{"axes", axes}, {"keepdims", std::int64_t{1}}});
  const std::string centred = graph.add("Sub", {x, mean});
  const std::string variance =
      graph.add("ReduceMean", {graph.add("Mul", {centred, centred})}, {{"axes", axes}, {"keepdims", std::int64_t{1}}});
  const std::string floor = graph.constant(std::vector<float>{static_cast<float>(epsilon)}, {});
  return graph.add("Div", {centred, graph.add("Sqrt", {graph.add("Add", {variance, floor})})});
}

std::string onnx_layer_norm(const LayerToWrite& layer, OnnxGraph& graph) {
  const std::size_t rank = layer.plan.inputs[0].shape.size();
  Sizes axes;
  for (std::size_t i = rank == 3 ? 2 : 1; i < rank; ++i) axes.push_back(static_cast<std::int64_t>(i));
  const std::string normed = onnx_centred(layer.in[0], axes, ParamReader(layer.plan.params).real("epsilon"), graph);
  const std::string scaled = graph.add("Mul", {normed, tensor_named(layer, graph, "weight")});
  return graph.add("Add", {scaled, tensor_named(layer, graph, "bias")});
}

std::string onnx_group_norm(const LayerToWrite& layer, OnnxGraph& graph) {
  const ParamReader params(layer.plan.params);
  const TensorDesc& in = layer.plan.inputs[0];
  const std::int64_t channels = in.shape[1].most();
  const std::string grouped =
      graph.add("Reshape", {layer.in[0], graph.constant(Sizes{0, params.integer("groups"), -1})});
  const std::string normed = onnx_centred(grouped, {2}, params.real("epsilon"), graph);
  Sizes whole = {0};
  Sizes channel = {1, channels};
  for (std::size_t i = 1; i < in.shape.size(); ++i) whole.push_back(in.shape[i].most());
  for (std::size_t i = 2; i < in.shape.size(); ++i) channel.push_back(1);
  const std::string back = graph.add("Reshape", {normed, graph.constant(whole)});
  const auto of_channel = [&](std::string_view tensor) {
    return graph.add("Reshape", {tensor_named(layer, graph, tensor), graph.constant(channel)});
  };
  return graph.add("Add", {graph.add("Mul", {back, of_channel("weight")}), of_channel("bias")});
}

/// What does nothing when the model predicts.
std::string onnx_nothing(const LayerToWrite& layer, OnnxGraph& graph) { return graph.add("Identity", {layer.in[0]}); }

std::string onnx_embedding(const LayerToWrite& layer, OnnxGraph& graph) {
  return graph.add("Gather", {tensor_named(layer, graph, "weight"), layer.in[0]}, {{"axis", std::int64_t{0}}});
}

/// N×T×1 of floats: 1 where a record has a token.
std::string onnx_mask(const std::string& tokens, OnnxGraph& graph) {
  const std::string filled = graph.add("Equal", {tokens, graph.constant(Sizes{0})});
  const std::string mask = graph.add("Cast", {graph.add("Not", {filled})}, {{"to", std::int64_t{1}}});
  return graph.add("Unsqueeze", {mask, graph.constant(Sizes{2})});
}

/// Over the places of N×T×F that count: their sum, mean or maximum, zeros where there are none.
std::string onnx_pooled(const std::string& x, const std::string& mask, const std::string& pooling, OnnxGraph& graph) {
  const auto sum = [&](const std::string& of) {
    return graph.add("ReduceSum", {of, graph.constant(Sizes{1})}, {{"keepdims", std::int64_t{0}}});
  };
  const std::string one = graph.constant(std::vector<float>{1.0F}, {});
  if (pooling == "max") {
    const std::string below = graph.constant(std::vector<float>{-1e30F}, {});
    const std::string hidden = graph.add("Mul", {graph.add("Sub", {one, mask}), below});
    const std::string most = graph.add("ReduceMax", {graph.add("Add", {graph.add("Mul", {x, mask}), hidden})},
                                       {{"axes", Sizes{1}}, {"keepdims", std::int64_t{0}}});
    const std::string any = graph.add("ReduceMax", {mask}, {{"axes", Sizes{1}}, {"keepdims", std::int64_t{0}}});
    return graph.add("Mul", {most, any});
  }
  const std::string all = sum(graph.add("Mul", {x, mask}));
  return pooling == "sum" ? all : graph.add("Div", {all, graph.add("Max", {sum(mask), one})});
}

std::string onnx_embedding_bag(const LayerToWrite& layer, OnnxGraph& graph) {
  const std::string mask = onnx_mask(layer.in[0], graph);
  return onnx_pooled(onnx_embedding(layer, graph), mask, ParamReader(layer.plan.params).text("pooling"), graph);
}

std::string onnx_sequence_pool(const LayerToWrite& layer, OnnxGraph& graph) {
  const std::string pooling = ParamReader(layer.plan.params).text("pooling");
  if (layer.in.size() > 1 && !layer.in[1].empty())
    return onnx_pooled(layer.in[0], onnx_mask(layer.in[1], graph), pooling, graph);
  return graph.add(pooling == "mean" ? "ReduceMean" : "ReduceMax", {layer.in[0]},
                   {{"axes", Sizes{1}}, {"keepdims", std::int64_t{0}}});
}

void add_onnx_layers(Writers& writers) {
  writers.onnx("linear", onnx_linear);
  writers.onnx("conv2d", onnx_conv2d);
  writers.onnx("max_pool", onnx_pool);
  writers.onnx("average_pool", onnx_pool);
  writers.onnx("global_average_pool", onnx_global_pool);
  writers.onnx("flatten", onnx_flatten);
  writers.onnx("add", onnx_add);
  writers.onnx("concatenate", onnx_concatenate);
  writers.onnx("relu", onnx_relu);
  writers.onnx("sigmoid", onnx_sigmoid);
  writers.onnx("tanh", onnx_tanh);
  writers.onnx("silu", onnx_silu);
  writers.onnx("leaky_relu", onnx_leaky_relu);
  writers.onnx("gelu", onnx_gelu);
  writers.onnx("softmax", onnx_softmax);
  writers.onnx("batch_norm", onnx_batch_norm);
  writers.onnx("layer_norm", onnx_layer_norm);
  writers.onnx("group_norm", onnx_group_norm);
  for (const char* type : {"dropout", "spatial_dropout", "stochastic_depth", "mixup", "cutmix"})
    writers.onnx(type, onnx_nothing);
  writers.onnx("embedding", onnx_embedding);
  writers.onnx("embedding_bag", onnx_embedding_bag);
  writers.onnx("sequence_pool", onnx_sequence_pool);
}

}  // namespace
}  // namespace feedline::inline exporting

FEEDLINE_WRITER(add_onnx_layers)
