// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/resume.h"

#include "graph/json.h"
#include "graph/subgraph.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace feedline::inline training {
namespace {

/// Of the trainer: what may be another one when a run goes on. Most change no byte of the result; how many replicas
/// there are, and how they compute, changes its last digits.
constexpr std::array<std::string_view, 17> kFreeParameters = {
    "epochs",           "workers",       "prefetch",         "staged",       "device",      "replicas",
    "intra_op_threads", "channels_last", "max_bad_fraction", "slow_seconds", "slow_factor", "on_slow",
    "stages",           "micro_batches", "schedule",         "bucket_mib",
    "recompute"};

const std::string* text_of(const TrainingState& state, std::string_view key) {
  const auto found = state.texts.find(key);
  return found == state.texts.end() ? nullptr : &found->second;
}

DType dtype_of(const nlohmann::json& number) {
  return static_cast<DType>(std::min<std::size_t>(number.get<std::size_t>(), kDTypes - 1));
}

tl::unexpected<Error> incomplete(std::string_view what) {
  return fail(Error{.reason = fmt::format("the checkpoint does not say {}", what),
                    .remedy = "Use one that 'feedline-cli run' has written"});
}

Result<std::shared_ptr<const PipelinePast>> past_of(const TrainingState& state, std::string_view key) {
  const std::string* text = text_of(state, key);
  if (text == nullptr) return std::make_shared<const PipelinePast>();
  auto past = pipeline_past_of(*text);
  if (!past) return fail(std::move(past.error()));
  return std::make_shared<const PipelinePast>(std::move(*past));
}

}  // namespace

Result<Document> graph_of(const TrainingState& state) {
  const std::string* text = text_of(state, kGraphText);
  if (text == nullptr) return incomplete("of which graph it is");
  auto loaded = from_json(*text);
  if (!loaded) return fail(std::move(loaded.error()));
  return std::move(loaded->document);
}

std::vector<std::string> class_names_of(const TrainingState& state) {
  const std::string* text = text_of(state, kClassesText);
  const auto json = text == nullptr ? nlohmann::json() : nlohmann::json::parse(*text, nullptr, false);
  std::vector<std::string> names;
  if (json.is_array())
    for (const auto& name : json) names.push_back(name.is_string() ? name.get<std::string>() : std::string());
  return names;
}

std::vector<double> class_weights_of(const TrainingState& state) {
  const std::string* text = text_of(state, kClassWeightsText);
  const auto json = text == nullptr ? nlohmann::json() : nlohmann::json::parse(*text, nullptr, false);
  std::vector<double> weights;
  if (!json.is_array()) return weights;
  for (const auto& weight : json) {
    const double value = weight.is_number() ? weight.get<double>() : 0;
    if (!(value > 0 && std::isfinite(value))) return {};
    weights.push_back(value);
  }
  return weights;
}

GraphChanges changes_of_result(const Document& before, const Document& now) {
  GraphChanges changes = compare_graphs(before, now);
  const std::string trainer = find_role(now, Role::Trainer) + ".";
  std::erase_if(changes.parameters, [&](const GraphChanges::Parameter& parameter) {
    if (!parameter.name.starts_with(trainer)) return false;
    const std::string_view name = std::string_view(parameter.name).substr(trainer.size());
    return std::find(kFreeParameters.begin(), kFreeParameters.end(), name) != kFreeParameters.end();
  });
  return changes;
}

Status check_same_graph(const Document& now, const TrainingState& state) {
  auto before = graph_of(state);
  if (!before) return fail(std::move(before.error()));
  const GraphChanges changes = changes_of_result(*before, now);
  if (changes.none()) return {};
  return fail(Error{.reason = "the graph is no longer that of the checkpoint: " + sentence_of(changes),
                    .remedy = "Undo the change, or begin anew with the weights alone: --init-from CHECKPOINT"});
}

