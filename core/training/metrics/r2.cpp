// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/metric.h"

#include <limits>

namespace feedline::inline training {
namespace {

/// The coefficient of determination: the share of the targets' variance that
/// the predictions explain. 1 is perfect, 0 as good as their mean, less is
/// worse. Of several numbers a record, over all of them.
class R2 final : public Metric {
 public:
  void add(const Compared& rows) override {
    const at::Tensor truth = rows.target().to(at::kDouble).reshape({rows.rows(), -1});
    const at::Tensor predicted = rows.prediction().to(at::kDouble).reshape({rows.rows(), -1});
    const at::Tensor mean = truth.mean(0);
    add(rows.rows(), mean, (truth - mean).square().sum(0), (predicted - truth).square().sum());
  }

  void merge(const Metric& other) override {
    const auto& more = static_cast<const R2&>(other);
    if (more.rows_ > 0) add(more.rows_, more.mean_, more.spread_, more.missed_);
  }

  /// NaN also where all targets are alike, so that there is nothing to explain.
  [[nodiscard]] double value() const override {
    const double spread = rows_ > 0 ? spread_.sum().item<double>() : 0;
    if (spread <= 0) return std::numeric_limits<double>::quiet_NaN();
    return 1 - missed_.item<double>() / spread;
  }

  [[nodiscard]] std::vector<at::Tensor> state() const override {
    if (rows_ == 0) return {};
    return {at::tensor({rows_}, at::kLong), mean_, spread_, missed_};
  }

  void restore(const std::vector<at::Tensor>& state) override {
    if (state.size() != 4) return;
    rows_ = state[0].item<std::int64_t>();
    mean_ = state[1];
    spread_ = state[2];
    missed_ = state[3];
  }

 private:
  /// Sums about the means of both parts become one about the mean of all (Chan,
  /// Golub and LeVeque, 1979): the squares of large numbers never meet.
  void add(std::int64_t rows, const at::Tensor& mean, const at::Tensor& spread, const at::Tensor& missed) {
    if (rows_ == 0) {
      rows_ = rows;
      mean_ = mean;
      spread_ = spread;
      missed_ = missed;
      return;
    }
    const auto before = static_cast<double>(rows_);
    const auto share = static_cast<double>(rows) / (before + static_cast<double>(rows));
    const at::Tensor apart = mean - mean_;
    rows_ += rows;
    mean_ = mean_ + apart * share;
    spread_ = spread_ + spread + apart.square() * (before * share);
    missed_ = missed_ + missed;
  }

  std::int64_t rows_ = 0;
  at::Tensor mean_{};    ///< f64, one a number, where the predictions are
  at::Tensor spread_{};  ///< sums of squared distances from it
  at::Tensor missed_{};  ///< sum of squared errors
};

const MetricRule kR2{
    .name = "R2", .target = TargetKind::Numbers, .unit = kScoreUnit, .make = []() -> std::unique_ptr<Metric> {
      return std::make_unique<R2>();
    }};

}  // namespace
}  // namespace feedline::inline training

FEEDLINE_METRIC(kR2)
