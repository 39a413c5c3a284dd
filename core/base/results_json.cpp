// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/results_json.h"

#include <nlohmann/json.hpp>

#include <cmath>

namespace feedline::inline base {

nlohmann::ordered_json number_or_null(double value) {
  return std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json(nullptr);
}

nlohmann::ordered_json text_or_null(const std::string& text) {
  return text.empty() ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(text);
}

nlohmann::ordered_json metrics_json(const Metrics& metrics) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const MetricValue& metric : metrics)
    list.push_back({{"name", metric.name},
                    {"split", metric.split},
                    {"value", number_or_null(metric.value)},
                    {"unit", metric.unit},
                    {"higher_is_better", metric.higher_is_better}});
  return list;
}

nlohmann::ordered_json phases_json(const std::vector<PhaseTime>& phases) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const PhaseTime& phase : phases) list.push_back({{"name", phase.name}, {"seconds", phase.seconds}});
  return list;
}

}  // namespace feedline::inline base
