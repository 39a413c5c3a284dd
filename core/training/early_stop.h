// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Free of LibTorch.

#include "base/error.h"
#include "base/results.h"
#include "schema/behaviour.h"

#include <cstdint>
#include <string>

namespace feedline::inline training {

/// Ends a run that no longer gets better (Prechelt 1998): after `patience` epochs in a row whose metric is not better
/// than the best one by more than `least_change`, in the metric's own unit.
class EarlyStop {
 public:
  explicit EarlyStop(const StoppingSettings& settings) : settings_(settings) {}

  [[nodiscard]] bool on() const { return settings_.stop_early != "off"; }
  [[nodiscard]] bool restores() const { return on() && settings_.restore_best; }
  /// The end of an epoch. True where it is the best so far; an epoch in which the metric was not measured counts for
  /// nothing.
  bool observe(std::uint32_t epoch, const Metrics& metrics);
  [[nodiscard]] bool reached() const { return reached_; }
  /// 0: none yet.
  [[nodiscard]] std::uint32_t best_epoch() const { return best_epoch_; }
  /// Why the run ends, and with which weights; for people.
  [[nodiscard]] Error notice(std::uint32_t last_epoch) const;

  /// Plain values, for a run that goes on.
  struct State {
    double best = 0;
    std::uint32_t best_epoch = 0;
    std::int64_t waited = 0;
    bool operator==(const State&) const = default;
  };
  [[nodiscard]] State state() const { return {best_, best_epoch_, waited_}; }
  void restore(const State& state);

 private:
  StoppingSettings settings_;
  MetricValue metric_{};  ///< as it was measured last
  double best_ = 0;       ///< means something where there is a best epoch
  std::uint32_t best_epoch_ = 0;
  std::int64_t waited_ = 0;
  bool reached_ = false;
};

/// The metric with this key (metric_key()): "val_loss". Null where there is none.
[[nodiscard]] const MetricValue* metric_with_key(const Metrics& metrics, const std::string& key);

/// Is a metric that a parameter names among those that a run measures? `measured`: all kinds of them. The error names
/// parameter and metrics.
[[nodiscard]] Status check_metric_named(const std::string& key, const Metrics& measured, const std::string& parameter);

}  // namespace feedline::inline training
