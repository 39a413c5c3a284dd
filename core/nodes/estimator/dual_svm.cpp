// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/estimator/dual_svm.h"

#include "nodes/estimator/row_products.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>
#include <vector>

namespace feedline::inline nodes {
namespace {

/// Multiplications between two looks at whether to go on.
constexpr std::size_t kDualLook = 4'000'000;

}  // namespace

DualSvm::End DualSvm::solve(const Rows& rows, std::span<double> weights,
                            const std::function<std::size_t(std::size_t)>& random,
                            const std::function<bool(double)>& told) const {
  constexpr double kInfinite = std::numeric_limits<double>::infinity();
  const std::size_t columns = rows.columns;
  const std::size_t rows_a_look = std::max<std::size_t>(1, kDualLook / (columns + 1));
  std::vector<double> alpha(rows.count, 0);
  std::vector<double> diagonal(rows.count);
  for (std::size_t i = 0; i < rows.count; ++i) {
    const float* row = rows.row(i);
    diagonal[i] = 1 + (squared ? 0.5 / rows.costs[i] : 0);
    for (std::size_t j = 0; j < columns; ++j) diagonal[i] += static_cast<double>(row[j]) * static_cast<double>(row[j]);
    if (i % rows_a_look == 0 && !told(0)) return End::Stopped;
  }
  std::vector<std::size_t> order(rows.count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::size_t active = rows.count;  // the others are at a bound and stay there: "shrunk"
  double most_before = kInfinite;
  double least_before = -kInfinite;
  std::size_t looked = 0;
  for (std::int64_t iteration = 0; iteration < iterations; ++iteration) {
    double most = -kInfinite;
    double least = kInfinite;
    for (std::size_t i = 0; i < active; ++i) std::swap(order[i], order[i + random(active - i)]);
    for (std::size_t s = 0; s < active; ++s) {
      if (++looked % rows_a_look == 0 && !told(static_cast<double>(iteration) / static_cast<double>(iterations)))
        return End::Stopped;
      const std::size_t i = order[s];
      const double side = rows.sides[i];
      const float* row = rows.row(i);
      const double bound = squared ? kInfinite : rows.costs[i];
      const double gradient = side * (weighted_sum_of(row, weights.data(), columns) + weights[columns]) - 1 +
                              (squared ? alpha[i] * 0.5 / rows.costs[i] : 0);
      double projected = gradient;
      if (alpha[i] == 0) {
        if (gradient > most_before) {
          std::swap(order[s--], order[--active]);
          continue;
        }
        projected = std::min(gradient, 0.0);
      } else if (alpha[i] == bound) {
        if (gradient < least_before) {
          std::swap(order[s--], order[--active]);
          continue;
        }
        projected = std::max(gradient, 0.0);
      }
      most = std::max(most, projected);
      least = std::min(least, projected);
      if (std::abs(projected) <= 1e-12) continue;
      const double old = alpha[i];
      alpha[i] = std::clamp(old - gradient / diagonal[i], 0.0, bound);
      const double change = (alpha[i] - old) * side;
      add_scaled(change, row, weights.data(), columns);
      weights[columns] += change;
    }
    if (active == 0 || most - least <= tolerance) {
      if (active == rows.count) return End::Converged;
      active = rows.count;  // once more over all of them
      most_before = kInfinite;
      least_before = -kInfinite;
      continue;
    }
    most_before = most <= 0 ? kInfinite : most;
    least_before = least >= 0 ? -kInfinite : least;
    if (!told(static_cast<double>(iteration + 1) / static_cast<double>(iterations))) return End::Stopped;
  }
  return End::OutOfIterations;
}

}  // namespace feedline::inline nodes
