// SPDX-License-Identifier: GPL-3.0-or-later
#include "exporting/torchscript.h"

#include "exporting/preparation.h"
#include "graph/json.h"

#include <fmt/format.h>

#include <algorithm>

namespace feedline::inline exporting {
namespace {

std::string indented_script(std::string_view body) {
  std::string all = "    ";
  for (const char c : body) {
    all += c;
    if (c == '\n') all += "    ";
  }
  return all + "\n";
}

/// "    y = self.y.forward(x)": `in` are expressions, empty ones left out.
std::string script_call(const std::string& layer, const std::vector<std::string>& in) {
  std::string given;
  for (const std::string& one : in)
    if (!one.empty()) given += (given.empty() ? "" : ", ") + one;
  return fmt::format("    {0} = self.{0}.forward({1})\n", layer, given);
}

/// A layer with its tensors, whose dots become underscores.
ScriptedModule scripted_layer(const ExportedModel& model, const LayerPlan& plan, const std::string& name,
                              const WrittenLayer& written) {
  ScriptedModule layer{.name = name, .functions = written.pre_script};
  std::string ports;
  for (std::size_t i = 0; i < plan.from.size(); ++i)
    if (plan.from[i].layer >= 0 || plan.from[i].field >= 0) ports += ", " + plan.spec->inputs[i].name;
  layer.functions.push_back(fmt::format("def forward(self{}):\n{}", ports, indented_script(written.script)));
  const std::string prefix = name + ".";
  for (auto it = model.weights.lower_bound(prefix); it != model.weights.end() && it->first.starts_with(prefix); ++it) {
    std::string tensor = it->first.substr(prefix.size());
    std::replace(tensor.begin(), tensor.end(), '.', '_');
    const bool counted = it->second.type != ElementType::F32 || ("_" + tensor).find("_running_") != std::string::npos;
    layer.tensors.push_back({.name = std::move(tensor), .value = &it->second, .learns = !counted});
  }
  return layer;
}

}  // namespace

Result<ScriptedModule> scripted_model(const ExportedModel& model) {
  if (Status fits = check_network(model, "TorchScript"); !fits) return fail(std::move(fits.error()));
  const ModelPlan& network = model.network();
  ScriptedModule whole{.name = "Model"};
  std::string inputs;
  for (const std::size_t field : model.inputs) inputs += ", " + model.field_names[field];
  std::string calls;
  for (std::size_t i = 0; i < network.layers.size(); ++i) {
    const LayerPlan& plan = network.layers[i];
    if (plan.spec->role == Role::Loss) continue;
    std::vector<std::string> in = model.expressions(plan, [&](std::size_t field) { return model.field_names[field]; });
    calls += script_call(model.layer_names[i], in);
    if (is_program(plan)) {
      auto program = trained_program(plan, model.weights, model.layer_names[i] + ".");
      if (!program) return fail(std::move(program.error()));
      whole.children.push_back({.name = model.layer_names[i], .archive = std::move(program->archive)});
      continue;
    }
    const auto write = Writers::instance().find_layer(plan.type);
    if (!write) return fail(Error(write.error()).at_node(plan.node));
    const LayerToWrite layer{
        .plan = plan, .self = "self." + model.layer_names[i], .in = std::move(in), .weights = &model.weights};
    const auto written = (*write)(layer);
    if (!written) return fail(Error(written.error()).at_node(plan.node));
    if (written->script.empty())
      return fail(Error{.reason = fmt::format("a {} node cannot be written as TorchScript", plan.type),
                        .remedy = "Export it with --pytorch",
                        .node = plan.node});
    whole.children.push_back(scripted_layer(model, plan, model.layer_names[i], *written));
  }
  std::string outputs;
  for (const std::size_t layer : model.outputs) outputs += (outputs.empty() ? "" : ", ") + model.layer_names[layer];
  whole.functions.push_back(fmt::format("def forward(self{}):\n{}    return {}\n", inputs, calls, outputs));
  return whole;
}

Status write_torchscript(const ExportedModel& model, const std::filesystem::path& file) {
  auto scripted = scripted_model(model);
  if (!scripted) return fail(std::move(scripted.error()));
  return save_torchscript(*scripted,
                          {{"classes.json", classes_json(model)},
                           {"preparation.json", preparation_json(model)},
                           {"graph.feedline", to_json(model.drawn)}},
                          file);
}

}  // namespace feedline::inline exporting
