// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/report.h"

#include "base/csv.h"
#include "base/results_json.h"
#include "telemetry/memory_cost.h"
#include "telemetry/rank_times.h"
#include "training/residual_json.h"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace feedline::inline training {
namespace {

using Json = nlohmann::ordered_json;

const char* end_name(RunResult::End end) {
  switch (end) {
    case RunResult::End::Completed:
      return "completed";
    case RunResult::End::Stopped:
      return "stopped";
    case RunResult::End::Failed:
      break;
  }
  return "failed";
}

Json error_json(const Error& error) {
  return {{"node", text_or_null(error.node)},
          {"port", text_or_null(error.port)},
          {"parameter", text_or_null(error.parameter)},
          {"file", text_or_null(error.file)},
          {"message", error.reason},
          {"remedy", text_or_null(error.remedy)}};
}

/// Of the time in each phase: `step` with a key a phase, and the list of them.
Json step_json(const StepTimes& times) {
  Json json = Json::object();
  for (const PhaseTime& phase : phase_list(times)) json[phase.name + "_s"] = phase.seconds;
  return json;
}

Json epoch_json(const EpochResult& epoch) {
  Json json = {{"epoch", epoch.epoch}};
  for (const EarlierKey& key : earlier_metric_keys())
    json[std::string(key.of_epoch)] = number_or_null(epoch.value(key.name, key.split));
  json["learning_rate"] = number_or_null(epoch.learning_rate);
  json["samples"] = epoch.samples;
  json["samples_per_s"] = number_or_null(epoch.samples_per_s);
  json["wall_s"] = number_or_null(epoch.wall_s);
  json["first_wait_s"] = number_or_null(epoch.first_wait_s);
  json["median_wait_s"] = number_or_null(epoch.median_wait_s);
  json["metrics"] = metrics_json(epoch.metrics);
  return json;
}

Json label_list(const Evaluation& found, const std::vector<std::int64_t>& indices) {
  Json names = Json::array();
  for (const std::int64_t index : indices) names.push_back(found.name_of(index));
  return names;
}

/// Of the last epoch that was validated.
Json evaluation_json(const std::vector<EpochResult>& epochs) {
  const auto last =
      std::find_if(epochs.rbegin(), epochs.rend(), [](const EpochResult& e) { return e.evaluation != nullptr; });
  if (last == epochs.rend()) return nullptr;
  const Evaluation& found = *last->evaluation;
  Json json = {{"epoch", found.epoch}, {"classes", Json::array()}, {"counts", Json::array()}, {"worst", Json::array()}};
  for (std::size_t label = 0; label < found.classes; ++label) {
    json["classes"].push_back(found.name_of(static_cast<std::int64_t>(label)));
    Json row = Json::array();
    for (std::size_t predicted = 0; predicted < found.classes; ++predicted)
      row.push_back(found.count(label, predicted));
    json["counts"].push_back(std::move(row));
  }
  if (found.several_labels) {
    for (const WorstSample& sample : found.worst)
      json["worst"].push_back({{"record", sample.record},
                               {"file", text_or_null(sample.file)},
                               {"missed", label_list(found, sample.missed)},
                               {"extra", label_list(found, sample.extra)},
                               {"label_probability", number_or_null(sample.truth)}});
    return json;
  }
  for (const WorstSample& sample : found.worst)
    json["worst"].push_back({{"record", sample.record},
                             {"file", text_or_null(sample.file)},
                             {"label", found.name_of(sample.label)},
                             {"predicted", found.name_of(sample.predicted)},
                             {"label_probability", number_or_null(sample.truth)},
                             {"predicted_probability", number_or_null(sample.confidence)}});
  return json;
}

/// The same of numbers.
Json last_residuals(const std::vector<EpochResult>& epochs) {
  const auto last =
      std::find_if(epochs.rbegin(), epochs.rend(), [](const EpochResult& e) { return e.residuals != nullptr; });
  return last == epochs.rend() ? Json(nullptr) : residuals_json(*last->residuals);
}

Json cache_json(const CacheSample& cache) {
  return {{"records", cache.records},
          {"ram_bytes", cache.ram_bytes},
          {"disk_bytes", cache.disk_bytes},
          {"full", cache.full}};
}

Json errors_json(const std::vector<RecordError>& errors) {
  Json list = Json::array();
  for (const RecordError& error : errors) {
    list.push_back({{"node", text_or_null(error.error.node)},
                    {"file", text_or_null(error.error.file)},
                    {"message", error.error.reason},
                    {"count", error.count},
                    {"records", error.records}});
  }
  return list;
}

Json fit_json(const std::vector<FitPassFigures>& passes) {
  Json list = Json::array();
  for (const FitPassFigures& pass : passes) {
    Json costs = Json::array();
    for (const FitPassFigures::Cost& cost : pass.costs)
      costs.push_back({{"node", cost.node}, {"records", cost.records}, {"busy_s", number_or_null(cost.busy_s)}});
    list.push_back({{"nodes", pass.nodes},
                    {"records", pass.records},
                    {"wall_s", number_or_null(pass.seconds)},
                    {"merging_s", number_or_null(pass.merging_s)},
                    {"records_per_s", number_or_null(pass.records_per_s())},
                    {"not_kept", text_or_null(pass.not_kept)},
                    {"costs", std::move(costs)}});
  }
  return list;
}

Json ignored_json(const std::vector<IgnoredFiles>& ignored) {
  Json list = Json::array();
  for (const auto& [node, files] : ignored)
    list.push_back({{"node", node},
                    {"class", text_or_null(files.class_name)},
                    {"ending", text_or_null(files.ending)},
                    {"count", files.count},
                    {"example", files.example}});
  return list;
}

/// By field; null where no field of the node has records of differing length.
Json padding_json(const std::vector<PaddingSample>& padding) {
  Json json = nullptr;
  for (const PaddingSample& field : padding)
    json[field.field] = {{"values", field.values}, {"room", field.room}, {"share", number_or_null(field.share())}};
  return json;
}

Json stage_json(const StageRow& row) {
  return {{"node", row.node},
          {"type", row.type},
          {"records", row.records},
          {"records_per_s", number_or_null(row.records_per_s)},
          {"cpu_s", number_or_null(row.cpu_s)},
          {"busy_s", number_or_null(row.busy_s)},
          {"starved_s", number_or_null(row.starved_s)},
          {"blocked_s", number_or_null(row.blocked_s)},
          {"queue_fill", number_or_null(row.queue_fill)},
          {"workers", row.workers},
          {"share", number_or_null(row.share)},
          {"cache", row.cache ? cache_json(*row.cache) : Json(nullptr)},
          {"padding", padding_json(row.padding)}};
}

/// Null where no frozen part was looked up.
Json frozen_json(const FrozenSample& frozen) {
  if (frozen.node.empty()) return nullptr;
  Json json = cache_json(frozen.kept);
  json["node"] = frozen.node;
  json["rows"] = frozen.rows;
  json["hits"] = frozen.hits;
  return json;
}

/// By rank; null where the run was alone.
Json ranks_json(const Snapshot& last) {
  const std::vector<RankTimes> ranks = rank_times({}, last);
  if (ranks.empty()) return nullptr;
  Json list = Json::array();
  for (std::size_t i = 0; i < ranks.size(); ++i) {
    const RankSample& sample = last.ranks[i];
    list.push_back({{"rank", sample.rank},
                    {"host", text_or_null(sample.host)},
                    {"process", sample.process},
                    {"steps", sample.steps},
                    {"samples", sample.samples},
                    {"samples_per_s", number_or_null(ranks[i].samples_per_s)},
                    {"step", step_json(sample.times)},
                    {"validation_s", seconds(sample.validation.total())},
                    {"loader_cpu_s", number_or_null(sample.loader_s)},
                    {"slowest_stage", text_or_null(sample.slowest_stage)},
                    {"rss_bytes", sample.rss_bytes}});
  }
  return list;
}

/// Stages of the network; empty where it is not cut.
Json model_stages_json(const std::vector<ModelStageSample>& stages) {
  Json list = Json::array();
  for (const ModelStageSample& stage : stages) {
    Json layers = Json::array();
    for (const LayerSample& layer : stage.layers)
      layers.push_back({{"node", layer.node},
                        {"forward_s", seconds(layer.forward)},
                        {"weight_bytes", layer.weights},
                        {"activation_bytes", layer.gives}});
    list.push_back({{"forward_s", seconds(stage.forward)},
                    {"backward_s", seconds(stage.backward)},
                    {"idle_s", seconds(stage.idle)},
                    {"layers", std::move(layers)}});
  }
  return list;
}

/// What training a network was predicted to take, beside what it took; null where none was trained.
Json memory_json(const RunResult& result) {
  const MemoryForecast& memory = result.memory;
  if (memory.layers.empty()) return nullptr;
  Json layers = Json::array();
  for (const LayerMemory& layer : memory.layers)
    layers.push_back({{"node", layer.node},
                      {"weight_bytes", layer.weights},
                      {"gives_bytes", layer.gives},
                      {"kept_bytes", layer.kept},
                      {"recomputed", layer.recomputed}});
  Json gpus = Json::array();
  for (const GpuSample& gpu : result.last.process.gpus) gpus.push_back(gpu.memory_used);
  Json costs = Json::array();
  for (const MemoryCost& cost : memory_costs(result.first, result.last))
    costs.push_back({{"setting", cost.setting},
                     {"saves_bytes", cost.saves},
                     {"predicted_s_per_step", cost.predicted},
                     {"measured_s_per_step", cost.measured}});
  return {{"predicted_bytes", memory.total()},
          {"weight_bytes", memory.weights},
          {"gradient_bytes", memory.gradients},
          {"optimizer_bytes", memory.optimizer},
          {"activation_bytes", memory.activations},
          {"batch_bytes", memory.batches},
          {"measured_tensor_bytes", result.tensor_bytes > 0 ? Json(result.tensor_bytes) : Json(nullptr)},
          {"measured_gpu_bytes", std::move(gpus)},
          {"costs", std::move(costs)},
          {"not_counted", memory.open},
          {"layers", std::move(layers)}};
}

Json collective_json(const Snapshot& last) {
  if (last.ranks.empty()) return nullptr;
  const CollectiveSample& all = last.collective;
  Json json = {{"bytes", all.bytes},
               {"buckets", all.buckets},
               {"busy_s", seconds(all.busy)},
               {"exposed_s", seconds(all.exposed)},
               {"straggler", nullptr}};
  if (const auto slow = find_straggler(rank_times({}, last)))
    json["straggler"] = {{"rank", slow->rank},
                         {"part", name(slow->part)},
                         {"stage", slow->stage.empty() ? Json(nullptr) : Json(slow->stage)},
                         {"share", number_or_null(slow->share)}};
  return json;
}

}  // namespace

