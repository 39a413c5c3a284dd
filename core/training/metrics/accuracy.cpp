// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/metric.h"

#include <limits>

namespace feedline::inline training {
namespace {

/// The share of rows whose highest score is that of their class.
class Accuracy final : public Metric {
 public:
  void add(const Compared& rows) override {
    const at::Tensor right = rows.predicted_class().eq(rows.true_class()).sum();
    rows_ += rows.rows();
    if (right.device().is_cpu()) {
      right_ += right.item<std::int64_t>();
    } else {
      on_device_ = on_device_.defined() ? on_device_ + right : right;
    }
  }

  void merge(const Metric& other) override {
    const auto& more = static_cast<const Accuracy&>(other);
    rows_ += more.rows_;
    right_ += more.right();
  }

  [[nodiscard]] double value() const override {
    if (rows_ == 0) return std::numeric_limits<double>::quiet_NaN();
    return static_cast<double>(right()) / static_cast<double>(rows_);
  }

  [[nodiscard]] std::vector<at::Tensor> state() const override {
    if (rows_ == 0) return {};
    return {at::tensor({rows_, right()}, at::kLong)};
  }

  void restore(const std::vector<at::Tensor>& state) override {
    if (state.size() != 1 || state[0].numel() != 2) return;
    const at::Tensor counts = state[0].cpu();
    rows_ = counts[0].item<std::int64_t>();
    right_ = counts[1].item<std::int64_t>();
  }

 private:
  [[nodiscard]] std::int64_t right() const {
    return right_ + (on_device_.defined() ? on_device_.item<std::int64_t>() : 0);
  }

  std::int64_t rows_ = 0;
  std::int64_t right_ = 0;
  at::Tensor on_device_{};  ///< i64, not in right_
};

const MetricRule kAccuracy{
    .name = "accuracy", .target = TargetKind::Classes, .unit = kShareUnit, .make = []() -> std::unique_ptr<Metric> {
      return std::make_unique<Accuracy>();
    }};

}  // namespace
}  // namespace feedline::inline training

FEEDLINE_METRIC(kAccuracy)
