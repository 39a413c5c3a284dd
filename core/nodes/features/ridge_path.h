// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "nodes/features/row_products.h"

#include <cstddef>
#include <stop_token>
#include <vector>

namespace feedline::inline nodes {

/// Ridge regression on fewer and fewer features, from sums of products alone: no record is looked at again.
///
/// With A = X^T X + alpha I of centred columns and its inverse P, the weights without feature j are
/// w - P_j w_j / P_jj, and their inverse is P - P_j P_j^T / P_jj (its inverse by blocks), so that removing one costs
/// O(features^2), not a new fit. P is computed anew now and then, so that rounding does not add up.
class RidgePath {
 public:
  /// `sums`: of rows of `features` features and then the targets. `standardise`: as if each feature had been divided
  /// by its standard deviation. `alpha` > 0.
  RidgePath(const CentredProducts& sums, std::size_t features, double alpha, bool standardise, std::stop_token stop);

  /// Fits all features. Errors: stopped; numbers that are too large.
  Status fit();
  /// Removes the `count` features of least weight; of equal ones those in front. Errors: as fit().
  Status remove(std::size_t count);
  /// Places of the features that are left, ascending.
  [[nodiscard]] const std::vector<std::size_t>& left() const { return left_; }
  /// Squared weights of a feature, over all targets, in the units that it is fitted in.
  [[nodiscard]] double importance(std::size_t feature) const;
  /// The mean squared error over the rows and targets of others, from their sums.
  [[nodiscard]] double error_on(const CentredProducts& others) const;

 private:
  Status invert();
  void drop(std::size_t feature);

  const CentredProducts& sums_;
  std::size_t features_;
  std::size_t targets_;
  double alpha_;
  std::stop_token stop_;
  std::vector<double> scale_;  ///< of each feature
  std::vector<std::size_t> left_{};
  std::vector<double> inverse_{};  ///< features × features; rows and columns of those left count
  std::vector<double> weights_{};  ///< features × targets
  std::size_t dropped_ = 0;        ///< since inverse_ was computed
};

}  // namespace feedline::inline nodes
