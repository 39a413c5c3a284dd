// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// How much a feature tells of the target, one feature at a time. Each takes the training records one by one.

#include "base/error.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>
#include <string_view>
#include <vector>

namespace feedline::inline nodes {

/// A score a feature: the higher, the more it tells. 0 where it is not defined (a feature of one value).
class FeatureScorer {
 public:
  FeatureScorer() = default;
  FeatureScorer(const FeatureScorer&) = delete;
  FeatureScorer& operator=(const FeatureScorer&) = delete;
  virtual ~FeatureScorer() = default;
  /// `target`: a class below `classes`, or a number. Errors end the fit.
  virtual Status take(std::span<const float> features, double target) = 0;
  /// Errors: stopped.
  [[nodiscard]] virtual Result<std::vector<double>> scores(const std::stop_token& stop) const = 0;
};

/// The ratio of the variances between and within the classes (one-way analysis of variance): scikit-learn's f_classif.
[[nodiscard]] std::unique_ptr<FeatureScorer> class_f_scorer(std::size_t width, std::size_t classes);
/// F of the correlation with a number, r^2 / (1 - r^2) (n - 2): scikit-learn's f_regression.
[[nodiscard]] std::unique_ptr<FeatureScorer> number_f_scorer(std::size_t width);
/// Of frequencies and counts: how far the sum of a feature in each class is from what the class's share of the records
/// would give: scikit-learn's chi2. Errors: a feature below 0.
[[nodiscard]] std::unique_ptr<FeatureScorer> chi2_scorer(std::size_t width, std::size_t classes);

/// Intervals of equal frequency that mutual information is estimated on, and records that it keeps for that.
inline constexpr std::size_t kInformationBins = 16;
inline constexpr std::size_t kInformationRecords = 16'384;
/// Mutual information in nats, by counting: a feature (and a target that is a number: `classes` 0) is divided into
/// kInformationBins intervals of equal frequency, equal values staying together; one of no more different values than
/// that is taken as it is. Of more than kInformationRecords records as many are drawn, by numbers that depend on their
/// order alone (J. S. Vitter, "Random sampling with a reservoir", 1985): unlike scikit-learn's estimate by nearest
/// neighbours with noise, it gives the same each time. Of features that are classes themselves it is equal to
/// mutual_info_classif(discrete_features=True).
[[nodiscard]] std::unique_ptr<FeatureScorer> information_scorer(std::size_t width, std::size_t classes);

/// The interval of each number: 0 up to kInformationBins - 1. Those of rank r of n lie in interval r * bins / n, r that
/// of the first number equal to it.
[[nodiscard]] std::vector<std::uint8_t> equal_frequency_bins(std::span<const float> numbers);

}  // namespace feedline::inline nodes
