// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/metric.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

namespace feedline::inline training {
namespace {

/// Scores that are kept: 9 MiB; half a million records of two classes.
constexpr std::int64_t kMostExact = 1 << 20;
/// Bins of all columns together, and the most and least of one.
constexpr std::int64_t kBins = 1 << 21;
constexpr std::int64_t kMostBins = 1 << 14;
constexpr std::int64_t kLeastBins = 1 << 8;
/// Bins span log-odds from -kFarthest to kFarthest.
constexpr double kFarthest = 20;

/// One class or label against the rest: how many pairs of a row that is of the class and one that is not are in order,
/// the score of the first above that of the second; equal ones count half. To be given groups of equal scores, the
/// lowest first.
class OrderedPairs {
 public:
  void add(std::int64_t positive, std::int64_t negative) {
    ordered_ += static_cast<double>(positive) * (static_cast<double>(negative_) + static_cast<double>(negative) / 2);
    positive_ += positive;
    negative_ += negative;
  }
  [[nodiscard]] bool any() const { return positive_ > 0 && negative_ > 0; }
  [[nodiscard]] double share() const {
    return ordered_ / (static_cast<double>(positive_) * static_cast<double>(negative_));
  }

 private:
  double ordered_ = 0;
  std::int64_t positive_ = 0;
  std::int64_t negative_ = 0;
};

/// The area under the ROC curve, as the share of ordered pairs (Hanley and McNeil, 1982): the mean over columns of
/// scores, each by itself. Columns in which all rows are positive, or none is, are left out.
///
/// Exact up to kMostExact scores (rows × columns). From there on scores are counted in bins of equal width in log-odds:
/// 0.0024 for up to 128 columns; pairs that fall into one bin count half, so the error is at most half their share.
/// Takes 32 MiB at most, or 4 KiB a column where there are more than 8192.
class ColumnAuc : public Metric {
 public:
  void merge(const Metric& other) override {
    const auto& more = static_cast<const ColumnAuc&>(other);
    for (const Part& part : more.parts_) keep(part);
    if (more.binned_.defined()) {
      bin_parts();
      binned_ = binned_.defined() ? binned_ + more.binned_ : more.binned_;
    }
    bound();
  }

  [[nodiscard]] double value() const override {
    const std::vector<OrderedPairs> columns = binned_.defined() ? by_bins() : by_scores();
    double sum = 0;
    int count = 0;
    for (const OrderedPairs& pairs : columns) {
      if (!pairs.any()) continue;
      sum += pairs.share();
      ++count;
    }
    return count == 0 ? std::numeric_limits<double>::quiet_NaN() : sum / count;
  }

  /// Either bins, or scores and which of them are positive.
  [[nodiscard]] std::vector<at::Tensor> state() const override {
    if (binned_.defined()) return {binned_};
    if (parts_.empty()) return {};
    std::vector<at::Tensor> scores;
    std::vector<at::Tensor> positive;
    for (const Part& part : parts_) {
      scores.push_back(part.scores);
      positive.push_back(part.positive);
    }
    return {at::cat(scores, 0), at::cat(positive, 0)};
  }
  void restore(const std::vector<at::Tensor>& state) override {
    if (state.size() == 1 && state[0].dim() == 3 && state[0].size(0) == 2 && state[0].scalar_type() == at::kLong)
      binned_ = state[0].clone();
    if (state.size() == 2 && state[0].dim() == 2 && state[0].sizes() == state[1].sizes() &&
        state[0].scalar_type() == at::kDouble && state[1].scalar_type() == at::kBool)
      take({state[0].clone(), state[1].clone()});
  }

 protected:
  struct Part {
    at::Tensor scores{};    ///< f64, rows × columns, log-odds
    at::Tensor positive{};  ///< bool, rows × columns
  };

  void take(const Part& part) {
    keep(part);
    bound();
  }

 private:
  void keep(const Part& part) {
    parts_.push_back(part);
    kept_ += part.scores.numel();
  }

  void bound() {
    if (binned_.defined() || kept_ > kMostExact) bin_parts();
  }

  void bin_parts() {
    for (const Part& part : std::exchange(parts_, {})) {
      const std::int64_t columns = part.scores.size(1);
      const std::int64_t bins = std::clamp(kBins / columns, kLeastBins, kMostBins);
      const at::Tensor inside = part.scores.clamp(-kFarthest, kFarthest);
      const at::Tensor bin =
          ((inside + kFarthest) * (static_cast<double>(bins) / (2 * kFarthest))).to(at::kLong).clamp(0, bins - 1);
      const at::Tensor column = at::arange(columns, bin.options()).unsqueeze(0);
      const at::Tensor place = (part.positive.logical_not().to(at::kLong) * columns + column) * bins + bin;
      if (!binned_.defined()) binned_ = at::zeros({2, columns, bins}, bin.options());
      binned_.view({-1}).scatter_add_(0, place.reshape({-1}), at::ones({place.numel()}, bin.options()));
    }
    kept_ = 0;
  }

