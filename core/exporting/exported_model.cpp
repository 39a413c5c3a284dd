// SPDX-License-Identifier: GPL-3.0-or-later
#include "exporting/exported_model.h"

#include "exporting/python_text.h"
#include "training/inference/checkpoint_plan.h"
#include "training/resume.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

namespace feedline::inline exporting {
namespace {

/// Names and shapes of all values on the way of a record.
class DataReader {
 public:
  DataReader(const Document& flat, const DataPlan& data)
      : flat_(flat), data_(data), descs_(data.slots), variables_(data.slots) {
    names_.avoid(Writers::instance().defined_names());
  }

  Result<ExportedData> read() {
    if (Status source = read_source(); !source) return fail(std::move(source.error()));
    for (const PlanStep& step : data_.steps)
      if (Status read = read_step(step); !read) return fail(std::move(read.error()).at_node(step.node));
    for (const BatchField& field : data_.fields)
      found_.fields.push_back({field.name, variables_[field.slot], field.record, field.capacity > 0});
    return std::move(found_);
  }

 private:
  [[nodiscard]] const Node* node(const std::string& id) const {
    for (const Node& one : flat_.nodes())
      if (one.id == id) return &one;
    return nullptr;
  }

  Status read_source() {
    const Node* source = node(data_.source_node);
    const NodeSpec* type = Registry::instance().find(data_.source_type);
    if (source == nullptr || type == nullptr) return fail("the checkpoint's graph has no source");
    const NodeSpec spec = type->for_params(source->params);
    found_.source_node = data_.source_node;
    found_.source_type = data_.source_type;
    found_.source_params = spec.complete(source->params);
    found_.ports = spec.outputs;
    found_.records = data_.source->outputs();
    for (std::size_t i = 0; i < data_.source_outputs.size(); ++i) {
      const auto& slot = data_.source_outputs[i];
      found_.variables.push_back(slot ? names_.give(spec.outputs[i].name) : std::string());
      if (!slot) continue;
      variables_[*slot] = found_.variables.back();
      descs_[*slot] = found_.records[i];
    }
    return {};
  }

  Status read_step(const PlanStep& step) {
    const Node* drawn = node(step.node);
    const NodeSpec* type = Registry::instance().find(step.type);
    if (drawn == nullptr || type == nullptr) return fail("its node is not in the graph");
    specs_.push_back(std::make_unique<NodeSpec>(type->for_params(drawn->params)));
    const NodeSpec& spec = *specs_.back();
    StepToWrite written{
        .spec = spec, .params = spec.complete(drawn->params), .name = names_.give(step.node), .node = step.node};
    for (const auto& slot : step.inputs) {
      written.inputs.push_back(slot && descs_[*slot] ? &*descs_[*slot] : nullptr);
      written.in.push_back(slot ? variables_[*slot] : std::string());
    }
    if (step.fitted != nullptr) {
      kept_.push_back(step.fitted->learnt);
      written.learnt = step.fitted->learnt.get();
    }
    const bool by_learnt = written.learnt != nullptr && spec.learnt;
    auto outputs = by_learnt ? spec.learnt(written.params, written.inputs, *written.learnt)
                             : spec.infer(written.params, written.inputs);
    if (!outputs) return fail(std::move(outputs.error()));
    written.outputs = std::move(*outputs);
    for (std::size_t i = 0; i < step.outputs.size() && i < written.outputs.size(); ++i) {
      const std::string name =
          step.outputs.size() == 1 ? written.name : names_.give(step.node + " " + spec.outputs[i].name);
      written.out.push_back(name);
      variables_[step.outputs[i]] = name;
      descs_[step.outputs[i]] = written.outputs[i];
    }
    found_.steps.push_back(std::move(written));
    return {};
  }

 public:
  /// What the steps point to.
  struct Kept {
    std::vector<std::unique_ptr<NodeSpec>> specs{};
    std::vector<std::optional<TensorDesc>> descs{};
    std::vector<std::shared_ptr<const NamedTensors>> learnt{};
  };
  [[nodiscard]] std::shared_ptr<const Kept> kept() {
    return std::make_shared<Kept>(Kept{std::move(specs_), std::move(descs_), std::move(kept_)});
  }

