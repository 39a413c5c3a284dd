// SPDX-License-Identifier: GPL-3.0-or-later
// Linear layers, convolutions, pools, and what changes the shape alone.
#include "exporting/python_text.h"
#include "exporting/writers.h"

#include <fmt/format.h>

namespace feedline::inline exporting {
namespace {

std::int64_t plain_size(const TensorDesc& desc, std::size_t dim) {
  return dim < desc.shape.size() && desc.shape[dim].bounded() ? desc.shape[dim].most() : 0;
}

Result<WrittenLayer> write_linear(const LayerToWrite& layer) {
  const bool bias = ParamReader(layer.plan.params).flag("bias");
  return WrittenLayer{.module = fmt::format("nn.Linear({}, {}{})", plain_size(layer.plan.inputs[0], 1),
                                            plain_size(layer.plan.output, 1), bias ? "" : ", bias=False"),
                      .script = fmt::format("return torch.linear(x, self.weight, {})", bias ? "self.bias" : "None")};
}

Result<WrittenLayer> write_conv2d(const LayerToWrite& layer) {
  const ParamReader params(layer.plan.params);
  const std::int64_t kernel = params.integer("kernel");
  const std::int64_t stride = params.integer("stride");
  const bool same = params.text("padding") == "same";
  const std::int64_t before = same ? (kernel - 1) / 2 : 0;
  const bool even = same && kernel % 2 == 0;
  const bool bias = params.flag("bias");
  WrittenLayer written{.module = fmt::format("nn.Conv2d({}, {}, {}", plain_size(layer.plan.inputs[0], 1),
                                             params.integer("filters"), kernel)};
  if (stride != 1) written.module += fmt::format(", stride={}", stride);
  if (before != 0) written.module += fmt::format(", padding={}", before);
  written.module += bias ? ")" : ", bias=False)";
  // Even kernels have no symmetric padding: the odd pixel stands at the right and bottom.
  if (even) written.call = fmt::format("{}(nn.functional.pad({}, (0, 1, 0, 1)))", layer.self, layer.in[0]);
  if (even) written.script = "x = torch.constant_pad_nd(x, [0, 1, 0, 1], 0.0)\n";
  written.script += fmt::format("return torch.conv2d(x, self.weight, {0}, [{1}, {1}], [{2}, {2}], [1, 1], 1)",
                                bias ? "self.bias" : "None", stride, before);
  return written;
}

Result<WrittenLayer> write_pool(const LayerToWrite& layer) {
  const ParamReader params(layer.plan.params);
  const std::int64_t kernel = params.integer("kernel");
  const std::int64_t stride = params.integer("stride");
  const bool most = layer.plan.type == "max_pool";
  const std::string stride_text = stride == kernel ? "" : fmt::format(", stride={}", stride);
  return WrittenLayer{.module = fmt::format("nn.{}Pool2d({}{})", most ? "Max" : "Avg", kernel, stride_text),
                      .script = fmt::format("return torch.{0}_pool2d(x, [{1}, {1}], [{2}, {2}])", most ? "max" : "avg",
                                            kernel, stride)};
}

Result<WrittenLayer> write_global_average_pool(const LayerToWrite& layer) {
  return WrittenLayer{.call = layer.in[0] + ".mean((2, 3))", .script = "return torch.mean(x, [2, 3])"};
}

Result<WrittenLayer> write_flatten(const LayerToWrite& layer) {
  return WrittenLayer{.call = layer.in[0] + ".flatten(1)", .script = "return torch.flatten(x, 1)"};
}

Result<WrittenLayer> write_add(const LayerToWrite& layer) {
  return WrittenLayer{.call = fmt::format("{} + {}", layer.in[0], layer.in[1]), .script = "return a + b"};
}

Result<WrittenLayer> write_concatenate(const LayerToWrite& layer) {
  std::string wired;
  std::string ports;
  for (std::size_t i = 0; i < layer.in.size(); ++i) {
    if (layer.in[i].empty()) continue;
    wired += (wired.empty() ? "" : ", ") + layer.in[i];
    ports += (ports.empty() ? "" : ", ") + layer.plan.spec->inputs[i].name;
  }
  return WrittenLayer{.call = fmt::format("torch.cat(({}), 1)", wired),
                      .script = fmt::format("return torch.cat([{}], 1)", ports)};
}

void add_plain_layers(Writers& writers) {
  writers.layer("linear", write_linear);
  writers.layer("conv2d", write_conv2d);
  writers.layer("max_pool", write_pool);
  writers.layer("average_pool", write_pool);
  writers.layer("global_average_pool", write_global_average_pool);
  writers.layer("flatten", write_flatten);
  writers.layer("add", write_add);
  writers.layer("concatenate", write_concatenate);
}

}  // namespace
}  // namespace feedline::inline exporting

FEEDLINE_WRITER(add_plain_layers)
