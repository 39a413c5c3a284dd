// SPDX-License-Identifier: GPL-3.0-or-later
#include "exporting/onnx.h"

#include "base/plain_text.h"
#include "exporting/onnx_graph.h"
#include "exporting/preparation.h"
#include "exporting/whole_files.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

namespace feedline::inline exporting {
namespace {

/// A batch of any number of records; other dimensions that differ are called T.
OnnxGraph::ValueInfo onnx_value(std::string name, const TensorDesc& desc, ElementType type) {
  OnnxGraph::ValueInfo info{.name = std::move(name), .type = type};
  for (std::size_t i = 0; i < desc.shape.size(); ++i) {
    info.shape.push_back(i > 0 && desc.shape[i].known() ? desc.shape[i].size() : -1);
    info.dim_names.emplace_back(i == 0 ? "N" : "T");
  }
  return info;
}

/// Whole numbers become 64 bits, which all operators take; others are floats.
ElementType onnx_input_type(DType type) {
  return type == DType::I32 || type == DType::I64 ? ElementType::I64 : ElementType::F32;
}

/// Pixels scaled as the last node of the preprocessing does it, by a convolution of each channel with one number, which
/// every runtime reads.
std::string scaled_pixels(const std::string& input, const ChannelScaling& scaling, OnnxGraph& graph) {
  const auto channels = static_cast<std::int64_t>(scaling.scale.size());
  using Sizes = std::vector<std::int64_t>;
  graph.begin_layer(input + " scaled");
  return graph.add(
      "Conv", {input, graph.constant(scaling.scale, {channels, 1, 1, 1}), graph.constant(scaling.offset, {channels})},
      {{"kernel_shape", Sizes{1, 1}}, {"group", channels}});
}

}  // namespace

Result<std::string> onnx_model(const ExportedModel& model) {
  if (Status fits = check_network(model, "ONNX"); !fits) return fail(std::move(fits.error()));
  const ModelPlan& network = model.network();
  OnnxGraph graph(model.weights);
  std::vector<std::string> fields = model.field_names;
  nlohmann::ordered_json pixels = nlohmann::ordered_json::object();
  for (const std::size_t field : model.inputs) {
    const TensorDesc& batch = model.plan->train.fields[field].batch;
    graph.input(onnx_value(model.field_names[field], batch, onnx_input_type(batch.dtype)));
    const auto scaling = batch.shape.size() == 4 ? last_scaling(model, field) : std::nullopt;
    if (!scaling) continue;
    fields[field] = scaled_pixels(model.field_names[field], *scaling, graph);
    pixels[model.field_names[field]] = {{"scale", scaling->scale}, {"offset", scaling->offset}};
  }
  std::vector<std::string> values(network.layers.size());
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    const LayerPlan& plan = network.layers[i];
    if (plan.spec->role == Role::Loss) continue;
    const auto write = Writers::instance().find_onnx(plan.type);
    if (!write) return fail(Error(write.error()).at_node(plan.node));
    LayerToWrite layer{.plan = plan, .self = model.layer_names[i]};
    for (const LayerPlan::Input& from : plan.from)
      layer.in.push_back(from.layer >= 0   ? values[static_cast<std::size_t>(from.layer)]
                         : from.field >= 0 ? fields[static_cast<std::size_t>(from.field)]
                                           : std::string());
    graph.begin_layer(model.layer_names[i]);
    values[i] = (*write)(layer, graph);
    // What leaves the model is called as its node is.
    if (std::find(model.outputs.begin(), model.outputs.end(), i) == model.outputs.end()) continue;
    graph.rename(values[i], model.layer_names[i]);
    values[i] = model.layer_names[i];
  }
  for (const std::size_t layer : model.outputs)
    graph.output(onnx_value(model.layer_names[layer], network.layers[layer].output, ElementType::F32));
  return graph.file(
      model.title,
      {{"classes", classes_json(model)}, {"preparation", preparation_json(model)}, {"pixels", pixels.dump()}});
}

Status write_onnx(const ExportedModel& model, const std::filesystem::path& file) {
  const auto content = onnx_model(model);
  if (!content) return fail(content.error());
  constexpr std::size_t kMostProtobuf = 0x7FFFFFFF;  // no reader of protocol buffers takes a longer message
  if (content->size() > kMostProtobuf)
    return fail(Error{.reason = "an ONNX file holds at most 2 GiB, and the weights are larger",
                      .remedy = "Export it with --torchscript or --pytorch",
                      .file = escape_name(file.string())});
  return write_whole_file(file, *content);
}

}  // namespace feedline::inline exporting
