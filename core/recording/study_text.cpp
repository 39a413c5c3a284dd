// SPDX-License-Identifier: GPL-3.0-or-later
#include "recording/study_text.h"

#include "base/numbers.h"

#include <fmt/format.h>

#include <cmath>

namespace feedline::inline recording {
std::string_view study_end_text(Study::End end) {
  switch (end) {
    case Study::End::Complete:
      return "Complete";
    case Study::End::BudgetSpent:
      return "The budget was spent";
    case Study::End::Cancelled:
      break;
  }
  return "Interrupted";
}

std::string study_value_text(const MeanInterval& interval, const MetricValue& metric) {
  std::string text = metric_text(interval.mean, metric.unit);
  if (!std::isfinite(interval.half)) return text;
  const std::string half = metric_text(interval.half, metric.unit);
  return fmt::format("{} ± {}", text, half.substr(0, half.find(' ')));
}

std::string study_time_text(const MeanInterval& interval) {
  if (!std::isfinite(interval.half)) return numbers::duration(interval.mean);
  return fmt::format("{} ± {}", numbers::duration(interval.mean), numbers::duration(interval.half));
}

std::string study_target_text(const Study& study, const SettingOutcome& outcome) {
  if (outcome.reached == 0) return "not reached";
  const std::string text = study_time_text(outcome.to_target);
  return outcome.reached == study.seeds ? text : fmt::format("{} ({} of {})", text, outcome.reached, study.seeds);
}

std::string_view study_state_text(const SettingOutcome& outcome) {
  if (outcome.failed) return "failed";
  if (outcome.epochs == 0) return "not run";
  return outcome.complete ? "complete" : "stopped";
}

std::string study_plan_text(const Study& study) {
  std::string rungs;
  for (const Rung& rung : study.rungs)
    rungs += fmt::format("{}{} of {}", rungs.empty() ? "" : ", then ", numbers::plural(rung.epochs, "epoch"),
                         numbers::plural(rung.settings, "setting"));
  return fmt::format("{}: {} with {}; {}. {} after {}.", study.name, numbers::plural(study.settings.size(), "setting"),
                     numbers::plural(study.seeds, "seed"), rungs, study_end_text(study.end),
                     numbers::duration(study.seconds));
}

}  // namespace feedline::inline recording
