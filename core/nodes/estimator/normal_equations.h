// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "nodes/estimator/fit_pace.h"
#include "nodes/estimator/learner_rows.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace feedline::inline nodes {

/// Least squares in one pass: sums of products in doubles, solved by Cholesky's decomposition. Its memory is
/// columns² × 8 bytes, whatever the number of rows.
class NormalEquations {
 public:
  explicit NormalEquations(std::size_t columns);

  /// Rows × columns numbers, and a number a row.
  void add(std::span<const float> features, std::span<const double> numbers);

  struct Line {
    std::vector<double> weights{};
    double intercept = 0;
    double loss = 0;                     ///< mean squared error of the rows
    std::vector<std::size_t> dropped{};  ///< columns that follow from those before them; their weight is 0
  };
  /// The line with the least squared error plus `ridge` times its squared weights, in place of the sums. The intercept
  /// is not penalised. None: a stop was asked for.
  [[nodiscard]] std::optional<Line> solve(double ridge, FitPace& pace);

  /// Bytes that one keeps.
  [[nodiscard]] static double bytes(std::size_t columns);

 private:
  std::size_t columns_;
  double rows_ = 0;
  std::vector<double> shift_{};  ///< the first row: products of what is far from 0 would lose their digits
  double number_shift_ = 0;
  std::vector<double> sums_;      ///< of shifted columns
  std::vector<double> products_;  ///< columns × columns, of which the lower half is used
  std::vector<double> with_number_;
  double number_sum_ = 0;
  double number_square_ = 0;
  std::vector<double> room_{};
};

/// The estimator of linear_regression and ridge_regression.
[[nodiscard]] std::unique_ptr<Estimator> make_least_squares(double ridge, const EstimatorSetup& setup);

/// Errors: columns² numbers do not fit into memory.
[[nodiscard]] Status check_least_squares_memory(const EstimatorSetup& setup);

}  // namespace feedline::inline nodes
