// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/metric.h"

#include <cstdint>
#include <limits>
#include <vector>

namespace feedline::inline training {
namespace {

/// Of all labels of all records, the share that is told right: there or not there. One less scikit-learn's
/// hamming_loss().
class LabelAccuracy final : public Metric {
 public:
  void add(const Compared& rows) override {
    const at::Tensor right = rows.prediction().gt(0).eq(rows.target().gt(0.5)).sum();
    labels_ += rows.prediction().numel();
    right_ = right_.defined() ? right_ + right : right;
  }

  void merge(const Metric& other) override {
    const auto& more = static_cast<const LabelAccuracy&>(other);
    labels_ += more.labels_;
    if (more.right_.defined()) right_ = right_.defined() ? right_ + more.right_ : more.right_;
  }

  [[nodiscard]] double value() const override {
    if (labels_ == 0) return std::numeric_limits<double>::quiet_NaN();
    return static_cast<double>(right_.item<std::int64_t>()) / static_cast<double>(labels_);
  }

  [[nodiscard]] std::vector<at::Tensor> state() const override {
    if (labels_ == 0) return {};
    return {at::tensor({labels_}, at::kLong), right_};
  }

  void restore(const std::vector<at::Tensor>& state) override {
    if (state.size() != 2 || state[0].numel() != 1 || state[1].numel() != 1) return;
    labels_ = state[0].item<std::int64_t>();
    right_ = state[1];
  }

 private:
  std::int64_t labels_ = 0;
  at::Tensor right_{};  ///< i64, where the predictions are
};

const MetricRule kLabelAccuracy{.name = "label accuracy",
                                .target = TargetKind::Labels,
                                .unit = kShareUnit,
                                .make = []() -> std::unique_ptr<Metric> { return std::make_unique<LabelAccuracy>(); }};

}  // namespace
}  // namespace feedline::inline training

FEEDLINE_METRIC(kLabelAccuracy)
