// SPDX-License-Identifier: GPL-3.0-or-later
// Layers as operators of ONNX, as they are when the model predicts.
#include "exporting/onnx_parts.h"
#include "exporting/python_text.h"
#include "exporting/writers.h"

#include <fmt/format.h>

namespace feedline::inline exporting {
namespace {

using Sizes = std::vector<std::int64_t>;

std::string onnx_linear(const LayerToWrite& layer, OnnxGraph& graph) {
  return graph.add("Gemm", OnnxParts(layer, graph).weighted_inputs(), {{"transB", std::int64_t{1}}});
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

std::string onnx_silu(const LayerToWrite& layer, OnnxGraph& graph) { return OnnxParts(layer, graph).silu(layer.in[0]); }

std::string onnx_leaky_relu(const LayerToWrite& layer, OnnxGraph& graph) {
  return graph.add("LeakyRelu", {layer.in[0]},
                   {{"alpha", static_cast<float>(ParamReader(layer.plan.params).real("slope"))}});
}

std::string onnx_scale_output(const LayerToWrite& layer, OnnxGraph& graph) {
  const auto number = [&](const char* name) {
    return graph.constant(std::vector<float>{static_cast<float>(ParamReader(layer.plan.params).real(name))}, {});
  };
  return graph.add("Add", {graph.add("Mul", {layer.in[0], number("deviation")}), number("mean")});
}

std::string onnx_gelu(const LayerToWrite& layer, OnnxGraph& graph) {
  return OnnxParts(layer, graph).gelu(layer.in[0], ParamReader(layer.plan.params).text("approximate") == "tanh");
}

std::string onnx_softmax(const LayerToWrite& layer, OnnxGraph& graph) {
  return graph.add("Softmax", {layer.in[0]}, {{"axis", std::int64_t{1}}});
}

std::string onnx_batch_norm(const LayerToWrite& layer, OnnxGraph& graph) {
  return OnnxParts(layer, graph).batch_norm(layer.in[0], "", ParamReader(layer.plan.params).real("epsilon"));
}

std::string onnx_layer_norm(const LayerToWrite& layer, OnnxGraph& graph) {
  const std::size_t rank = layer.plan.inputs[0].shape.size();
  Sizes axes;
  for (std::size_t i = rank == 3 ? 2 : 1; i < rank; ++i) axes.push_back(static_cast<std::int64_t>(i));
  const std::string normed =
      OnnxParts(layer, graph).centred(layer.in[0], axes, ParamReader(layer.plan.params).real("epsilon"));
  const std::string scaled = graph.add("Mul", {normed, OnnxParts(layer, graph).tensor("weight")});
  return graph.add("Add", {scaled, OnnxParts(layer, graph).tensor("bias")});
}

std::string onnx_group_norm(const LayerToWrite& layer, OnnxGraph& graph) {
  const ParamReader params(layer.plan.params);
  const TensorDesc& in = layer.plan.inputs[0];
  const std::int64_t channels = in.shape[1].most();
  const std::string grouped =
      graph.add("Reshape", {layer.in[0], graph.constant(Sizes{0, params.integer("groups"), -1})});
  const std::string normed = OnnxParts(layer, graph).centred(grouped, {2}, params.real("epsilon"));
  Sizes whole = {0};
  Sizes channel = {1, channels};
  for (std::size_t i = 1; i < in.shape.size(); ++i) whole.push_back(in.shape[i].most());
  for (std::size_t i = 2; i < in.shape.size(); ++i) channel.push_back(1);
  const std::string back = graph.add("Reshape", {normed, graph.constant(whole)});
  const auto of_channel = [&](std::string_view tensor) {
    return graph.add("Reshape", {OnnxParts(layer, graph).tensor(tensor), graph.constant(channel)});
  };
  return graph.add("Add", {graph.add("Mul", {back, of_channel("weight")}), of_channel("bias")});
}

/// What does nothing when the model predicts.
std::string onnx_nothing(const LayerToWrite& layer, OnnxGraph& graph) { return graph.add("Identity", {layer.in[0]}); }

void add_onnx_layers(Writers& writers) {
  writers.onnx("linear", onnx_linear);
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
  writers.onnx("scale_output", onnx_scale_output);
  writers.onnx("gelu", onnx_gelu);
  writers.onnx("softmax", onnx_softmax);
  writers.onnx("batch_norm", onnx_batch_norm);
  writers.onnx("layer_norm", onnx_layer_norm);
  writers.onnx("group_norm", onnx_group_norm);
  for (const char* type : {"dropout", "spatial_dropout", "stochastic_depth", "mixup", "cutmix"})
    writers.onnx(type, onnx_nothing);
}

}  // namespace
}  // namespace feedline::inline exporting

FEEDLINE_WRITER(add_onnx_layers)
