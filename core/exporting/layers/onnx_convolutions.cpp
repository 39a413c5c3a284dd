// SPDX-License-Identifier: GPL-3.0-or-later
// Convolutions of other kinds, and what changes the places of numbers, as operators of ONNX.
#include "exporting/onnx_parts.h"
#include "exporting/python_text.h"

namespace feedline::inline exporting {
namespace {

using Sizes = OnnxParts::Sizes;

/// As nodes/model/padded_conv2d.h pads: an odd pixel comes behind.
std::string onnx_padded_conv2d(const LayerToWrite& layer, OnnxGraph& graph) {
  const ParamReader params(layer.plan.params);
  const std::int64_t kernel = params.integer("kernel");
  const std::int64_t stride = params.integer("stride");
  const bool same = params.text("padding") == "same";
  const std::int64_t before = same ? (kernel - 1) / 2 : 0;
  const std::int64_t behind = same ? kernel - 1 - before : 0;
  const bool by_channel = layer.plan.type == "depthwise_conv2d";
  return graph.add("Conv", OnnxParts(layer, graph).weighted_inputs(),
                   {{"kernel_shape", Sizes{kernel, kernel}},
                    {"strides", Sizes{stride, stride}},
                    {"pads", Sizes{before, before, behind, behind}},
                    {"group", by_channel ? layer.plan.inputs[0].shape[1].most() : std::int64_t{1}}});
}

/// What is too much is cut off in front and behind, where PyTorch can cut the same alone.
std::string onnx_transposed(const LayerToWrite& layer, OnnxGraph& graph) {
  const ParamReader params(layer.plan.params);
  const std::int64_t kernel = params.integer("kernel");
  const std::int64_t stride = params.integer("stride");
  const std::int64_t over = params.text("padding") == "same" ? kernel - stride : 0;
  const std::int64_t before = over / 2;
  const std::int64_t behind = over - before;
  return graph.add("ConvTranspose", OnnxParts(layer, graph).weighted_inputs(),
                   {{"kernel_shape", Sizes{kernel, kernel}},
                    {"strides", Sizes{stride, stride}},
                    {"pads", Sizes{before, before, behind, behind}}});
}

std::string onnx_reshape(const LayerToWrite& layer, OnnxGraph& graph) {
  const TensorDesc& out = layer.plan.output;
  Sizes sizes = {0};
  for (std::size_t i = 1; i < out.shape.size(); ++i) sizes.push_back(out.shape[i].most());
  return OnnxParts(layer, graph).reshaped(layer.in[0], sizes);
}

std::string onnx_permute(const LayerToWrite& layer, OnnxGraph& graph) {
  Sizes order = {0};
  for (const double place : ParamReader(layer.plan.params).reals("order"))
    order.push_back(static_cast<std::int64_t>(place));
  return OnnxParts(layer, graph).permuted(layer.in[0], order);
}

std::string onnx_split(const LayerToWrite& layer, OnnxGraph& graph) {
  const std::int64_t width = layer.plan.output.shape[1].most();
  const std::int64_t first = (ParamReader(layer.plan.params).integer("part") - 1) * width;
  return OnnxParts(layer, graph).slice(layer.in[0], 1, first, first + width);
}

/// PyTorch's rules: nearest takes the pixel in front, the others look from pixel centres, cubic with -0.75.
std::string onnx_upsample(const LayerToWrite& layer, OnnxGraph& graph) {
  const ParamReader params(layer.plan.params);
  const std::string method = params.text("method");
  const auto factor = static_cast<float>(params.integer("factor"));
  const bool nearest = method == "nearest";
  std::vector<OnnxGraph::Attribute> attributes = {
      {"mode", std::string(nearest                ? "nearest"
                           : method == "bilinear" ? "linear"
                                                  : "cubic")},
      {"coordinate_transformation_mode", std::string(nearest ? "asymmetric" : "half_pixel")}};
  if (nearest) attributes.push_back({"nearest_mode", std::string("floor")});
  if (method == "bicubic") attributes.push_back({"cubic_coeff_a", -0.75F});
  return graph.add("Resize", {layer.in[0], "", graph.constant(std::vector<float>{1, 1, factor, factor}, {4})},
                   attributes);
}

void add_onnx_convolutions(Writers& writers) {
  writers.onnx("conv2d", onnx_padded_conv2d);
  writers.onnx("depthwise_conv2d", onnx_padded_conv2d);
  writers.onnx("conv_transpose2d", onnx_transposed);
  writers.onnx("reshape", onnx_reshape);
  writers.onnx("permute", onnx_permute);
  writers.onnx("split", onnx_split);
  writers.onnx("upsample", onnx_upsample);
}

}  // namespace
}  // namespace feedline::inline exporting

FEEDLINE_WRITER(add_onnx_convolutions)
