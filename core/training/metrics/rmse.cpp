// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/metrics/error_sum.h"

namespace feedline::inline training {
namespace {

/// The root of the mean squared error, in the unit of the target, over all numbers of a record: the root of
/// scikit-learn's mean_squared_error().
class RootMeanSquare final : public ErrorSum {
  [[nodiscard]] at::Tensor measure(const at::Tensor& differences) const override { return differences.square(); }
  [[nodiscard]] double value() const override { return std::sqrt(mean()); }
};

const MetricRule kRmse{.name = "RMSE",
                       .target = TargetKind::Numbers,
                       .unit = kLossUnit,
                       .higher_is_better = false,
                       .by_default = false,
                       .make = []() -> std::unique_ptr<Metric> { return std::make_unique<RootMeanSquare>(); }};

}  // namespace
}  // namespace feedline::inline training

FEEDLINE_METRIC(kRmse)
