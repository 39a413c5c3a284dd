// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/results_json.h"
#include "cli/json_values.h"
#include "cli/run_record_text.h"
#include "recording/changes.h"
#include "recording/target_text.h"
#include "telemetry/step_times.h"

#include <cmath>

namespace feedline::cli {
namespace {

std::string dumped(const Json& json) { return json.dump(2, ' ', false, Json::error_handler_t::replace); }

Json properties(const Properties& all) {
  Json object = Json::object();
  for (const auto& [name, value] : all) {
    Json& place = object[name];
    if (place.is_null()) {
      place = value;
    } else {  // a second GPU
      place = place.get<std::string>() + "; " + value;
    }
  }
  return object;
}

Json summary(const RunSummary& run) {
  Json json = {{"id", run.id},
               {"status", name(run.status)},
               {"started_at", text_or_null(utc_text(run.started_at))},
               {"ended_at", text_or_null(utc_text(run.ended_at))},
               {"title", run.title},
               {"file", text_or_null(run.file)},
               {"origin", run.origin},
               {"host", run.host},
               {"device", text_or_null(run.device)},
               {"seed", run.seed},
               {"tags", run.tags},
               {"note", run.note},
               {"pinned", run.pinned}};
  Json figures = Json::object();
  for (const Figure& figure : all_figures()) figures[std::string(figure.name)] = number(run.figures.*figure.value);
  for (const EarlierKey& key : earlier_metric_keys())
    figures[std::string(key.of_run)] = number(value_of(run.metrics, key.name, key.split));
  for (const PhaseInfo& info : kStepPhases) figures[std::string(info.key) + "_s"] = nullptr;
  for (const PhaseTime& phase : run.phases) figures[phase.name + "_s"] = number(phase.seconds);
  json["figures"] = std::move(figures);
  json["metrics"] = metrics_json(run.metrics);
  json["phases"] = phases_json(run.phases);
  json["verdict"] =
      run.verdict.kind.empty()
          ? Json(nullptr)
          : Json{{"kind", run.verdict.kind}, {"node", text_or_null(run.verdict.node)}, {"text", run.verdict.text}};
  json["failure"] = text_or_null(run.failure);
  return json;
}

Json epochs(const RunRecord& run) {
  Json list = Json::array();
  for (const EpochRecord& e : run.epochs) {
    Json json = {{"epoch", e.epoch}};
    for (const EarlierKey& key : earlier_metric_keys())
      json[std::string(key.of_epoch)] = number(value_of(e.metrics, key.name, key.split));
    json["samples"] = e.samples;
    json["samples_per_s"] = number(e.samples_per_s);
    json["wall_s"] = number(e.wall_s);
    json["learning_rate"] = number(e.learning_rate);
    json["metrics"] = metrics_json(e.metrics);
    list.push_back(std::move(json));
  }
  return list;
}

Json stages(const RunRecord& run) {
  Json list = Json::array();
  for (const StageRecord& s : run.stages)
    list.push_back({{"node", s.node},
                    {"type", s.type},
                    {"workers", s.workers},
                    {"records", s.records},
                    {"records_per_s", number(s.records_per_s)},
                    {"cpu_s", number(s.cpu_s)},
                    {"busy_s", number(s.busy_s)},
                    {"starved_s", number(s.starved_s)},
                    {"blocked_s", number(s.blocked_s)},
                    {"queue_fill", number(s.queue_fill)}});
  return list;
}

Json errors(const RunRecord& run) {
  Json list = Json::array();
  for (const ErrorRecord& e : run.errors)
    list.push_back({{"severity", e.severity},
                    {"node", text_or_null(e.node)},
                    {"file", text_or_null(e.file)},
                    {"message", e.message},
                    {"remedy", text_or_null(e.remedy)},
                    {"count", e.count},
                    {"records", e.records}});
  return list;
}

Json series(const RunRecord& run) {
  Json columns = Json::object();
  for (std::size_t c = 0; c < run.series.columns.size(); ++c) {
    Json values = Json::array();
    for (std::size_t row = 0; row < run.series.rows(); ++row) values.push_back(number(run.series.at(row, c)));
    columns[run.series.columns[c]] = std::move(values);
  }
  return columns;
}

Json reached_json(const std::optional<Reached>& reached) {
  if (!reached) return nullptr;
  return {{"epoch", reached->epoch},
          {"wall_s", number(reached->wall_s)},
          {"steps", number(reached->steps)},
          {"samples", number(reached->samples)},
          {"value", number(reached->value)}};
}

/// `metric`, `value` and `runs`: for each run when it was there, or null.
Json targets_json(const std::vector<RunRecord>& runs, const std::optional<MetricTarget>& target) {
  Json list = Json::array();
  const auto table = reached_table(runs, target);
  if (!table) return list;
  for (const ReachedRow& row : table->rows) {
    Json json = {{"metric", metric_key(table->kind)}, {"value", number(row.level)}, {"runs", Json::array()}};
    for (const auto& run : row.runs) json["runs"].push_back(reached_json(run));
    list.push_back(std::move(json));
  }
  return list;
}

}  // namespace

std::string runs_json(const std::vector<RunSummary>& runs) {
  Json list = Json::array();
  for (const RunSummary& run : runs) list.push_back(summary(run));
  return dumped(list);
}

std::string run_json(const RunRecord& run, bool with_curves, const std::optional<MetricTarget>& target) {
  Json json = summary(run);
  json["parameters"] = properties(run.parameters);
  json["environment"] = properties(run.environment);
  json["epochs"] = epochs(run);
  json["targets"] = Json::array();
  for (Json& row : targets_json({run}, target))
    json["targets"].push_back(
        {{"metric", row["metric"]}, {"value", row["value"]}, {"reached", std::move(row["runs"].front())}});
  json["stages"] = stages(run);
  json["errors"] = errors(run);
  if (!with_curves) return dumped(json);
  json["series"] = series(run);
  json["loss_curve"] = Json::array();
  for (const CurvePoint& point : run.loss) json["loss_curve"].push_back({number(point.x), number(point.y)});
  json["graph"] = Json::parse(run.graph, nullptr, false);
  if (json["graph"].is_discarded()) json["graph"] = run.graph;
  return dumped(json);
}

std::string comparison_json(const std::vector<RunRecord>& runs, const std::optional<MetricTarget>& target) {
  Json json;
  json["runs"] = Json::array();
  for (const RunRecord& run : runs) json["runs"].push_back(summary(run));
  json["parameters"] = Json::object();
  for (const ParameterRow& row : parameter_rows(runs)) json["parameters"][row.name] = row.values;
  json["changes"] = Json::array();
  const auto judged = judged_target(runs, target);
  for (std::size_t i = 1; i < runs.size(); ++i)
    json["changes"].push_back(
        {{"from", runs.front().id},
         {"to", runs[i].id},
         {"text", what_changed(runs.front(), runs[i])},
         {"target_text", judged ? text_or_null(target_sentence(runs.front(), runs[i], *judged)) : Json(nullptr)}});
  json["targets"] = targets_json(runs, target);
  return dumped(json);
}

}  // namespace feedline::cli