Result<ResumePoint> resume_point_of(const TrainingState& state, const Plan& plan, std::uint32_t epochs) {
  const std::string* text = text_of(state, kProgressText);
  if (text == nullptr) return incomplete("how far its run was");
  auto progress = run_progress_of(*text);
  if (!progress) return fail(std::move(progress.error()));
  if (progress->records != plan.train.sampler.count)
    return fail(Error{.reason = fmt::format("the checkpoint was written with {} training records, and there are {} now",
                                            progress->records, plan.train.sampler.count),
                      .remedy = "Use the same data, or begin anew with the weights alone: --init-from CHECKPOINT",
                      .node = plan.train.source_node});
  if (epochs > 0 && state.position.epoch > epochs)
    return fail(
        Error{.reason = fmt::format("the checkpoint is of epoch {}, and the run has {}", state.position.epoch, epochs),
              .remedy = "Give more epochs",
              .node = plan.trainer_node,
              .parameter = "epochs"});
  auto train = past_of(state, kTrainText);
  if (!train) return fail(std::move(train.error()));
  auto validation = past_of(state, kValidationText);
  if (!validation) return fail(std::move(validation.error()));
  return ResumePoint{.position = state.position,
                     .progress = std::move(*progress),
                     .train = std::move(*train),
                     .validation = std::move(*validation)};
}

std::vector<TensorDesc> source_outputs_of(const TrainingState& state) {
  const std::string* text = text_of(state, kSourceText);
  std::vector<TensorDesc> outputs;
  if (text == nullptr) return outputs;
  try {
    const auto json = nlohmann::json::parse(*text);
    for (const auto& output : json) {
      TensorDesc& desc = outputs.emplace_back();
      desc.dtype = dtype_of(output.at("dtype"));
      desc.layout = static_cast<Layout>(std::min(output.at("layout").get<int>(), static_cast<int>(Layout::CHW)));
      for (const auto& size : output.at("shape"))
        desc.shape.push_back(size.get<std::int64_t>() < 0 ? Dim::symbol("size") : Dim(size.get<std::int64_t>()));
      desc.classes = output.at("classes").get<std::int64_t>();
      for (const auto& column : output.value("columns", nlohmann::json::array()))
        desc.columns.push_back({.name = column.at("name").get<std::string>(),
                                .dtype = dtype_of(column.at("dtype")),
                                .missing = column.at("missing").get<bool>(),
                                .type = column.at("text").get<bool>() ? ColumnType::Text : ColumnType::Number});
    }
  } catch (const nlohmann::json::exception&) {
    outputs.clear();
  }
  return outputs;
}

void add_texts(TrainingState& state, const Plan& plan, const RunProgress& progress, const PipelinePast& train,
               const PipelinePast* validation) {
  const auto put = [&state](std::string_view key, std::string text) {
    state.texts.insert_or_assign(std::string(key), std::move(text));
  };
  put(kGraphText, plan.document);
  put(kClassesText, nlohmann::json(plan.class_names()).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  if (const ModelPlan* network = plan.network(); network != nullptr && !network->class_weights.empty())
    put(kClassWeightsText, nlohmann::json(network->class_weights).dump());
  nlohmann::json outputs = nlohmann::json::array();
  for (const TensorDesc& output : plan.train.source->outputs()) {
    nlohmann::json shape = nlohmann::json::array();
    for (const Dim& dim : output.shape) shape.push_back(dim.known() ? dim.size() : -1);
    nlohmann::json& kept = outputs.emplace_back();
    kept = {{"dtype", static_cast<int>(output.dtype)},
            {"layout", static_cast<int>(output.layout)},
            {"shape", std::move(shape)},
            {"classes", output.classes.known() ? output.classes.size() : 0}};
    for (const Column& column : output.columns)
      kept["columns"].push_back({{"name", column.name},
                                 {"dtype", static_cast<int>(column.dtype)},
                                 {"missing", column.missing},
                                 {"text", column.type == ColumnType::Text}});
  }
  put(kSourceText, outputs.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  put(kProgressText, to_text(progress));
  put(kTrainText, to_text(train));
  if (validation != nullptr) put(kValidationText, to_text(*validation));
}

}  // namespace feedline::inline training
