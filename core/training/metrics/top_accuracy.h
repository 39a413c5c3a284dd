// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "training/metric.h"

#include <limits>
#include <memory>

namespace feedline::inline training {

/// The share of rows whose class is among the kTop with the highest scores: scikit-learn's
/// top_k_accuracy_score(k=kTop). It counts how many scores are higher than that of the class, so that no row is sorted;
/// of equal scores the class with the greater index comes first, as in scikit-learn.
template <std::int64_t kTop>
class TopAccuracy final : public Metric {
 public:
  void add(const Compared& rows) override {
    const at::Tensor& scores = rows.prediction();
    const at::Tensor truth = rows.true_class().reshape({-1, 1});
    const at::Tensor own = scores.gather(1, truth);
    const at::Tensor later = at::arange(scores.size(1), truth.options()).gt(truth);
    const at::Tensor ahead = scores.gt(own).logical_or_(scores.eq(own).logical_and_(later)).sum(1);
    const at::Tensor right = ahead.lt(kTop).sum();
    rows_ += rows.rows();
    right_ = right_.defined() ? right_ + right : right;
  }

  void merge(const Metric& other) override {
    const auto& more = static_cast<const TopAccuracy&>(other);
    rows_ += more.rows_;
    if (more.right_.defined()) right_ = right_.defined() ? right_ + more.right_ : more.right_;
  }

  [[nodiscard]] double value() const override {
    if (rows_ == 0) return std::numeric_limits<double>::quiet_NaN();
    return static_cast<double>(right_.item<std::int64_t>()) / static_cast<double>(rows_);
  }

  [[nodiscard]] std::vector<at::Tensor> state() const override {
    if (!right_.defined()) return {};
    return {at::stack({at::full({}, rows_, right_.options()), right_})};
  }
  void restore(const std::vector<at::Tensor>& state) override {
    if (state.size() != 1 || state[0].scalar_type() != at::kLong || state[0].numel() != 2) return;
    rows_ = state[0].select(0, 0).item<std::int64_t>();
    right_ = state[0].select(0, 1).clone();
  }

 private:
  std::int64_t rows_ = 0;
  at::Tensor right_{};  ///< i64, where the predictions are
};

/// Of which so many classes are told apart that it says anything: of kTop or fewer, any is among the first.
template <std::int64_t kTop>
[[nodiscard]] constexpr MetricRule top_accuracy_rule(std::string_view name) {
  return {.name = name,
          .target = TargetKind::Classes,
          .unit = kShareUnit,
          .while_training = false,  // eight small operations a step
          .by_default = false,
          .ranks_scores = true,
          .least_classes = kTop + 1,
          .make = []() -> std::unique_ptr<Metric> { return std::make_unique<TopAccuracy<kTop>>(); }};
}

}  // namespace feedline::inline training
