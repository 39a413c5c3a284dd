// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training.

#include "plan/plan.h"
#include "schema/metric_facts.h"
#include "training/metric.h"

#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline training {

/// Which losses of a model compare something with a target, in the order in which they run.
using Comparison = Judged;
[[nodiscard]] std::vector<Comparison> comparisons(const ModelPlan& plan);

/// Can each metric that is wanted by its key be measured of one of these? Error: of one that cannot, naming the
/// trainer's parameter and what can be measured.
[[nodiscard]] Status check_metrics(std::span<const Comparison> all, std::span<const std::string> wanted);

/// The metrics that apply to what is compared, as one replica counts them on one split: those that are wanted, in this
/// order, or the usual ones. Where several losses compare, their names say which: "accuracy (digit)".
class MetricSet {
 public:
  /// `wanted`: by key (metric_key()), as in the trainer's parameter; none: those of MetricRule::by_default.
  MetricSet(std::span<const Comparison> all, std::span<const std::string> wanted, std::string_view split);
  /// Of a model's losses, what its trainer asks for.
  MetricSet(const ModelPlan& plan, std::string_view split);

  /// What each loss compared, in the order of comparisons(). Does not wait for the device.
  void add(std::span<const Compared> compared);
  void merge(const MetricSet& other);
  /// What was counted, and a fresh start is not made. Waits for the device. NaN where there were no rows.
  [[nodiscard]] Metrics values() const;
  void clear();
  /// What each metric has counted, by name and number: "accuracy.0".
  [[nodiscard]] std::map<std::string, at::Tensor> state() const;
  /// Of a fresh set. What is not named stays so.
  void restore(const std::map<std::string, at::Tensor>& state);

 private:
  struct Entry {
    const MetricRule* rule = nullptr;
    std::size_t comparison = 0;
    MetricValue kind{};
    std::unique_ptr<Metric> metric{};
  };
  std::vector<Entry> entries_{};
};

/// Of one set a replica: merged in their order.
[[nodiscard]] Metrics merged_values(const ModelPlan& plan, std::string_view split, std::span<const MetricSet> replicas);

}  // namespace feedline::inline training
