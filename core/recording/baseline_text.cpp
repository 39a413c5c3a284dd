// SPDX-License-Identifier: GPL-3.0-or-later
#include "recording/baseline_text.h"

#include "base/numbers.h"
#include "recording/study_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace feedline::inline recording {
namespace {

const std::string& title_of(const Baselines& baselines, const BaselineOutcome& outcome) {
  return baselines.models[outcome.model].title;
}

std::string what_folds_are(FoldKind kind) {
  switch (kind) {
    case FoldKind::Folds:
      return "fold";
    case FoldKind::Splits:
      return "random split";
    case FoldKind::Seeds:
      break;
  }
  return "seed";
}

/// What chance alone gives.
std::string guess_words(const Baselines& baselines, const std::vector<BaselineOutcome>& outcomes) {
  for (const BaselineOutcome& outcome : outcomes)
    if (baselines.models[outcome.model].name == "majority_class" && std::isfinite(outcome.value.mean))
      return fmt::format("Predicting the most frequent class each time gives {}.",
                         metric_text(outcome.value.mean, baselines.metric.unit));
  return {};
}

/// "1.2 points better (0.3 points to 2.1 points)"; where chance could have made it, that it could.
std::string gain_words(const Baselines& baselines, const MeanInterval& gain) {
  const std::string text = baseline_gain_text(std::abs(gain.mean), baselines.metric);
  const std::string better = gain.mean < 0 ? "worse" : "better";
  if (!std::isfinite(gain.half)) return fmt::format("{} {}, in one {}", text, better, what_folds_are(baselines.kind));
  const std::string range = fmt::format("{} to {}", baseline_gain_text(gain.mean - gain.half, baselines.metric),
                                        baseline_gain_text(gain.mean + gain.half, baselines.metric));
  if (gain.mean - gain.half > 0) return fmt::format("{} {} ({})", text, better, range);
  return fmt::format("{} {} ({}), which may be chance", text, better, range);
}

std::string step_words(const Baselines& baselines, const std::vector<BaselineOutcome>& outcomes,
                       const BaselineStep& step) {
  return fmt::format("{} over {}: {}, for {} more a fit ({} as long).", title_of(baselines, outcomes[step.to]),
                     title_of(baselines, outcomes[step.from]), gain_words(baselines, step.gain),
                     numbers::duration(step.more_s), baseline_times_text(step.times));
}

std::string choice_words(const Baselines& baselines, const std::vector<BaselineOutcome>& outcomes,
                         const BaselineChoice& choice) {
  const BaselineOutcome& best = outcomes[choice.best];
  const std::string value = metric_text(best.value.mean, baselines.metric.unit);
  if (choice.simple == choice.best)
    return fmt::format("{} is best with {}, and nothing that fits faster comes within {} of it.",
                       title_of(baselines, best), value,
                       baseline_gain_text(near_enough(baselines.metric, best.value.mean), baselines.metric));
  // "1/1.2 of the time" is nobody's way to say it.
  const std::string time = choice.times < 2    ? fmt::format("in {:.0f} % of the time", 100 / choice.times)
                           : choice.times < 10 ? fmt::format("at 1/{:.1f} of the time", choice.times)
                                               : fmt::format("at 1/{:.0f} of the time", choice.times);
  return fmt::format("{} is within {} of {}, the best with {}, {}: start with it.",
                     title_of(baselines, outcomes[choice.simple]),
                     baseline_gain_text(near_enough(baselines.metric, best.value.mean), baselines.metric),
                     title_of(baselines, best), value, time);
}

/// Of the drawn one, where it is not the best.
std::string drawn_words(const Baselines& baselines, const std::vector<BaselineOutcome>& outcomes,
                        const BaselineChoice& choice) {
  const BaselineOutcome& best = outcomes[choice.best];
  for (const BaselineOutcome& outcome : outcomes) {
    if (baselines.models[outcome.model].name != kAsDrawn || outcome.model == best.model) continue;
    if (!std::isfinite(outcome.value.mean)) return {};
    const double behind = std::abs(best.value.mean - outcome.value.mean);
    return fmt::format("What is drawn comes to {}, {} behind {}.",
                       metric_text(outcome.value.mean, baselines.metric.unit),
                       baseline_gain_text(behind, baselines.metric), title_of(baselines, best));
  }
  return {};
}

/// The first model that reads the features prepares them for all.
std::string preparing_words(const std::vector<BaselineOutcome>& outcomes) {
  double most = 0;
  for (const BaselineOutcome& outcome : outcomes)
    if (std::isfinite(outcome.prepare_s.mean)) most = std::max(most, outcome.prepare_s.mean);
  if (most <= 0) return {};
  return fmt::format("Features were prepared once for all models: at most {} of a run's time is not the model's own.",
                     numbers::duration(most));
}

}  // namespace

std::string baseline_gain_text(double gain, const MetricValue& metric) {
  if (!std::isfinite(gain)) return "-";
  if (metric.unit == kShareUnit) {
    const std::string points = fmt::format("{:.1f}", gain * 100);
    return (points == "-0.0" ? "0.0" : points) + " points";
  }
  return metric_text(gain, metric.unit);
}

std::string baseline_times_text(double times) {
  if (!std::isfinite(times)) return "-";
  return times < 10 ? fmt::format("{:.1f} times", times) : fmt::format("{:.0f} times", times);
}

std::string baseline_state_text(const Baselines& baselines, const BaselineOutcome& outcome) {
  switch (outcome.state) {
    case BaselineState::Complete:
      return "complete";
    case BaselineState::Part:
      return fmt::format("{} of {}", outcome.value.n, numbers::plural(baselines.folds, what_folds_are(baselines.kind)));
    case BaselineState::Cut:
      return "cut off after " + numbers::duration(outcome.cut_s);
    case BaselineState::Failed:
      return "failed";
    case BaselineState::LeftOut:
      return "left out";
    case BaselineState::Waiting:
      break;
  }
  return "not run";
}

std::string baseline_plan_text(const Baselines& baselines) {
  return fmt::format("{}: {} in {}. {} after {}.", baselines.name, numbers::plural(baselines.models.size(), "model"),
                     numbers::plural(baselines.folds, what_folds_are(baselines.kind)), study_end_text(baselines.end),
                     numbers::duration(baselines.seconds));
}

std::vector<std::string> baseline_words(const Baselines& baselines, const std::vector<BaselineOutcome>& outcomes) {
  std::vector<std::string> words;
  const auto add = [&](std::string sentence) {
    if (!sentence.empty()) words.push_back(std::move(sentence));
  };
  const auto choice = choice_of(baselines, outcomes);
  if (choice) add(choice_words(baselines, outcomes, *choice));
  add(guess_words(baselines, outcomes));
  for (const BaselineStep& step : steps_up(baselines, outcomes)) add(step_words(baselines, outcomes, step));
  if (choice) add(drawn_words(baselines, outcomes, *choice));
  add(preparing_words(outcomes));
  return words;
}

std::vector<std::string> baseline_reasons(const Baselines& baselines, const std::vector<BaselineOutcome>& outcomes) {
  std::vector<std::string> lines;
  for (const BaselineOutcome& outcome : outcomes) {
    if (outcome.state == BaselineState::Cut)
      lines.push_back(fmt::format("{}: it took longer than its part of the budget. Give more time to see it.",
                                  title_of(baselines, outcome)));
    if (outcome.why) lines.push_back(fmt::format("{}: {}", title_of(baselines, outcome), outcome.why->line()));
  }
  return lines;
}

}  // namespace feedline::inline recording
