// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training/metrics: what the metrics share that are a mean over all predicted numbers.

#include "training/metric.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace feedline::inline training {

/// A sum over the numbers of what `measure` makes of each difference, in f64 where the predictions are.
class ErrorSum : public Metric {
 public:
  void add(const Compared& rows) override {
    const at::Tensor truth = rows.target().to(at::kDouble).reshape({rows.rows(), -1});
    const at::Tensor sum = measure(rows.prediction().to(at::kDouble).reshape({rows.rows(), -1}) - truth).sum();
    numbers_ += truth.numel();
    sum_ = sum_.defined() ? sum_ + sum : sum;
  }

  void merge(const Metric& other) override {
    const auto& more = static_cast<const ErrorSum&>(other);
    numbers_ += more.numbers_;
    if (more.sum_.defined()) sum_ = sum_.defined() ? sum_ + more.sum_ : more.sum_;
  }

  [[nodiscard]] std::vector<at::Tensor> state() const override {
    if (numbers_ == 0) return {};
    return {at::tensor({numbers_}, at::kLong), sum_};
  }

  void restore(const std::vector<at::Tensor>& state) override {
    if (state.size() != 2 || state[0].numel() != 1 || state[1].numel() != 1) return;
    numbers_ = state[0].item<std::int64_t>();
    sum_ = state[1];
  }

 protected:
  [[nodiscard]] virtual at::Tensor measure(const at::Tensor& differences) const = 0;
  [[nodiscard]] double mean() const {
    if (numbers_ == 0) return std::numeric_limits<double>::quiet_NaN();
    return sum_.item<double>() / static_cast<double>(numbers_);
  }

 private:
  std::int64_t numbers_ = 0;
  at::Tensor sum_{};
};

}  // namespace feedline::inline training