std::vector<StageRow> stage_rows(const Snapshot& earlier, const Snapshot& later) {
  const Nanos start = earlier.at > 0 ? std::max(earlier.at, later.started) : later.started;
  const double wall = later.started == 0 ? 0 : seconds(later.at - start);
  std::vector<StageRow> rows;
  double all_cpu = 0;
  for (std::size_t i = 0; i < later.stages.size(); ++i) {
    const StageSample& stage = later.stages[i];
    const bool same = i < earlier.stages.size() && earlier.stages[i].node == stage.node;
    const StageCounters done = same ? stage.total - earlier.stages[i].total : stage.total;
    all_cpu += seconds(done.cpu);
    rows.push_back({.node = stage.node,
                    .type = stage.type,
                    .records = done.records,
                    .records_per_s = wall > 0 ? static_cast<double>(done.records) / wall : 0,
                    .cpu_s = seconds(done.cpu),
                    .busy_s = seconds(done.busy),
                    .starved_s = seconds(done.starved),
                    .blocked_s = seconds(done.blocked),
                    .queue_fill = stage.queue.fill,
                    .workers = stage.workers,
                    .share = 0,
                    .cache = stage.cache,
                    .padding = same ? padding_between(earlier.stages[i].padding, stage.padding) : stage.padding});
  }
  for (StageRow& row : rows) row.share = all_cpu > 0 ? row.cpu_s / all_cpu : 0;
  return rows;
}

