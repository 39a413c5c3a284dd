// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/results.h"

#include "base/numbers.h"

#include <fmt/format.h>

#include <cctype>
#include <cmath>

namespace feedline::inline base {

MetricValue loss_metric(std::string_view split, double value) {
  return {.name = std::string(kLossMetric),
          .split = std::string(split),
          .value = value,
          .unit = std::string(kLossUnit),
          .higher_is_better = false};
}

const MetricValue* find_metric(const Metrics& metrics, std::string_view name, std::string_view split) {
  for (const MetricValue& metric : metrics)
    if (metric.is(name, split) && std::isfinite(metric.value)) return &metric;
  return nullptr;
}

double value_of(const Metrics& metrics, std::string_view name, std::string_view split) {
  const MetricValue* found = find_metric(metrics, name, split);
  return found != nullptr ? found->value : MetricValue{}.value;
}

const MetricValue* headline(const Metrics& metrics, std::string_view split) {
  for (const MetricValue& metric : metrics)
    if (metric.split == split && metric.name != kLossMetric && std::isfinite(metric.value)) return &metric;
  return nullptr;
}

void add_known(Metrics& to, const Metrics& metrics) {
  for (const MetricValue& metric : metrics)
    if (std::isfinite(metric.value)) to.push_back(metric);
}

std::string metric_text(double value, std::string_view unit) {
  if (!std::isfinite(value)) return "-";
  if (unit == kShareUnit) return numbers::percent(value, 1);
  if (unit == kLossUnit) return numbers::loss(value);
  if (unit == kScoreUnit || unit.empty()) return fmt::format("{:.3f}", value);
  return fmt::format("{:.4g} {}", value, unit);
}

std::string metric_text(const MetricValue& metric) { return metric_text(metric.value, metric.unit); }

std::string_view split_title(std::string_view split) {
  if (split == kTrainSplit) return "training";
  return split == kValSplit ? "validation" : split;
}

std::string metric_title(const MetricValue& metric) {
  return fmt::format("{} {}", split_title(metric.split), metric.name);
}

std::string metric_key(std::string_view name) {
  std::string key;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || byte >= 0x80) {
      key += static_cast<char>(byte < 0x80 ? std::tolower(byte) : byte);
    } else if (!key.empty() && key.back() != '_') {
      key += '_';
    }
  }
  while (!key.empty() && key.back() == '_') key.pop_back();
  return key;
}

std::string metric_key(const MetricValue& metric) { return metric.split + '_' + metric_key(metric.name); }

const std::vector<EarlierKey>& earlier_metric_keys() {
  static const std::vector<EarlierKey> keys = {{kLossMetric, kTrainSplit, "train_loss", "loss"},
                                               {"accuracy", kTrainSplit, "train_accuracy", "accuracy"},
                                               {kLossMetric, kValSplit, "val_loss", "val_loss"},
                                               {"accuracy", kValSplit, "val_accuracy", "val_accuracy"}};
  return keys;
}

}  // namespace feedline::inline base
