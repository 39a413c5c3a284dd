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

/// The body of the model: what it is made of, and what forward() calls.
struct ModelLines {
  std::string modules{};
  std::string calls{};
};

Result<ModelLines> network_lines(const ExportedModel& model, HelperList& helpers) {
  const ModelPlan& network = model.network();
  ModelLines lines;
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
    if (!written->module.empty()) lines.modules += fmt::format("        {} = {}\n", layer.self, written->module);
    lines.calls += fmt::format("        {} = {}\n", model.layer_names[i], call_of(*written, layer));
  }
  return lines;
}

Result<ModelLines> estimator_lines(const ExportedModel& model, HelperList& helpers) {
  const auto written = written_estimator(model);
  if (!written) return fail(written.error());
  helpers.add(written->helpers);
  const std::string& name = model.layer_names.front();
  std::string inputs;
  for (const std::size_t field : model.inputs) inputs += (inputs.empty() ? "" : ", ") + model.field_names[field];
  return ModelLines{.modules = fmt::format("        self.{} = {}\n", name, written->module),
                    .calls = fmt::format("        {0} = self.{0}({1})\n", name, inputs)};
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

Result<WrittenEstimator> written_estimator(const ExportedModel& model) {
  const EstimatorPlan& plan = *model.estimator();
  const auto write = Writers::instance().find_estimator(plan.type);
  if (!write) return fail(Error(write.error()).at_node(plan.node));
  auto written = (*write)({.plan = plan});
  if (!written) return fail(std::move(written.error()).at_node(plan.node));
  return written;
}

Result<std::string> pytorch_model(const ExportedModel& model) {
  HelperList helpers;
  auto lines = model.estimator() != nullptr ? estimator_lines(model, helpers) : network_lines(model, helpers);
  if (!lines) return fail(std::move(lines.error()));
  std::vector<std::string> inputs;
  for (const std::size_t field : model.inputs) inputs.push_back(model.field_names[field]);
  std::vector<std::string> outputs;
  for (const std::size_t layer : model.outputs) outputs.push_back(model.layer_names[layer]);

  std::string text = fmt::format(
      "\"\"\"The {} of {}. Written by Feedline {}.\"\"\"\n"
      "import torch\n"
      "from torch import nn\n"
      "\n\n",
      model.estimator() != nullptr ? "model" : "network", python_comment(model.title), FEEDLINE_VERSION);
  text += helpers.text();
  text += "class Model(nn.Module):\n";
  text += "    def __init__(self):\n        super().__init__()\n" + lines->modules;
  text += fmt::format("\n    def forward(self, {}):\n", joined_names(inputs));
  text += lines->calls;
  text += fmt::format("        return {}\n", joined_names(outputs));
  text +=
      "\n\n"
      "def trained():\n"
      "    \"\"\"The model with what it was exported with, ready to be asked.\"\"\"\n"
      "    from weights import read_weights\n"
      "\n"
      "    model = Model()\n"
      "    model.load_state_dict(read_weights())\n"
      "    return model.eval()\n";
  if (text.find("torchvision.") != std::string::npos) {
    const std::string_view import = "import torch\n";
    text.insert(text.find(import) + import.size(), "import torchvision\n");
  }
  std::string others;
  for (const std::string_view name : {"math", "pathlib"})
    if (text.find(std::string(name) + ".") != std::string::npos) others += fmt::format("import {}\n", name);
  if (!others.empty()) others += "\n";
  if (text.find("(np.") != std::string::npos) others += "import numpy as np\n";
  text.insert(text.find("import torch\n"), others);
  return text;
}

}  // namespace feedline::inline exporting
