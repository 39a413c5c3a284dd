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

/// What the numbers of a prediction of classes are.
enum class Scores : std::uint8_t {
  Logits,         ///< softmax makes probabilities of them: what losses are given
  Probabilities,  ///< 0 to 1, together 1: what estimators give
};

/// Some rows of a batch: what a loss compared with its target. What several rules need is worked out once.
class Compared {
 public:
  /// The rows of class_counts().
  enum ClassCount : std::int64_t { kHits, kPredicted, kTrue };

  Compared(at::Tensor prediction, at::Tensor target, Scores scores = Scores::Logits)
      : prediction_(std::move(prediction)), target_(std::move(target)), scores_(scores) {}

  /// Where it lies there already, nothing happens.
  void move_to(const at::Device& device) {
    if (prediction_.device() == device && target_.device() == device) return;
    *this = Compared(prediction_.to(device), target_.to(device), scores_);
  }

  [[nodiscard]] std::int64_t rows() const { return prediction_.size(0); }
  /// f32, without gradients: rows×classes scores, or numbers.
  [[nodiscard]] const at::Tensor& prediction() const { return prediction_; }
  /// As it came from the batch: i64 class indices, or numbers in the shape of the batch's field.
  [[nodiscard]] const at::Tensor& target() const { return target_; }
  /// Of TargetKind::Classes: the class with the highest score, i64, one a row.
  [[nodiscard]] const at::Tensor& predicted_class() const;
  /// The same: the true class, i64.
  [[nodiscard]] const at::Tensor& true_class() const;
  /// The same: how often each class was right, was predicted, was true: i64, 3×classes, rows as in ClassCount.
  [[nodiscard]] const at::Tensor& class_counts() const;
  /// The same: how likely each class is, f64, rows×classes.
  [[nodiscard]] const at::Tensor& probabilities() const;

 private:
  at::Tensor prediction_;
  at::Tensor target_;
  Scores scores_;
  mutable at::Tensor predicted_class_{};
  mutable at::Tensor true_class_{};
  mutable at::Tensor class_counts_{};
  mutable at::Tensor probabilities_{};
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
  /// All that it has counted, for restore() of a fresh one of its rule: a run that goes on inside an epoch counts on,
  /// and rank 0 takes in what the others have counted. Empty without rows.
  [[nodiscard]] virtual std::vector<at::Tensor> state() const = 0;
  /// Tensors lie where the predictions will. Anything but what state() gave is passed over.
  virtual void restore(const std::vector<at::Tensor>& state) = 0;
};

/// A metric's description. Text lives as long as the program. Two rules may have one name, for targets of two kinds:
/// the area under the ROC curve is asked for by one word, whatever is ranked.
struct MetricRule {
  std::string_view name{};                  ///< as people read it: "accuracy"
  TargetKind target = TargetKind::Classes;  ///< of which losses' predictions it can be measured
  std::string_view unit = kShareUnit;       ///< how it is written: base/results.h
  bool higher_is_better = true;
  /// Measured at every training step too, for the running curve; else on validation data only. For rules whose add()
  /// is cheap beside the step of a small network.
  bool while_training = true;
  bool by_default = true;  ///< measured where the trainer's parameter `metrics` names none
  /// It ranks scores, so that it says nothing of a prediction that only decides for one class.
  bool ranks_scores = false;
  std::int64_t least_classes = 0;  ///< with fewer it says nothing and is left out
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
