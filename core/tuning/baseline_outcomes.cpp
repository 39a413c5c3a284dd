// SPDX-License-Identifier: GPL-3.0-or-later
#include "tuning/baselines.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

namespace feedline::inline tuning {
namespace {

/// Steps that take no time at all still have a ratio.
constexpr double kLeastFit = 1e-6;

/// Seconds that a trial learnt, and that one pass of predictions took.
double fit_seconds(const StudyTrial& trial) {
  const StepTimes learnt = trial.times - trial.validation;
  return feedline::seconds(learnt.step() - learnt[Phase::Checkpoint]);
}
double predict_seconds(const StudyTrial& trial) {
  return feedline::seconds(trial.validation.step()) / std::max<std::uint32_t>(trial.epochs(), 1);
}
double prepare_seconds(const BaselineFit& fit) {
  const double learnt = fit_seconds(fit.trial) + feedline::seconds(fit.trial.validation.step());
  return std::max(fit.wall_s - learnt, 0.0);
}

BaselineState state_of(const Baselines& baselines, std::size_t model, std::size_t complete, bool failed, bool begun) {
  if (baselines.models[model].left_out) return BaselineState::LeftOut;
  if (failed) return BaselineState::Failed;
  if (complete >= baselines.folds) return BaselineState::Complete;
  if (complete > 0) return BaselineState::Part;
  return begun ? BaselineState::Cut : BaselineState::Waiting;
}

BaselineOutcome outcome_of_model(const Baselines& baselines, std::size_t model) {
  BaselineOutcome outcome{.model = model};
  outcome.values.assign(baselines.folds, std::numeric_limits<double>::quiet_NaN());
  std::vector<double> fits;
  std::vector<double> predictions;
  std::vector<double> preparations;
  bool begun = false;
  for (const BaselineFit& fit : baselines.fits) {
    if (fit.model != model) continue;
    begun = true;
    const StudyTrial& trial = fit.trial;
    if (trial.run != 0) outcome.runs.push_back(trial.run);
    if (trial.failure) outcome.why = trial.failure;
    if (!trial.complete) {
      outcome.cut_s = std::max(outcome.cut_s, fit.wall_s);
      continue;
    }
    outcome.epochs = std::max(outcome.epochs, trial.epochs());
    if (trial.epochs() > 0 && fit.fold < outcome.values.size()) {
      const std::size_t last = fit.epoch > 0 && fit.epoch <= trial.epochs() ? fit.epoch : trial.epochs();
      outcome.values[fit.fold] =
          value_of(trial.record.epochs[last - 1].metrics, baselines.metric.name, baselines.metric.split);
    }
    fits.push_back(fit_seconds(trial));
    predictions.push_back(predict_seconds(trial));
    preparations.push_back(prepare_seconds(fit));
  }
  if (baselines.models[model].left_out) outcome.why = baselines.models[model].left_out;
  outcome.value = fold_interval(outcome.values, baselines.folds);
  outcome.fit_s = mean_interval(fits);
  outcome.predict_s = mean_interval(predictions);
  outcome.prepare_s = mean_interval(preparations);
  outcome.state = state_of(baselines, model, fits.size(), outcome.why.has_value(), begun);
  return outcome;
}

/// Signed so that more is better.
double better_by(const Baselines& baselines, double value, double than) {
  return baselines.metric.higher_is_better ? value - than : than - value;
}

double times_as_long(double seconds, double than) { return std::max(seconds, kLeastFit) / std::max(than, kLeastFit); }

}  // namespace

std::vector<BaselineOutcome> outcomes_of(const Baselines& baselines) {
  std::vector<BaselineOutcome> outcomes;
  std::vector<Tradeoff> points;
  for (std::size_t i = 0; i < baselines.models.size(); ++i) {
    outcomes.push_back(outcome_of_model(baselines, i));
    points.push_back({.seconds = outcomes.back().fit_s.mean, .value = outcomes.back().value.mean});
  }
  const std::vector<bool> front = pareto_front(points, baselines.metric.higher_is_better);
  for (std::size_t i = 0; i < outcomes.size(); ++i) outcomes[i].front = front[i];
  std::stable_sort(outcomes.begin(), outcomes.end(), [](const BaselineOutcome& a, const BaselineOutcome& b) {
    const bool known_a = std::isfinite(a.value.mean);
    const bool known_b = std::isfinite(b.value.mean);
    if (known_a != known_b) return known_a;
    return known_a && a.fit_s.mean < b.fit_s.mean;
  });
  return outcomes;
}

double first_fold_seconds(double left_s, std::size_t models_to_go) {
  return std::max(left_s, 0.0) / 2 / static_cast<double>(std::max<std::size_t>(models_to_go, 1));
}

std::vector<std::size_t> models_of_fold(const std::vector<double>& fold_s, double left_s, std::size_t folds_to_go) {
  std::vector<std::size_t> order(fold_s.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::erase_if(order, [&](std::size_t model) { return !std::isfinite(fold_s[model]); });
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return fold_s[a] < fold_s[b]; });
  std::vector<std::size_t> chosen;
  double kept = 0;  // for the cheaper ones, in all folds to go
  for (const std::size_t model : order) {
    if (kept + fold_s[model] > left_s) break;
    chosen.push_back(model);
    kept += fold_s[model] * static_cast<double>(folds_to_go);
  }
  return chosen;
}

