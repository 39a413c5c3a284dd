// SPDX-License-Identifier: GPL-3.0-or-later
#include "schema/metric_facts.h"

#include "base/numbers.h"
#include "base/results.h"
#include "schema/registry.h"

#include <algorithm>

namespace feedline::inline schema {
namespace {

constexpr std::size_t kMostMetricsNamed = 12;

constinit FindMetricFacts find_metric_facts = nullptr;

}  // namespace

std::span<const MetricFacts> metric_facts() {
  return find_metric_facts != nullptr ? find_metric_facts() : std::span<const MetricFacts>();
}

void find_metric_facts_by(FindMetricFacts find) { find_metric_facts = find; }

bool applies(const MetricFacts& metric, const Judged& judged) {
  if (metric.target != judged.target || (metric.ranks_scores && !judged.scores)) return false;
  return judged.classes == 0 || judged.classes >= metric.least_classes;
}

Status check_wanted(std::span<const Judged> all, std::string_view key) {
  std::vector<std::string> measurable;
  for (const MetricFacts& metric : metric_facts())
    if (std::any_of(all.begin(), all.end(), [&](const Judged& judged) { return applies(metric, judged); }))
      measurable.push_back(metric_key(metric.name));
  if (std::find(measurable.begin(), measurable.end(), key) != measurable.end()) return {};
  return fail(Error{
      .reason = std::string(key) + " cannot be measured here: it does not fit what is compared with the target",
      .remedy = measurable.empty() ? "Leave metrics empty"
                                   : "Leave it out; these can be: " + numbers::listed(measurable, measurable.size()),
      .parameter = "metrics"});
}

std::vector<std::string> measured_keys(std::span<const Judged> all, std::span<const std::string> wanted,
                                       bool validates) {
  std::vector<std::string> keys;
  const auto add = [&](std::string_view split, const MetricFacts& metric, const Judged& judged) {
    if (!applies(metric, judged) || (split == kTrainSplit && !metric.while_training)) return;
    std::string key = std::string(split) + '_' + metric_key(metric.name);
    if (all.size() > 1) key += '_' + metric_key(judged.node);
    keys.push_back(std::move(key));
  };
  for (const std::string_view split : {kTrainSplit, kValSplit}) {
    if (split == kValSplit && !validates) continue;
    keys.push_back(std::string(split) + '_' + std::string(kLossMetric));
    for (const Judged& judged : all) {
      for (const MetricFacts& metric : metric_facts())
        if (wanted.empty() && metric.by_default) add(split, metric, judged);
      for (const std::string& key : wanted)
        for (const MetricFacts& metric : metric_facts())
          if (metric_key(metric.name) == key) add(split, metric, judged);
    }
  }
  return keys;
}

bool of_validation(std::string_view key) { return key.starts_with(std::string(kValSplit) + '_'); }

Error not_measured(const std::string& key, const std::vector<std::string>& measured, std::string parameter) {
  const std::string choice = "choose one of " + numbers::listed(measured, kMostMetricsNamed);
  Error error{.reason = "the run does not measure '" + key + "'", .parameter = std::move(parameter)};
  if (of_validation(key) && std::none_of(measured.begin(), measured.end(), of_validation)) {
    error.reason += ", because there are no validation data";
    error.remedy = "Set validation_split of the trainer, connect validation data, or " + choice;
    return error;
  }
  const std::string near = nearest_word(key, measured);
  error.remedy = near.empty() ? 'C' + choice.substr(1) : "Did you mean '" + near + "'? Otherwise " + choice;
  return error;
}

}  // namespace feedline::inline schema