  [[nodiscard]] std::vector<OrderedPairs> by_bins() const {
    const at::Tensor counts = binned_.cpu().contiguous();
    const auto columns = static_cast<std::size_t>(counts.size(1));
    const auto bins = static_cast<std::size_t>(counts.size(2));
    const auto* positive = counts.data_ptr<std::int64_t>();
    const auto* negative = positive + columns * bins;
    std::vector<OrderedPairs> pairs(columns);
    for (std::size_t i = 0; i < columns * bins; ++i) pairs[i / bins].add(positive[i], negative[i]);
    return pairs;
  }

  [[nodiscard]] std::vector<OrderedPairs> by_scores() const {
    if (parts_.empty()) return {};
    std::vector<at::Tensor> scores;
    std::vector<at::Tensor> positives;
    for (const Part& part : parts_) {
      scores.push_back(part.scores.cpu());
      positives.push_back(part.positive.cpu());
    }
    const auto [sorted, order] = at::cat(scores, 0).t().contiguous().sort(1);  // columns × rows
    const at::Tensor truth = at::cat(positives, 0).t().contiguous();
    const auto rows = static_cast<std::size_t>(sorted.size(1));
    std::vector<OrderedPairs> pairs(static_cast<std::size_t>(sorted.size(0)));
    const auto* score = sorted.data_ptr<double>();
    const auto* index = order.data_ptr<std::int64_t>();
    const auto* of = truth.data_ptr<bool>();
    for (std::size_t c = 0; c < pairs.size(); ++c, score += rows, index += rows, of += rows)
      for (std::size_t row = 0; row < rows;) {
        const double group = score[row];  // NaN equals nothing and stands alone
        std::int64_t positive = 0;
        std::int64_t all = 0;
        do {
          positive += of[index[row++]] ? 1 : 0;
          ++all;
        } while (row < rows && score[row] == group);
        pairs[c].add(positive, all - positive);
      }
    return pairs;
  }

  std::vector<Part> parts_{};
  std::int64_t kept_ = 0;  ///< scores in parts_
  at::Tensor binned_{};    ///< i64, (positive, negative) × columns × bins; undefined: all are in parts_
};

/// Of class 1 where there are two, else of each class against the rest: scikit-learn's
/// roc_auc_score(multi_class="ovr").
class ClassAuc final : public ColumnAuc {
 public:
  void add(const Compared& rows) override {
    const at::Tensor probabilities = rows.probabilities();
    const bool two = probabilities.size(1) == 2;
    const at::Tensor scores = at::logit(two ? probabilities.narrow(1, 1, 1) : probabilities, 1e-16);
    const at::Tensor truth = rows.true_class().reshape({-1, 1});
    const at::Tensor positive = two ? truth.eq(1) : truth.eq(at::arange(scores.size(1), truth.options()).unsqueeze(0));
    take({scores, positive});
  }
};

/// Of each label of several, scikit-learn's roc_auc_score(average="macro"). A prediction is the log-odds itself.
class LabelAuc final : public ColumnAuc {
 public:
  void add(const Compared& rows) override {
    const at::Tensor scores = rows.prediction().reshape({rows.rows(), -1}).to(at::kDouble);
    take({scores, rows.target().gt(0.5).view_as(scores)});
  }
};

const MetricRule kAuc{.name = "AUC",
                      .target = TargetKind::Classes,
                      .unit = kShareUnit,
                      .while_training = false,  // it keeps scores and sorts them
                      .by_default = false,
                      .ranks_scores = true,
                      .make = []() -> std::unique_ptr<Metric> { return std::make_unique<ClassAuc>(); }};

const MetricRule kLabelAuc{.name = "AUC",
                           .target = TargetKind::Labels,
                           .unit = kShareUnit,
                           .while_training = false,
                           .by_default = false,
                           .ranks_scores = true,
                           .make = []() -> std::unique_ptr<Metric> { return std::make_unique<LabelAuc>(); }};

}  // namespace
}  // namespace feedline::inline training

FEEDLINE_METRIC(kAuc)
FEEDLINE_METRIC(kLabelAuc)
