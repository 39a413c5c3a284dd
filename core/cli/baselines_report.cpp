// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/baselines_report.h"

#include "base/results_json.h"
#include "cli/format.h"
#include "cli/json_values.h"
#include "cli/study_report.h"
#include "cli/table.h"
#include "recording/baseline_text.h"
#include "recording/study_text.h"

#include <cmath>
#include <vector>

namespace feedline::cli {
namespace {

std::string_view state_of_baseline(BaselineState state) {
  switch (state) {
    case BaselineState::Complete:
      return "complete";
    case BaselineState::Part:
      return "part";
    case BaselineState::Cut:
      return "cut off";
    case BaselineState::Failed:
      return "failed";
    case BaselineState::LeftOut:
      return "left out";
    case BaselineState::Waiting:
      break;
  }
  return "not run";
}

Json baseline_json(const Baselines& baselines, const BaselineOutcome& outcome) {
  const BaselineModel& model = baselines.models[outcome.model];
  Json json = {{"model", model.name},
               {"title", model.title},
               {"state", state_of_baseline(outcome.state)},
               {"value", interval_json(outcome.value)},
               {"values", Json::array()},
               {"fit_s", interval_json(outcome.fit_s)},
               {"predict_s", interval_json(outcome.predict_s)},
               {"prepare_s", interval_json(outcome.prepare_s)},
               {"epochs", outcome.epochs},
               {"front", outcome.front},
               {"runs", outcome.runs},
               {"why", outcome.why ? Json(outcome.why->line()) : Json(nullptr)}};
  for (const double value : outcome.values) json["values"].push_back(number(value));
  return json;
}

Json choice_json(const Baselines& baselines, const std::vector<BaselineOutcome>& outcomes) {
  const auto choice = choice_of(baselines, outcomes);
  if (!choice) return nullptr;
  return {{"best", baselines.models[outcomes[choice->best].model].name},
          {"simple", baselines.models[outcomes[choice->simple].model].name},
          {"behind", number(choice->behind)},
          {"times", number(choice->times)}};
}

}  // namespace

std::string baselines_text(const Baselines& baselines, std::size_t width) {
  const std::vector<BaselineOutcome> outcomes = outcomes_of(baselines);
  const std::string metric = baselines.metric.name.empty() ? "value" : metric_title(baselines.metric);
  Table table({"model", "state", metric, "fitting", "predicting", "preparing", "runs"}, 2);
  table.spare({6, 5, 4});
  for (const BaselineOutcome& outcome : outcomes) {
    std::vector<std::string> runs;
    for (const std::int64_t run : outcome.runs) runs.push_back(std::to_string(run));
    table.row(
        {baselines.models[outcome.model].title, baseline_state_text(baselines, outcome),
         study_value_text(outcome.value, baselines.metric), study_time_text(outcome.fit_s),
         study_time_text(outcome.predict_s), study_time_text(outcome.prepare_s), runs.empty() ? "-" : joined(runs)},
        outcome.front ? "<- front" : "");
  }
  std::string text = table.text(width) + '\n';
  for (const std::string& sentence : baseline_words(baselines, outcomes)) text += wrap(sentence, width, 2) + '\n';
  for (const std::string& line : baseline_reasons(baselines, outcomes)) text += wrap(line, width, 2) + '\n';
  return text + wrap(baseline_plan_text(baselines), width) + '\n';
}

std::string baselines_json(const Baselines& baselines) {
  const std::vector<BaselineOutcome> outcomes = outcomes_of(baselines);
  Json json = {{"baselines", baselines.name},
               {"end", end_name(baselines.end)},
               {"seconds", number(baselines.seconds)},
               {"folds", baselines.folds},
               {"metric", baselines.metric.name.empty() ? Json(nullptr) : Json(metric_key(baselines.metric))},
               {"models", Json::array()},
               {"steps", Json::array()},
               {"choice", choice_json(baselines, outcomes)},
               {"words", baseline_words(baselines, outcomes)}};
  for (const BaselineOutcome& outcome : outcomes) json["models"].push_back(baseline_json(baselines, outcome));
  for (const BaselineStep& step : steps_up(baselines, outcomes))
    json["steps"].push_back({{"from", baselines.models[outcomes[step.from].model].name},
                             {"to", baselines.models[outcomes[step.to].model].name},
                             {"gain", interval_json(step.gain)},
                             {"more_s", number(step.more_s)},
                             {"times", number(step.times)}});
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace feedline::cli
