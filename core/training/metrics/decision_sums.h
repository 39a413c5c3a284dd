// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training/metrics: what the metrics share that count decisions.

#include "training/metric.h"

#include <limits>
#include <vector>

namespace feedline::inline training {

/// Hits, predictions and truths of each class or label, from which the value follows.
class DecisionSums : public Metric {
 public:
  void merge(const Metric& other) override {
    const auto& more = static_cast<const DecisionSums&>(other);
    if (more.counts_.defined()) count(more.counts_);
  }

  [[nodiscard]] double value() const override {
    if (!counts_.defined()) return std::numeric_limits<double>::quiet_NaN();
    const at::Tensor counts = counts_.cpu().to(at::kDouble);
    return of(counts[Compared::kHits], counts[Compared::kPredicted], counts[Compared::kTrue]);
  }

  [[nodiscard]] std::vector<at::Tensor> state() const override {
    if (!counts_.defined()) return {};
    return {counts_};
  }
  void restore(const std::vector<at::Tensor>& state) override {
    if (state.size() == 1 && state[0].dim() == 2 && state[0].size(0) == 3) counts_ = state[0];
  }

 protected:
  /// f64, one a class or label, on the host.
  [[nodiscard]] virtual double of(const at::Tensor& hits, const at::Tensor& predicted,
                                  const at::Tensor& truth) const = 0;

  /// `found`: i64, 3×classes or labels, in the order of Compared::ClassCount.
  void count(const at::Tensor& found) { counts_ = counts_.defined() ? counts_ + found : found; }

 private:
  at::Tensor counts_{};  ///< i64, where the predictions are
};

}  // namespace feedline::inline training
