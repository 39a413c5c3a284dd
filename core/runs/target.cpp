// SPDX-License-Identifier: GPL-3.0-or-later
#include "runs/target.h"

#include "base/numbers.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace feedline::inline runs {
namespace {

const MetricValue* metric_by_key(const Metrics& metrics, std::string_view key) {
  const auto found = std::find_if(metrics.begin(), metrics.end(), [&](const MetricValue& metric) {
    return metric_key(metric) == key && std::isfinite(metric.value);
  });
  return found != metrics.end() ? &*found : nullptr;
}

tl::unexpected<Error> no_target(std::string_view text) {
  return fail(Error{.reason = "'" + std::string(text) + "' is no target",
                    .remedy = "Write METRIC=VALUE with the metric as JSON names it, such as val_accuracy=0.9 or "
                              "val_loss=0.25",
                    .parameter = "--target"});
}

/// Steps that an epoch has: what was done tells, to a fraction of a step where the last epoch was broken off; the
/// planned number is exact, but --max-steps may have cut it short.
double steps_of_epoch(const RunRecord& run, double samples_of_epoch) {
  const RunFigures& f = run.figures;
  if (!(f.steps > 0 && f.samples > 0)) return RunFigures::kNone;
  const double done = f.steps * samples_of_epoch / f.samples;
  const double planned = f.total_steps / f.epochs;
  return std::abs(planned - done) < 1 ? planned : done;
}

Reached reached_at(const EpochEnd& end, double value) {
  Reached reached;
  static_cast<EpochEnd&>(reached) = end;
  reached.value = value;
  return reached;
}

/// To so many significant digits.
double rounded(double value, int digits) {
  if (value == 0 || !std::isfinite(value)) return value;
  const double unit = std::pow(10, std::floor(std::log10(std::abs(value))) - digits + 1);
  return std::round(value / unit) * unit;
}

/// Values on the way from the first epoch to the best.
std::vector<double> steps_on_the_way(const MetricValue& kind, double first, double best) {
  if (kind.unit == kShareUnit && kind.higher_is_better) return {0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99};
  std::vector<double> values;
  for (const double part : {0.5, 0.8, 0.9, 0.95}) values.push_back(rounded(first + part * (best - first), 2));
  return values;
}

/// Time of a step by the record's curves; NaN before the first moment that they hold.
double time_of_step(const SeriesTable& series, std::size_t time, std::size_t step, double wanted) {
  for (std::size_t row = 1; row < series.rows(); ++row) {
    const double from = series.at(row - 1, step);
    const double to = series.at(row, step);
    if (!(wanted <= to)) continue;
    const double start = series.at(row - 1, time);
    if (wanted < from) return row == 1 && from > 0 ? start * wanted / from : RunFigures::kNone;
    const double part = to > from ? (wanted - from) / (to - from) : 1;
    return start + part * (series.at(row, time) - start);
  }
  return RunFigures::kNone;
}

}  // namespace

Result<MetricTarget> parse_target(std::string_view text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos || equals == 0) return no_target(text);
  std::string_view key = text.substr(0, equals);
  if (key.ends_with('>') || key.ends_with('<')) key.remove_suffix(1);
  std::string_view number = text.substr(equals + 1);
  const auto trim = [](std::string_view& part) {
    while (part.starts_with(' ')) part.remove_prefix(1);
    while (part.ends_with(' ')) part.remove_suffix(1);
  };
  trim(key);
  trim(number);
  const bool percent = number.ends_with('%');
  if (percent) number.remove_suffix(1);
  trim(number);
  double value = 0;
  const auto [end, fault] = std::from_chars(number.data(), number.data() + number.size(), value);
  if (key.empty() || number.empty() || fault != std::errc() || end != number.data() + number.size() ||
      !std::isfinite(value))
    return no_target(text);
  return MetricTarget{std::string(key), percent ? value / 100 : value};
}

std::vector<EpochEnd> epoch_ends(const RunRecord& run) {
  std::vector<EpochEnd> ends;
  EpochEnd at;
  double steps = 0;
  double most = 0;  // an epoch that was broken off has fewer samples
  for (const EpochRecord& epoch : run.epochs) most = std::max(most, static_cast<double>(epoch.samples));
  const double whole = steps_of_epoch(run, most);
  for (const EpochRecord& epoch : run.epochs) {
    const auto samples = static_cast<double>(epoch.samples);
    at.epoch = epoch.epoch;
    at.wall_s += std::isfinite(epoch.wall_s) ? epoch.wall_s : 0;
    at.samples += samples;
    steps += most > 0 ? whole * samples / most : RunFigures::kNone;
    at.steps = std::round(steps);
    ends.push_back(at);
  }
  return ends;
}

bool reaches(const MetricValue& kind, double value, double wanted) {
  // What is written with a few digits is meant so.
  const double slack = 1e-9 * std::max(1.0, std::abs(wanted));
  return kind.higher_is_better ? value >= wanted - slack : value <= wanted + slack;
}

std::optional<Reached> first_reached(const RunRecord& run, const MetricTarget& target) {
  const std::vector<EpochEnd> ends = epoch_ends(run);
  for (std::size_t i = 0; i < ends.size(); ++i)
    if (const MetricValue* metric = metric_by_key(run.epochs[i].metrics, target.key);
        metric != nullptr && reaches(*metric, metric->value, target.value))
      return reached_at(ends[i], metric->value);
  return {};
}

