// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace feedline::inline nodes {

/// Minimises a smooth convex function, plus l1 times the sum of the sizes of its first numbers.
/// Sources: Liu and Nocedal, "On the limited memory BFGS method for large scale optimization", 1989; where l1 > 0,
/// Andrew and Gao, "Scalable training of L1-regularized log-linear models", ICML 2007 (OWL-QN).
struct QuasiNewton {
  double tolerance = 1e-4;  ///< done when no part of the gradient is larger
  /// Done, too, when an iteration lowers the value by no larger share of it, or of 1 where it is smaller: L-BFGS-B's
  /// factr times the distance of two doubles. 0: never.
  double least_gain = 0;
  std::int64_t iterations = 100;
  double l1 = 0;
  std::size_t penalised = 0;  ///< so many numbers, the first, carry the l1

  /// The smooth part at `at`, and its gradient. False: a stop was asked for.
  using Evaluate = std::function<bool(std::span<const double> at, double& value, std::span<double> gradient)>;
  /// Behind each iteration, of how many: the value, with the l1.
  using Told = std::function<void(std::int64_t iteration, double value)>;

  enum class End : std::uint8_t { Converged, OutOfIterations, Stopped };
  [[nodiscard]] End minimise(std::vector<double>& at, const Evaluate& evaluate, const Told& told) const;

  /// Numbers that it keeps for each one that it minimises over.
  static constexpr std::size_t kNumbersKept = 26;
};

}  // namespace feedline::inline nodes
