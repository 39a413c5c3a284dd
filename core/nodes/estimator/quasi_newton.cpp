// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/estimator/quasi_newton.h"

#include "nodes/estimator/row_products.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <utility>

namespace feedline::inline nodes {
namespace {

constexpr std::size_t kPairsKept = 10;
constexpr int kMostHalvings = 50;
constexpr double kSufficient = 1e-4;  ///< Armijo's condition

double dot_of(const std::vector<double>& a, const std::vector<double>& b) {
  return product_of(a.data(), b.data(), a.size());
}

double largest_of(const std::vector<double>& numbers) {
  double most = 0;
  for (const double number : numbers) most = std::max(most, std::abs(number));
  return most;
}

/// A step and what it changed of the gradient.
struct CurvaturePair {
  std::vector<double> step;
  std::vector<double> change;
  double inverse;  ///< of their product
};

/// -H gradient, by the two-loop recursion.
std::vector<double> quasi_newton_direction(const std::deque<CurvaturePair>& pairs,
                                           const std::vector<double>& gradient) {
  std::vector<double> direction = gradient;
  std::vector<double> shares(pairs.size());
  for (std::size_t i = pairs.size(); i-- > 0;) {
    shares[i] = pairs[i].inverse * dot_of(pairs[i].step, direction);
    for (std::size_t j = 0; j < direction.size(); ++j) direction[j] -= shares[i] * pairs[i].change[j];
  }
  if (!pairs.empty()) {
    const double scale = 1 / (pairs.back().inverse * dot_of(pairs.back().change, pairs.back().change));
    for (double& number : direction) number *= scale;
  }
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    const double back = shares[i] - pairs[i].inverse * dot_of(pairs[i].change, direction);
    for (std::size_t j = 0; j < direction.size(); ++j) direction[j] += back * pairs[i].step[j];
  }
  for (double& number : direction) number = -number;
  return direction;
}

}  // namespace

QuasiNewton::End QuasiNewton::minimise(std::vector<double>& at, const Evaluate& evaluate, const Told& told) const {
  const std::size_t size = at.size();
  const auto with_l1 = [&](double value, const std::vector<double>& where) {
    if (l1 <= 0) return value;
    double sum = 0;
    for (std::size_t i = 0; i < penalised; ++i) sum += std::abs(where[i]);
    return value + l1 * sum;
  };
  // Of the two slopes at a kink the one that leads down; 0 where neither does.
  const auto slope_of = [&](const std::vector<double>& where, const std::vector<double>& gradient) {
    std::vector<double> slope = gradient;
    for (std::size_t i = 0; l1 > 0 && i < penalised; ++i) {
      if (where[i] != 0)
        slope[i] += where[i] > 0 ? l1 : -l1;
      else
        slope[i] = gradient[i] + l1 < 0 ? gradient[i] + l1 : gradient[i] - l1 > 0 ? gradient[i] - l1 : 0;
    }
    return slope;
  };

  std::vector<double> gradient(size);
  double value = 0;
  if (!evaluate(at, value, gradient)) return End::Stopped;
  value = with_l1(value, at);
  std::deque<CurvaturePair> pairs;
  std::vector<double> next(size);
  std::vector<double> next_gradient(size);
  for (std::int64_t iteration = 1; iteration <= iterations; ++iteration) {
    const std::vector<double> slope = slope_of(at, gradient);
    if (largest_of(slope) <= tolerance) return End::Converged;
    std::vector<double> direction = quasi_newton_direction(pairs, slope);
    for (std::size_t i = 0; l1 > 0 && i < penalised; ++i)
      if (direction[i] * slope[i] >= 0) direction[i] = 0;
    if (dot_of(direction, slope) >= 0) {  // rounding has spoilt the curvature: straight down
      pairs.clear();
      for (std::size_t i = 0; i < size; ++i) direction[i] = -slope[i];
    }
    double length = pairs.empty() ? std::min(1.0, 1 / std::sqrt(dot_of(slope, slope))) : 1.0;
    double next_value = 0;
    bool lower = false;
    for (int halving = 0; halving < kMostHalvings && !lower; ++halving, length *= 0.5) {
      double promised = 0;
      for (std::size_t i = 0; i < size; ++i) {
        next[i] = at[i] + length * direction[i];
        if (l1 > 0 && i < penalised) {  // no number changes its sign within a step
          const double side = at[i] != 0 ? at[i] : -slope[i];
          if (next[i] * side <= 0) next[i] = 0;
        }
        promised += slope[i] * (next[i] - at[i]);
      }
      if (!evaluate(next, next_value, next_gradient)) return End::Stopped;
      next_value = with_l1(next_value, next);
      lower = next_value <= value + kSufficient * promised;
    }
    if (!lower) {
      if (pairs.empty()) return End::Converged;  // as low as numbers of this size can tell
      pairs.clear();
      continue;
    }
    CurvaturePair pair{.step = std::vector<double>(size), .change = std::vector<double>(size), .inverse = 0};
    for (std::size_t i = 0; i < size; ++i) {
      pair.step[i] = next[i] - at[i];
      pair.change[i] = next_gradient[i] - gradient[i];
    }
    const double curvature = dot_of(pair.step, pair.change);
    if (curvature > 1e-12 * dot_of(pair.change, pair.change)) {
      pair.inverse = 1 / curvature;
      pairs.push_back(std::move(pair));
      if (pairs.size() > kPairsKept) pairs.pop_front();
    }
    at.swap(next);
    gradient.swap(next_gradient);
    const double gain = value - next_value;
    value = next_value;
    told(iteration, value);
    if (least_gain > 0 && gain <= least_gain * std::max({std::abs(value), std::abs(value + gain), 1.0}))
      return End::Converged;
  }
  return largest_of(slope_of(at, gradient)) <= tolerance ? End::Converged : End::OutOfIterations;
}

}  // namespace feedline::inline nodes
