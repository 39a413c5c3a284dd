// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training.

#include "training/evaluation_tally.h"
#include "training/metric_set.h"
#include "training/residual_tally.h"
#include "training/trainer_loop.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace feedline::inline training {

/// How good an estimator's predictions of a validation pass are: the mean of the loss over the rows, the metrics by
/// the rules that networks are measured by, the evaluation class by class.
class EstimatorScores {
 public:
  /// `wanted`: MeasuringSettings::metrics. `probabilities`: Estimator::gives_probabilities(); else there is no loss.
  EstimatorScores(const EstimatorPlan& plan, std::span<const std::string> wanted, bool probabilities);

  /// Can all that is wanted be measured? See check_metrics().
  [[nodiscard]] Status check() const;

  /// `prediction`: a probability a class. `label`: inside [0, classes).
  void add_class(std::uint64_t record, std::int64_t label, std::span<const float> prediction);
  void add_number(float target, float prediction);
  /// Those that were added since the last time go into the metrics: call it after each batch.
  void end_batch();

  /// The means, and a fresh start.
  [[nodiscard]] Learner::Progress read();
  [[nodiscard]] Evaluation take() { return evaluation_.take(); }
  [[nodiscard]] ResidualPlot take_residuals() { return residuals_.take(); }

 private:
  std::size_t classes_;
  bool probabilities_;
  std::vector<std::string> wanted_;
  std::vector<Comparison> compared_;
  MetricSet metrics_;
  EvaluationTally evaluation_{};
  ResidualTally residuals_{};
  double loss_ = 0;  ///< sums over rows: of -ln of the label's probability, or of squared errors
  std::uint64_t rows_ = 0;
  std::vector<float> predictions_{};  ///< of this batch, row by row
  std::vector<std::int64_t> labels_{};
  std::vector<float> numbers_{};
};

}  // namespace feedline::inline training