std::optional<Reached> best_epoch(const RunRecord& run, const MetricValue& kind) {
  const std::vector<EpochEnd> ends = epoch_ends(run);
  std::optional<Reached> best;
  for (std::size_t i = 0; i < ends.size(); ++i) {
    const double value = value_of(run.epochs[i].metrics, kind.name, kind.split);
    if (!std::isfinite(value)) continue;
    if (!best || (kind.higher_is_better ? value > best->value : value < best->value)) best = reached_at(ends[i], value);
  }
  return best;
}

Result<MetricValue> kind_of_target(const std::vector<RunRecord>& runs, const std::string& key) {
  std::vector<std::string> known;
  for (const RunRecord& run : runs)
    for (const MetricValue& kind : kinds_of_metrics(run.epochs, [](const EpochRecord& e) { return e.metrics; })) {
      const std::string name = metric_key(kind);
      if (name == key) return kind;
      if (std::find(known.begin(), known.end(), name) == known.end()) known.push_back(name);
    }
  return fail(Error{.reason = "no metric '" + key + "' was measured",
                    .remedy = known.empty() ? "No epoch of the run has ended: there is nothing to compare"
                                            : "There are " + numbers::listed(known, known.size()),
                    .parameter = "--target"});
}

MetricValue telling_metric(const std::vector<RunRecord>& runs) {
  const auto first = [&](auto choose) -> const MetricValue* {
    for (const RunRecord& run : runs)
      for (const EpochRecord& epoch : run.epochs)
        if (const MetricValue* metric = choose(epoch.metrics)) return metric;
    return nullptr;
  };
  for (const std::string_view split : {kValSplit, kTrainSplit})
    if (const auto* metric = first([&](const Metrics& all) { return headline(all, split); })) return *metric;
  const auto* loss = first([](const Metrics& all) { return find_metric(all, kLossMetric, kValSplit); });
  return loss != nullptr ? *loss : loss_metric(kTrainSplit, 0);
}

std::optional<MetricTarget> common_target(const std::vector<RunRecord>& runs, const MetricValue& kind) {
  std::optional<MetricTarget> common;
  for (const RunRecord& run : runs) {
    const auto best = best_epoch(run, kind);
    if (!best) return {};
    if (!common || !reaches(kind, best->value, common->value)) common = MetricTarget{metric_key(kind), best->value};
  }
  return common;
}

std::vector<double> target_levels(const std::vector<RunRecord>& runs, const MetricValue& kind) {
  const auto better = [&](double a, double b) { return kind.higher_is_better ? a > b : a < b; };
  std::optional<double> best;
  std::optional<double> first;
  for (const RunRecord& run : runs) {
    const auto top = best_epoch(run, kind);
    if (!top) continue;
    if (!best || better(top->value, *best)) best = top->value;
    for (const EpochRecord& epoch : run.epochs) {
      const double value = value_of(epoch.metrics, kind.name, kind.split);
      if (!std::isfinite(value)) continue;
      if (!first || better(*first, value)) first = value;
      break;
    }
  }
  if (!best) return {};
  std::vector<double> levels = steps_on_the_way(kind, *first, *best);
  std::erase_if(levels, [&](double level) { return !reaches(kind, *best, level); });
  if (const auto common = common_target(runs, kind)) levels.push_back(common->value);
  levels.push_back(*best);
  std::sort(levels.begin(), levels.end(), [&](double a, double b) { return better(b, a); });
  levels.erase(std::unique(levels.begin(), levels.end()), levels.end());
  return levels;
}

std::string_view name(Along along) {
  constexpr std::array<std::string_view, kAlong.size()> names = {"epochs", "time", "steps", "samples"};
  return names[static_cast<std::size_t>(along)];
}

std::optional<Along> along_named(std::string_view wanted) {
  for (const Along along : kAlong)
    if (name(along) == wanted) return along;
  return {};
}

double count_of(const EpochEnd& end, Along along) {
  switch (along) {
    case Along::Epochs:
      return end.epoch;
    case Along::Time:
      return end.wall_s;
    case Along::Steps:
      return end.steps;
    case Along::Samples:
      break;
  }
  return end.samples;
}

std::vector<CurvePoint> metric_curve(const RunRecord& run, const MetricValue& kind, Along along) {
  std::vector<CurvePoint> points;
  const std::vector<EpochEnd> ends = epoch_ends(run);
  for (std::size_t i = 0; i < ends.size(); ++i)
    points.push_back({count_of(ends[i], along), value_of(run.epochs[i].metrics, kind.name, kind.split)});
  return points;
}

std::vector<CurvePoint> loss_curve(const RunRecord& run, Along along) {
  std::vector<CurvePoint> points = run.loss;
  const RunFigures& f = run.figures;
  const double samples = f.steps > 0 ? f.samples / f.steps : RunFigures::kNone;  // of a step, on average
  double most = 0;
  for (const EpochRecord& epoch : run.epochs) most = std::max(most, static_cast<double>(epoch.samples));
  const double epoch = steps_of_epoch(run, most);
  const std::size_t time = run.series.find("time_s");
  const std::size_t step = run.series.find("step");
  const bool timed = std::max(time, step) < run.series.columns.size();
  for (CurvePoint& point : points) {
    if (along == Along::Samples) point.x *= samples;
    if (along == Along::Epochs) point.x /= epoch;
    if (along == Along::Time) point.x = timed ? time_of_step(run.series, time, step, point.x) : RunFigures::kNone;
  }
  return points;
}

}  // namespace feedline::inline runs
