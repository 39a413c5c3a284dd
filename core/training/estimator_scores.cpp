// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/estimator_scores.h"

#include <algorithm>
#include <cmath>

namespace feedline::inline training {
namespace {

/// A probability of 0 would make the mean loss infinite, whatever the other rows.
constexpr double kLeastProbability = 1e-12;

}  // namespace

EstimatorScores::EstimatorScores(const EstimatorPlan& plan, std::span<const std::string> wanted, bool probabilities)
    : classes_(static_cast<std::size_t>(plan.classes)),
      probabilities_(probabilities),
      wanted_(wanted.begin(), wanted.end()),
      compared_({Comparison{.node = plan.node,
                            .target = plan.classes > 0 ? TargetKind::Classes : TargetKind::Numbers,
                            .classes = plan.classes,
                            .scores = probabilities}}),
      metrics_(compared_, wanted_, kValSplit) {}

Status EstimatorScores::check() const { return check_metrics(compared_, wanted_); }

void EstimatorScores::add_class(std::uint64_t record, std::int64_t label, std::span<const float> prediction) {
  const auto best = std::max_element(prediction.begin(), prediction.end());
  const double truth = prediction[static_cast<std::size_t>(label)];
  loss_ -= std::log(std::max(truth, kLeastProbability));
  ++rows_;
  evaluation_.begin(classes_);
  evaluation_.add(
      {.record = record, .label = label, .predicted = best - prediction.begin(), .truth = truth, .confidence = *best});
  predictions_.insert(predictions_.end(), prediction.begin(), prediction.end());
  labels_.push_back(label);
}

void EstimatorScores::add_number(float target, float prediction) {
  const double missed = static_cast<double>(prediction) - static_cast<double>(target);
  loss_ += missed * missed;
  residuals_.add(target, prediction);
  ++rows_;
  predictions_.push_back(prediction);
  numbers_.push_back(target);
}

void EstimatorScores::end_batch() {
  if (predictions_.empty()) return;
  const bool numbers = classes_ == 0;
  const auto rows = static_cast<std::int64_t>(numbers ? numbers_.size() : labels_.size());
  const at::Tensor prediction =
      at::from_blob(predictions_.data(), {rows, numbers ? 1 : static_cast<std::int64_t>(classes_)});
  const at::Tensor target =
      numbers ? at::from_blob(numbers_.data(), {rows}) : at::from_blob(labels_.data(), {rows}, at::kLong);
  const Compared compared(prediction.clone(), target.clone(), Scores::Probabilities);  // metrics may keep what they get
  metrics_.add(std::span(&compared, 1));
  predictions_.clear();
  labels_.clear();
  numbers_.clear();
}

Learner::Progress EstimatorScores::read() {
  end_batch();
  Learner::Progress means;
  if (rows_ > 0 && (classes_ == 0 || probabilities_)) means.loss = loss_ / static_cast<double>(rows_);
  means.metrics = metrics_.values();
  metrics_.clear();
  loss_ = 0;
  rows_ = 0;
  return means;
}

}  // namespace feedline::inline training
