// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/early_stop.h"

#include "base/numbers.h"
#include "schema/metric_facts.h"

#include <fmt/format.h>

#include <cmath>
#include <vector>

namespace feedline::inline training {

const MetricValue* metric_with_key(const Metrics& metrics, const std::string& key) {
  for (const MetricValue& metric : metrics)
    if (metric_key(metric) == key) return &metric;
  return nullptr;
}

Status check_metric_named(const std::string& key, const Metrics& measured, const std::string& parameter) {
  if (metric_with_key(measured, key) != nullptr) return {};
  std::vector<std::string> names;
  for (const MetricValue& metric : measured) names.push_back(metric_key(metric));
  return fail(not_measured(key, names, parameter));
}

bool EarlyStop::observe(std::uint32_t epoch, const Metrics& metrics) {
  const MetricValue* found = on() ? metric_with_key(metrics, settings_.stop_early) : nullptr;
  if (found == nullptr || !std::isfinite(found->value)) return false;
  metric_ = *found;
  const double gain = found->higher_is_better ? found->value - best_ : best_ - found->value;
  if (best_epoch_ == 0 || gain > settings_.least_change) {
    best_ = found->value;
    best_epoch_ = epoch;
    waited_ = 0;
    return true;
  }
  reached_ = ++waited_ >= settings_.patience;
  return false;
}

void EarlyStop::restore(const State& state) {
  best_ = state.best;
  best_epoch_ = state.best_epoch;
  waited_ = state.waited;
  reached_ = best_epoch_ > 0 && waited_ >= settings_.patience && settings_.patience > 0;
}

Error EarlyStop::notice(std::uint32_t last_epoch) const {
  std::string text = fmt::format("{} was best in epoch {} with {}", metric_title(metric_), best_epoch_,
                                 metric_text(best_, metric_.unit));
  if (reached_)
    text = fmt::format("the run ended after epoch {} of its own accord: {}, and {} later did not improve on it",
                       last_epoch, text, numbers::plural(static_cast<std::uint64_t>(waited_), "epoch"));
  if (restores() && best_epoch_ < last_epoch) text += fmt::format("; the weights are those of epoch {}", best_epoch_);
  return {.code = ErrorCode::Failed, .reason = std::move(text)};
}

}  // namespace feedline::inline training