MeanInterval fold_interval(const std::vector<double>& values, std::size_t folds) {
  MeanInterval interval = mean_interval(values);
  if (folds < 2) return interval;
  // 1/n becomes 1/n + (validating / training records), which is 1 / (folds - 1).
  const double parts = static_cast<double>(interval.n) / static_cast<double>(folds - 1);
  interval.half *= std::sqrt(1 + parts);
  return interval;
}

std::vector<BaselineStep> steps_up(const Baselines& baselines, const std::vector<BaselineOutcome>& outcomes) {
  std::vector<BaselineStep> steps;
  std::optional<std::size_t> from;
  for (std::size_t to = 0; to < outcomes.size(); ++to) {
    if (!outcomes[to].front) continue;
    if (from) {
      const BaselineOutcome& lower = outcomes[*from];
      const BaselineOutcome& upper = outcomes[to];
      std::vector<double> gains;
      for (std::size_t fold = 0; fold < std::min(lower.values.size(), upper.values.size()); ++fold)
        gains.push_back(better_by(baselines, upper.values[fold], lower.values[fold]));
      steps.push_back({.from = *from,
                       .to = to,
                       .gain = fold_interval(gains, baselines.folds),
                       .more_s = upper.fit_s.mean - lower.fit_s.mean,
                       .times = times_as_long(upper.fit_s.mean, lower.fit_s.mean)});
    }
    from = to;
  }
  return steps;
}

double near_enough(const MetricValue& metric, double best) {
  return metric.unit == kShareUnit || metric.unit == kScoreUnit ? 0.005 : 0.01 * std::abs(best);
}

std::optional<BaselineChoice> choice_of(const Baselines& baselines, const std::vector<BaselineOutcome>& outcomes) {
  std::size_t most = 0;
  for (const BaselineOutcome& outcome : outcomes) most = std::max(most, outcome.value.n);
  const auto counts = [&](std::size_t at) { return most > 0 && outcomes[at].value.n == most; };
  std::optional<std::size_t> best;
  for (std::size_t i = 0; i < outcomes.size(); ++i)
    if (counts(i) && (!best || better_by(baselines, outcomes[i].value.mean, outcomes[*best].value.mean) > 0)) best = i;
  if (!best) return std::nullopt;
  BaselineChoice choice{.best = *best, .simple = *best};
  const double top = outcomes[*best].value.mean;
  for (std::size_t i = 0; i < *best; ++i) {  // cheaper ones stand before it
    const double behind = better_by(baselines, top, outcomes[i].value.mean);
    if (!counts(i) || !(behind <= near_enough(baselines.metric, top))) continue;
    choice.simple = i;
    choice.behind = behind;
    choice.times = times_as_long(outcomes[*best].fit_s.mean, outcomes[i].fit_s.mean);
    break;
  }
  return choice;
}

}  // namespace feedline::inline tuning
