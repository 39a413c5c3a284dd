// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// What is measured of a model besides its loss. A metric is a rule in a file of its own in training/metrics, found by
// CMake as nodes and fixes are: adding one touches its own file only.

#include "base/results.h"
#include "base/torch.h"
#include "schema/behaviour.h"

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace feedline::inline training {

/// Some rows of a batch: what a loss compared with its target. What several rules need is worked out once.
class Compared {
 public:
  Compared(at::Tensor prediction, at::Tensor target) : prediction_(std::move(prediction)), target_(std::move(target)) {}

  [[nodiscard]] std::int64_t rows() const { return prediction_.size(0); }
  /// f32, without gradients: rows×classes scores, or numbers.
  [[nodiscard]] const at::Tensor& prediction() const { return prediction_; }
  /// As it came from the batch: i64 class indices, or numbers in the shape of the batch's field.
  [[nodiscard]] const at::Tensor& target() const { return target_; }
  /// Of TargetKind::Classes: the class with the highest score, i64, one a row.
  [[nodiscard]] const at::Tensor& predicted_class() const;
  /// The same: the true class, i64.
  [[nodiscard]] const at::Tensor& true_class() const;

 private:
  at::Tensor prediction_;
  at::Tensor target_;
  mutable at::Tensor predicted_class_{};
  mutable at::Tensor true_class_{};
};

/// What one metric has counted so far, on the rows that it was given: sums and counts from which its value follows, not
/// means over batches. Each replica has its own, used by one thread at a time.
class Metric {
 public:
  virtual ~Metric() = default;
  /// Must not wait for the device: sums of what lies on a GPU stay there.
  virtual void add(const Compared& rows) = 0;
  /// Takes in what another one of the same rule has counted. Called in the replicas' order.
  virtual void merge(const Metric& other) = 0;
  /// May wait for the device. NaN without rows.
  [[nodiscard]] virtual double value() const = 0;
  /// All that it has counted, for restore() of a fresh one of its rule: a run that goes on inside an epoch counts on.
  /// Every rule that is measured while training has these. Empty without rows.
  [[nodiscard]] virtual std::vector<at::Tensor> state() const { return {}; }
  /// Tensors lie where the predictions will. Anything but what state() gave is passed over.
  virtual void restore(const std::vector<at::Tensor>& /*state*/) {}
};

/// A metric's description. Text lives as long as the program.
struct MetricRule {
  std::string_view name{};                  ///< as people read it: "accuracy"
  TargetKind target = TargetKind::Classes;  ///< of which losses' predictions it can be measured
  std::string_view unit = kShareUnit;       ///< how it is written: base/results.h
  bool higher_is_better = true;
  /// Measured at every training step too, for the running curve; else on validation data only. For rules whose add()
  /// is cheap beside the step of a small network.
  bool while_training = true;
  std::unique_ptr<Metric> (*make)() = nullptr;
};

/// All rules, in the order of their names.
class MetricRules {
 public:
  [[nodiscard]] static const MetricRules& instance();
  void add(const MetricRule& rule) { rules_.push_back(rule); }
  [[nodiscard]] const std::vector<MetricRule>& all() const { return rules_; }

 private:
  std::vector<MetricRule> rules_{};
};

/// Defined in the generated all_metrics.cpp.
void register_all_metrics(MetricRules& rules);

}  // namespace feedline::inline training

/// Ends a metric's file: registers its rule.
#define FEEDLINE_METRIC(rule)                                          \
  namespace feedline::inline training {                                \
  void register_metric_##rule(MetricRules& rules);                     \
  void register_metric_##rule(MetricRules& rules) { rules.add(rule); } \
  }
