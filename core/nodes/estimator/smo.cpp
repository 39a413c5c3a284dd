// SPDX-License-Identifier: GPL-3.0-or-later
#include "nodes/estimator/smo.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace feedline::inline nodes {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kLeastCurvature = 1e-12;
constexpr std::uint64_t kLeastIterations = 10'000'000;  ///< that may be taken, as in libsvm
constexpr std::size_t kNoVariable = static_cast<std::size_t>(-1);

class SmoSolver {
 public:
  SmoSolver(const Smo::Problem& problem, KernelRows& kernel)
      : problem_(problem), kernel_(kernel), size_(problem.sides.size()), points_(kernel.size()), alpha_(size_, 0) {
    for (std::size_t i = 0; i < size_; ++i) slope_.push_back(side(i) * problem_.linear[i]);
  }

  Smo::Solution solve(double tolerance, FitPace& pace, double from, double to) {
    const std::uint64_t most = std::max<std::uint64_t>(kLeastIterations, 100 * size_);
    double first_gap = 0;
    double done = 0;
    for (std::uint64_t iteration = 0; iteration < most; ++iteration) {
      const std::size_t i = choose_first();
      if (i == kNoVariable) break;
      const float* row_i = kernel_.row(point(i), pace);
      if (row_i == nullptr) return {.end = Smo::End::Stopped};
      const auto [j, gap] = choose_second(i, row_i);
      if (j == kNoVariable || gap < tolerance) break;
      if (iteration == 0) first_gap = gap;
      const float* row_j = kernel_.row(point(j), pace);
      if (row_j == nullptr) return {.end = Smo::End::Stopped};
      step(i, j, row_i, row_j);
      done = std::max(done, std::log(first_gap / gap) / std::log(std::max(first_gap / tolerance, 2.0)));
      pace.at(from + (to - from) * std::min(done, 1.0));
      if (!pace.go_on()) return {.end = Smo::End::Stopped};
      if (iteration + 1 == most) return {Smo::End::OutOfIterations, alpha_, rho()};
    }
    return {Smo::End::Converged, alpha_, rho()};
  }

 private:
  [[nodiscard]] double side(std::size_t i) const { return problem_.sides[i]; }
  [[nodiscard]] std::size_t point(std::size_t i) const { return i < points_ ? i : i - points_; }
  [[nodiscard]] bool at_upper(std::size_t i) const { return alpha_[i] >= problem_.bounds[i]; }
  [[nodiscard]] bool at_lower(std::size_t i) const { return alpha_[i] <= 0; }
  /// May its part of the sum of s a grow, or fall?
  [[nodiscard]] bool may_rise(std::size_t i) const { return problem_.sides[i] > 0 ? !at_upper(i) : !at_lower(i); }
  [[nodiscard]] bool may_fall(std::size_t i) const { return problem_.sides[i] > 0 ? !at_lower(i) : !at_upper(i); }

  /// The steepest that may rise.
  [[nodiscard]] std::size_t choose_first() const {
    std::size_t best = kNoVariable;
    double least = kInfinity;
    for (std::size_t i = 0; i < size_; ++i)
      if (slope_[i] <= least && may_rise(i)) {
        least = slope_[i];
        best = i;
      }
    return best;
  }

  struct Second {
    std::size_t variable;
    double gap;  ///< by how far optimality is violated
  };
  /// Of those that may fall the one with which the objective falls furthest, by its second derivative.
  [[nodiscard]] Second choose_second(std::size_t i, const float* row) const {
    Second second{kNoVariable, -kInfinity};
    const double own = kernel_.diagonal(point(i));
    double furthest = 0;
    for (std::size_t j = 0; j < size_; ++j) {
      if (!may_fall(j)) continue;
      const double apart = slope_[j] - slope_[i];
      second.gap = std::max(second.gap, apart);
      if (apart <= 0) continue;
      const double curvature = own + kernel_.diagonal(point(j)) - 2 * static_cast<double>(row[point(j)]);
      const double fall = apart * apart / (curvature > 0 ? curvature : kLeastCurvature);
      if (fall >= furthest) {
        furthest = fall;
        second.variable = j;
      }
    }
    return second;
  }

  void step(std::size_t i, std::size_t j, const float* row_i, const float* row_j) {
    const double bound_i = problem_.bounds[i];
    const double bound_j = problem_.bounds[j];
    const double old_i = alpha_[i];
    const double old_j = alpha_[j];
    double& a = alpha_[i];
    double& b = alpha_[j];
    const double curvature =
        kernel_.diagonal(point(i)) + kernel_.diagonal(point(j)) - 2 * static_cast<double>(row_i[point(j)]);
    const double length = (slope_[j] - slope_[i]) / (curvature > 0 ? curvature : kLeastCurvature);  // of s a
    a += side(i) * length;
    b -= side(j) * length;
    // Back into the square of bounds along the line on which the sum of s a is the same.
    if (problem_.sides[i] != problem_.sides[j]) {
      const double apart = old_i - old_j;
      if (apart > 0 ? b < 0 : a < 0) {
        a = std::max(apart, 0.0);
        b = std::max(-apart, 0.0);
      }
      if (apart > bound_i - bound_j) {
        if (a > bound_i) {
          a = bound_i;
          b = bound_i - apart;
        }
      } else if (b > bound_j) {
        b = bound_j;
        a = bound_j + apart;
      }
    } else {
      const double sum = old_i + old_j;
      if (sum > bound_i) {
        if (a > bound_i) {
          a = bound_i;
          b = sum - bound_i;
        }
      } else if (b < 0) {
        b = 0;
        a = sum;
      }
      if (sum > bound_j) {
        if (b > bound_j) {
          b = bound_j;
          a = sum - bound_j;
        }
      } else if (a < 0) {
        a = 0;
        b = sum;
      }
    }
    const double by_i = side(i) * (a - old_i);
    const double by_j = side(j) * (b - old_j);
    for (std::size_t first = 0; first < size_; first += points_) {
      double* slopes = slope_.data() + first;
      for (std::size_t k = 0; k < points_; ++k)
        slopes[k] += by_i * static_cast<double>(row_i[k]) + by_j * static_cast<double>(row_j[k]);
    }
  }

  /// The mean slope of the variables that are free; without any the middle of where it may be.
  [[nodiscard]] double rho() const {
    double sum = 0;
    std::size_t free = 0;
    double high = kInfinity;
    double low = -kInfinity;
    for (std::size_t i = 0; i < size_; ++i) {
      if (!at_upper(i) && !at_lower(i)) {
        sum += slope_[i];
        ++free;
      } else if (may_rise(i)) {
        high = std::min(high, slope_[i]);
      } else {
        low = std::max(low, slope_[i]);
      }
    }
    return free > 0 ? sum / static_cast<double>(free) : (high + low) / 2;
  }

  const Smo::Problem& problem_;
  KernelRows& kernel_;
  std::size_t size_;
  std::size_t points_;
  std::vector<double> alpha_;
  std::vector<double> slope_{};  ///< of the objective along s a, for each variable
};

}  // namespace

Smo::Solution Smo::solve(const Problem& problem, KernelRows& kernel, FitPace& pace, double from, double to) const {
  return SmoSolver(problem, kernel).solve(tolerance, pace, from, to);
}

}  // namespace feedline::inline nodes