std::string bad_records_csv(const std::vector<BadRecord>& records) {
  std::string text = csv_line({"problem", "file", "record", "node", "reason", "remedy", "times", "epochs"});
  for (const BadRecord& bad : records)
    text += csv_line({"bad", bad.error.file, std::to_string(bad.record), bad.error.node, bad.error.reason,
                      bad.error.remedy, std::to_string(bad.times), std::to_string(bad.epochs)});
  return text;
}

std::string report_json(const RunResult& result) {
  const TrainerSample& trainer = result.last.trainer;
  Json report;
  report["result"] = end_name(result.end);
  report["error"] = result.failure ? error_json(*result.failure) : Json(nullptr);
  report["samples_per_s"] = number_or_null(training_rate({}, trainer));
  report["samples"] = trainer.samples;
  report["steps"] = trainer.steps;
  report["wall_s"] = number_or_null(result.last.elapsed());
  report["whole_wall_s"] = number_or_null(result.earlier_wall_s + result.last.elapsed());
  report["suspended_s"] = number_or_null(seconds(result.suspended));
  report["cpu_s"] = number_or_null(seconds(result.last.process.cpu - result.first.process.cpu));
  report["epochs"] = Json::array();
  for (const EpochResult& epoch : result.epochs) report["epochs"].push_back(epoch_json(epoch));
  report["stages"] = Json::array();
  for (const StageRow& row : stage_rows({}, result.last)) report["stages"].push_back(stage_json(row));
  report["frozen"] = frozen_json(trainer.frozen);
  report["model_stages"] = model_stages_json(trainer.stages);
  report["step"] = step_json(trainer.times);
  report["phases"] = phases_json(phase_list(trainer.times));
  report["ranks"] = ranks_json(result.last);
  report["collective"] = collective_json(result.last);
  report["confusion"] = evaluation_json(result.epochs);
  report["residuals"] = last_residuals(result.epochs);
  report["errors"] = errors_json(result.errors);
  report["notices"] = errors_json(result.notices);
  report["fit"] = fit_json(result.last.fit_passes);
  report["ignored"] = ignored_json(result.ignored);
  report["checkpoint"] = text_or_null(result.checkpoint);
  report["best_checkpoint"] = text_or_null(result.best_checkpoint);
  report["resumed_from"] = text_or_null(result.resumed_from);
  report["peak_rss_bytes"] = result.last.process.peak_rss_bytes;
  report["memory"] = memory_json(result);
  const Execution& execution = result.execution;
  report["seed"] = execution.seed;
  report["device"] = text_or_null(execution.device);
  report["workers"] = execution.workers;
  report["replicas"] = execution.replicas;
  report["intra_op_threads"] = execution.intra_op_threads;
  report["precision"] = text_or_null(execution.precision);
  report["channels_last"] = execution.channels_last;
  Json versions = Json::object();
  for (const auto& [library, version] : library_versions()) versions[library] = version;
  report["versions"] = std::move(versions);
  return report.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace feedline::inline training