 private:
  const Document& flat_;
  const DataPlan& data_;
  ExportedData found_{};
  PythonNames names_{};
  std::vector<std::unique_ptr<NodeSpec>> specs_{};
  std::vector<std::shared_ptr<const NamedTensors>> kept_{};
  std::vector<std::optional<TensorDesc>> descs_;  ///< never grows: steps point into it
  std::vector<std::string> variables_;
};

Result<ExportedData> exported_data(const Document& flat, const DataPlan& plan) {
  DataReader reader(flat, plan);
  auto data = reader.read();
  if (data) data->kept = reader.kept();
  return data;
}

/// The settings of the trainer and of the training batch.
void read_settings(ExportedModel& model) {
  for (const Node& node : model.flat.nodes()) {
    const NodeSpec* spec = Registry::instance().find(node.type);
    if (spec == nullptr) continue;
    if (node.id == model.plan->trainer_node && spec->trainer)
      model.trainer = spec->trainer(spec->complete(node.params));
    if (node.id == model.plan->train.batch_node && spec->batch) model.batch = spec->batch(spec->complete(node.params));
  }
}

/// Layers whose values losses compare with targets, each once.
Result<std::vector<std::size_t>> compared_layers(const ModelPlan& network) {
  std::vector<std::size_t> all;
  const auto look_at = [&](const LayerPlan& loss) -> Status {
    const int port = loss.spec->target == TargetKind::None ? -1 : loss.spec->input("prediction");
    if (port < 0) return {};
    const int layer = loss.from[static_cast<std::size_t>(port)].layer;
    if (layer < 0)
      return fail(
          Error{.reason = "it compares the data themselves, so that no layer gives a prediction", .node = loss.node});
    const auto index = static_cast<std::size_t>(layer);
    if (std::find(all.begin(), all.end(), index) == all.end()) all.push_back(index);
    return {};
  };
  for (const LayerPlan& layer : network.layers)
    if (Status seen = look_at(layer); !seen) return fail(std::move(seen.error()));
  if (Status seen = look_at(network.loss); !seen) return fail(std::move(seen.error()));
  if (all.empty()) all.push_back(network.layers.size() - 1);
  return all;
}

}  // namespace

Result<ExportedModel> exported_model(const TrainingState& state) {
  auto found = plan_of(state);
  if (!found) return fail(std::move(found.error()));
  ExportedModel model{.drawn = std::move(found->drawn), .flat = std::move(found->flat), .plan = std::move(found->plan)};
  model.title = model.drawn.title().empty() ? std::string("Model") : model.drawn.title();
  model.class_names = class_names_of(state);
  model.position = state.position;
  read_settings(model);

  auto train = exported_data(model.flat, model.plan->train);
  if (!train) return fail(std::move(train.error()));
  model.train = std::move(*train);
  if (model.plan->validation) {
    auto validation = exported_data(model.flat, *model.plan->validation);
    if (!validation) return fail(std::move(validation.error()));
    model.validation = std::move(*validation);
  }

  PythonNames names;
  for (const BatchField& field : model.plan->train.fields) model.field_names.push_back(names.give(field.name));
  std::map<std::string, std::string, std::less<>> by_key;
  if (const EstimatorPlan* estimator = model.estimator()) {
    model.layer_names.push_back(names.give(estimator->node));
    model.outputs.push_back(0);
    by_key.emplace(estimator->key, model.layer_names.back());
    for (std::size_t i = 0; i < estimator->fields.size(); ++i)
      if (i != estimator->target && estimator->fields[i]) model.inputs.push_back(*estimator->fields[i]);
  } else {
    auto outputs = compared_layers(model.network());
    if (!outputs) return fail(std::move(outputs.error()));
    model.outputs = std::move(*outputs);
    for (const LayerPlan& layer : model.network().layers) {
      model.layer_names.push_back(names.give(layer.node));
      by_key.emplace(layer.key, model.layer_names.back());
      if (layer.spec->role == Role::Loss) continue;
      for (const LayerPlan::Input& from : layer.from)
        if (from.field >= 0) model.inputs.push_back(static_cast<std::size_t>(from.field));
    }
  }
  std::sort(model.inputs.begin(), model.inputs.end());
  model.inputs.erase(std::unique(model.inputs.begin(), model.inputs.end()), model.inputs.end());
  for (const NamedTensors* tensors : {&state.parameters, &state.buffers})
    for (const auto& [name, value] : *tensors) {
      const auto [key, tensor] = split_tensor_name(name);
      const auto layer = by_key.find(key);
      if (layer == by_key.end())
        return fail(Error{.reason = fmt::format("its tensor '{}' belongs to no layer of its graph", name),
                          .remedy = "Choose another checkpoint"});
      model.weights.emplace(fmt::format("{}.{}", layer->second, tensor), value);
    }
  return model;
}

Status check_network(const ExportedModel& model, std::string_view format) {
  if (model.estimator() == nullptr) return {};
  return fail(Error{
      .reason = fmt::format("a {} node cannot be written as {}, which holds networks", model.estimator()->type, format),
      .remedy = "Export it with --pytorch",
      .node = model.estimator()->node});
}

}  // namespace feedline::inline exporting
