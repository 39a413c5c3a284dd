// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/estimator/dual_svm.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>
#include <vector>

namespace feedline::inline nodes {
namespace {

/// Multiplications between two looks at whether to go on.
constexpr double kDualLook = 4e6;
/// Rows between the one that is looked at and the one that is fetched.
constexpr std::size_t kDualAhead = 2;

}  // namespace

DualSvm::End DualSvm::solve(const Rows& rows, std::span<double> weights,
                            const std::function<std::size_t(std::size_t)>& random,
                            const std::function<bool(double)>& told) const {
  constexpr double kInfinite = std::numeric_limits<double>::infinity();
  const std::size_t count = rows.rows.count();
  const std::size_t columns = rows.rows.columns();
  const auto rows_a_look = static_cast<std::size_t>(kDualLook / (rows.rows.width() + 1)) + 1;
  std::vector<double> alpha(count, 0);
  std::vector<double> diagonal(count);
  for (std::size_t i = 0; i < count; ++i) {
    diagonal[i] = 1 + (squared ? 0.5 / rows.costs[i] : 0) + rows.rows.squares(i);
    if (i % rows_a_look == 0 && !told(0)) return End::Stopped;
  }
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::size_t active = count;  // the others are at a bound and stay there: "shrunk"
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
      rows.rows.fetch(order[std::min(s + kDualAhead, active - 1)]);
      const double bound = squared ? kInfinite : rows.costs[i];
      const double gradient = side * (rows.rows.weighted_sum(i, weights.data()) + weights[columns]) - 1 +
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
      rows.rows.add_scaled(change, i, weights.data());
      weights[columns] += change;
    }
    if (active == 0 || most - least <= tolerance) {
      if (active == count) return End::Converged;
      active = count;  // once more over all of them
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
