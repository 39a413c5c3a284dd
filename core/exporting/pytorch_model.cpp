// SPDX-License-Identifier: GPL-3.0-or-later
#include "exporting/python_text.h"
#include "exporting/pytorch.h"

#include <fmt/format.h>

#include <algorithm>

namespace feedline::inline exporting {
namespace {

/// "self.conv1(image)", or what the layer says itself.
std::string call_of(const WrittenLayer& written, const LayerToWrite& layer) {
  if (!written.call.empty()) return written.call;
  std::string inputs;
  for (const std::string& in : layer.in)
    if (!in.empty()) inputs += (inputs.empty() ? "" : ", ") + in;
  return fmt::format("{}({})", layer.self, inputs);
}

std::string joined_names(const std::vector<std::string>& names) { return fmt::format("{}", fmt::join(names, ", ")); }

}  // namespace

void HelperList::add(const std::vector<std::string>& names) {
  for (const std::string& name : names)
    if (std::find(names_.begin(), names_.end(), name) == names_.end()) names_.push_back(name);
}

std::string HelperList::text() const {
  std::string all;
  for (const std::string& name : names_) {
    all += Writers::instance().find_helper(name);
    all += "\n\n";
  }
  return all;
}

Result<std::string> pytorch_model(const ExportedModel& model) {
  const ModelPlan& network = model.network();
  HelperList helpers;
  std::string modules;
  std::string calls;
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    const LayerPlan& plan = network.layers[i];
    if (plan.spec->role == Role::Loss) continue;
    const auto write = Writers::instance().find_layer(plan.type);
    if (!write) return fail(Error(write.error()).at_node(plan.node));
    LayerToWrite layer{.plan = plan, .self = "self." + model.layer_names[i]};
    layer.in = model.expressions(plan, [&](std::size_t field) { return model.field_names[field]; });
    auto written = (*write)(layer);
    if (!written) return fail(std::move(written.error()).at_node(plan.node));
    helpers.add(written->helpers);
    if (!written->module.empty()) modules += fmt::format("        {} = {}\n", layer.self, written->module);
    calls += fmt::format("        {} = {}\n", model.layer_names[i], call_of(*written, layer));
  }
  std::vector<std::string> inputs;
  for (const std::size_t field : model.inputs) inputs.push_back(model.field_names[field]);
  std::vector<std::string> outputs;
  for (const std::size_t layer : model.outputs) outputs.push_back(model.layer_names[layer]);

  std::string text = fmt::format(
      "\"\"\"The network of {}. Written by Feedline {}.\"\"\"\n"
      "import torch\n"
      "from torch import nn\n"
      "\n\n",
      python_comment(model.title), FEEDLINE_VERSION);
  text += helpers.text();
  text += "class Model(nn.Module):\n";
  text += "    def __init__(self):\n        super().__init__()\n" + modules;
  text += fmt::format("\n    def forward(self, {}):\n", joined_names(inputs));
  text += calls;
  text += fmt::format("        return {}\n", joined_names(outputs));
  text +=
      "\n\n"
      "def trained():\n"
      "    \"\"\"The network with the weights that it was exported with, ready to be asked.\"\"\"\n"
      "    from weights import read_weights\n"
      "\n"
      "    model = Model()\n"
      "    model.load_state_dict(read_weights())\n"
      "    return model.eval()\n";
  if (text.find("torchvision.") != std::string::npos) {
    const std::string_view import = "import torch\n";
    text.insert(text.find(import) + import.size(), "import torchvision\n");
  }
  std::string standard;
  for (const std::string_view name : {"math", "pathlib"})
    if (text.find(std::string(name) + ".") != std::string::npos) standard += fmt::format("import {}\n", name);
  if (!standard.empty()) text.insert(text.find("import torch\n"), standard + "\n");
  return text;
}

}  // namespace feedline::inline exporting
