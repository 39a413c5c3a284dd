// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What a graph can know of its metrics before it runs, without LibTorch.

#include "base/error.h"
#include "schema/behaviour.h"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline schema {

/// The facts of a metric's rule (training/metric.h), whose fields have these names.
struct MetricFacts {
  std::string_view name{};
  TargetKind target = TargetKind::Classes;
  bool while_training = true;
  bool by_default = true;
  bool ranks_scores = false;
  std::int64_t least_classes = 0;
};
/// Of all rules, in the order of their names. None in a program that cannot train, where no metric's name is looked up.
[[nodiscard]] std::span<const MetricFacts> metric_facts();
/// Training, which has the rules, says how they are found: before main(), and called when they are first asked for.
using FindMetricFacts = std::span<const MetricFacts> (*)();
void find_metric_facts_by(FindMetricFacts find);

/// A loss or an estimator, as far as it decides what can be measured.
struct Judged {
  std::string node{};  ///< by its path; names the metrics where several are judged
  TargetKind target = TargetKind::None;
  std::int64_t classes = 0;  ///< of a target of classes; 0: not known
  bool scores = true;        ///< false: the prediction only decides for a class
};
/// Can a metric be measured of this?
[[nodiscard]] bool applies(const MetricFacts& metric, const Judged& judged);
/// Can the metric with this key, which is wanted, be measured of any of these? Error: names the trainer's parameter and
/// what can be measured.
[[nodiscard]] Status check_wanted(std::span<const Judged> all, std::string_view key);
/// Keys of all that a run measures, as JSON names them: "train_loss", "val_accuracy". `wanted`: MeasuringSettings.
[[nodiscard]] std::vector<std::string> measured_keys(std::span<const Judged> all, std::span<const std::string> wanted,
                                                     bool validates);

/// A parameter names a metric that is not among the keys of those that are measured: names them, the nearest by
/// spelling first.
[[nodiscard]] Error not_measured(const std::string& key, const std::vector<std::string>& measured,
                                 std::string parameter);
/// Does a key name a metric of validation: "val_loss"?
[[nodiscard]] bool of_validation(std::string_view key);

}  // namespace feedline::inline schema
