// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/metrics/error_sum.h"

namespace feedline::inline training {
namespace {

/// The mean absolute error, in the unit of the target, over all numbers of a record: scikit-learn's
/// mean_absolute_error().
class MeanAbsolute final : public ErrorSum {
  [[nodiscard]] at::Tensor measure(const at::Tensor& differences) const override { return differences.abs(); }
  [[nodiscard]] double value() const override { return mean(); }
};

const MetricRule kMae{.name = "MAE",
                      .target = TargetKind::Numbers,
                      .unit = kLossUnit,
                      .higher_is_better = false,
                      .by_default = false,
                      .make = []() -> std::unique_ptr<Metric> { return std::make_unique<MeanAbsolute>(); }};

}  // namespace
}  // namespace feedline::inline training

FEEDLINE_METRIC(kMae)
