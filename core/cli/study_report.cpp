// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/study_report.h"

#include "base/csv.h"
#include "base/results_json.h"
#include "cli/format.h"
#include "cli/json_values.h"
#include "cli/table.h"
#include "recording/study_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

namespace feedline::cli {
namespace {

std::string front_text(const Study& study, const std::vector<SettingOutcome>& outcomes) {
  std::vector<const SettingOutcome*> front;
  for (const SettingOutcome& outcome : outcomes)
    if (outcome.front) front.push_back(&outcome);
  const auto time_of = [&](const SettingOutcome* outcome) {
    return study.target ? outcome->to_target.mean : outcome->seconds.mean;
  };
  if (front.empty())
    return study.target ? "No setting reached the target with all seeds: there is no front of time to it.\n" : "";
  std::sort(front.begin(), front.end(),
            [&](const SettingOutcome* a, const SettingOutcome* b) { return time_of(a) < time_of(b); });
  std::string text = fmt::format("Pareto front of {} and {} (none is faster and as good):\n",
                                 study.target ? "time to target" : "training time", metric_title(study.metric));
  for (const SettingOutcome* outcome : front)
    text += fmt::format("  {}  {}  {}\n", duration(time_of(outcome)), study_value_text(outcome->value, study.metric),
                        study.settings[outcome->setting].name);
  return text;
}

Json outcome_json(const Study& study, const SettingOutcome& outcome) {
  Json json = {{"setting", study.settings[outcome.setting].name},
               {"state", study_state_text(outcome)},
               {"epochs", outcome.epochs},
               {"value", interval_json(outcome.value)},
               {"wall_s", interval_json(outcome.seconds)}};
  if (study.target) {
    json["reached"] = outcome.reached;
    json["target_wall_s"] = interval_json(outcome.to_target);
    json["target_samples"] = interval_json(outcome.samples_to_target);
  }
  json["front"] = outcome.front;
  json["runs"] = outcome.runs;
  return json;
}

double last_value(const Study& study, const StudyTrial& trial) {
  if (trial.record.epochs.empty()) return std::nan("");
  return value_of(trial.record.epochs.back().metrics, study.metric.name, study.metric.split);
}

std::string csv_number(double value) { return std::isfinite(value) ? fmt::format("{}", value) : ""; }

}  // namespace

std::string_view end_name(Study::End end) {
  switch (end) {
    case Study::End::Complete:
      return "complete";
    case Study::End::BudgetSpent:
      return "budget spent";
    case Study::End::Cancelled:
      break;
  }
  return "interrupted";
}

Json interval_json(const MeanInterval& interval) {
  const bool known = std::isfinite(interval.half);
  return {{"mean", number(interval.mean)},
          {"interval", known ? Json{interval.mean - interval.half, interval.mean + interval.half} : Json(nullptr)},
          {"n", interval.n}};
}

std::string study_text(const Study& study, std::size_t width) {
  const std::vector<SettingOutcome> outcomes = outcomes_of(study);
  std::vector<std::string> head = {"setting", "state", "epochs", "n", metric_title(study.metric), "time"};
  if (study.target) {
    head.push_back("time to " + metric_text(study.target->value, study.metric.unit));
    head.emplace_back("samples to it");
  }
  head.emplace_back("runs");
  Table table(head, 2);
  table.spare({head.size() - 1, 1});
  for (const SettingOutcome& outcome : outcomes) {
    std::vector<std::string> cells = {study.settings[outcome.setting].name,
                                      std::string(study_state_text(outcome)),
                                      std::to_string(outcome.epochs),
                                      std::to_string(outcome.value.n),
                                      study_value_text(outcome.value, study.metric),
                                      study_time_text(outcome.seconds)};
    if (study.target) {
      cells.push_back(study_target_text(study, outcome));
      cells.push_back(
          outcome.reached > 0 ? count(static_cast<std::uint64_t>(std::llround(outcome.samples_to_target.mean))) : "-");
    }
    std::vector<std::string> runs;
    for (const std::int64_t run : outcome.runs) runs.push_back(std::to_string(run));
    cells.push_back(runs.empty() ? "-" : joined(runs));
    table.row(std::move(cells), outcome.front ? "<- front" : "");
  }
  std::string text = table.text(width) + '\n' + wrap(study_plan_text(study), width) + '\n';
  text += front_text(study, outcomes);
  text += study.seeds > 1 ? "Intervals: 95 %, Student's t over n seeds.\n"
                          : "One seed: what differs by chance is not known; --seeds 3 gives intervals.\n";
  for (const StudyTrial& trial : study.trials)
    if (trial.failure)
      text += fmt::format("failed: {}, seed {}: {}\n", study.settings[trial.setting].name, trial.seed,
                          trial.failure->line());
  return text;
}

std::string study_json(const Study& study) {
  Json json = {{"study", study.name},
               {"end", end_name(study.end)},
               {"seconds", number(study.seconds)},
               {"seeds", study.seeds},
               {"metric", study.metric.name.empty() ? Json(nullptr) : Json(metric_key(study.metric))},
               {"target", study.target ? number(study.target->value) : Json(nullptr)}};
  json["rungs"] = Json::array();
  for (const Rung& rung : study.rungs) json["rungs"].push_back({{"epochs", rung.epochs}, {"settings", rung.settings}});
  json["settings"] = Json::array();
  for (const SettingOutcome& outcome : outcomes_of(study)) json["settings"].push_back(outcome_json(study, outcome));
  json["trials"] = Json::array();
  for (const StudyTrial& trial : study.trials) {
    Json row = {{"setting", study.settings[trial.setting].name},
                {"seed", trial.seed},
                {"run", trial.run != 0 ? Json(trial.run) : Json(nullptr)},
                {"complete", trial.complete},
                {"failure", trial.failure ? Json(trial.failure->line()) : Json(nullptr)},
                {"epochs", Json::array()}};
    const std::vector<EpochEnd> ends = epoch_ends(trial.record);
    for (std::size_t i = 0; i < ends.size(); ++i)
      row["epochs"].push_back({{"epoch", ends[i].epoch},
                               {"wall_s", number(ends[i].wall_s)},
                               {"steps", number(ends[i].steps)},
                               {"samples", number(ends[i].samples)},
                               {"metrics", metrics_json(trial.record.epochs[i].metrics)}});
    json["trials"].push_back(std::move(row));
  }
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

std::string study_csv(const Study& study) {
  const std::string metric = study.metric.name.empty() ? "value" : metric_key(study.metric);
  std::string text = csv_line({"setting", "seed", "run", "complete", "epochs", "wall_s", "steps", "samples", metric,
                               "target_wall_s", "target_samples", "failure"});
  for (const StudyTrial& trial : study.trials) {
    const std::vector<EpochEnd> ends = epoch_ends(trial.record);
    const EpochEnd end = ends.empty() ? EpochEnd{.wall_s = std::nan(""), .samples = std::nan("")} : ends.back();
    const auto reached = study.target ? first_reached(trial.record, *study.target) : std::nullopt;
    text += csv_line({study.settings[trial.setting].name, std::to_string(trial.seed),
                      trial.run != 0 ? std::to_string(trial.run) : "", trial.complete ? "yes" : "no",
                      std::to_string(trial.epochs()), csv_number(end.wall_s), csv_number(end.steps),
                      csv_number(end.samples), csv_number(last_value(study, trial)),
                      reached ? csv_number(reached->wall_s) : "", reached ? csv_number(reached->samples) : "",
                      trial.failure ? trial.failure->line() : ""});
  }
  return text;
}

}  // namespace feedline::cli
