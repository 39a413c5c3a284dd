// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/metrics/class_sums.h"

namespace feedline::inline training {
namespace {

/// The mean over classes of the harmonic mean of precision and recall, 2·hits /
/// (predicted + true): each class counts the same, however rare. Classes that
/// neither the data nor the predictions have are left out.
class MacroF1 final : public ClassSums {
  [[nodiscard]] double of(const at::Tensor& hits, const at::Tensor& predicted, const at::Tensor& truth) const override {
    const at::Tensor all = predicted + truth;
    return (2 * hits / all).masked_select(all > 0).mean().item<double>();
  }
};

const MetricRule kMacroF1{.name = "macro F1",
                          .target = TargetKind::Classes,
                          .unit = kShareUnit,
                          .while_training = false,  // ten small operations a step
                          .make = []() -> std::unique_ptr<Metric> { return std::make_unique<MacroF1>(); }};

}  // namespace
}  // namespace feedline::inline training

FEEDLINE_METRIC(kMacroF1)
