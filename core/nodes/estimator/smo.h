// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "nodes/estimator/kernel_rows.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace feedline::inline nodes {

/// Sequential minimal optimisation of the dual of a support vector machine,
///   min ½ Σ aᵢ aⱼ sᵢ sⱼ K(i, j) + Σ pᵢ aᵢ   with   0 <= aᵢ <= boundᵢ,   Σ sᵢ aᵢ = 0,
/// which picks its pairs as libsvm does, and so ends at libsvm's support vectors. Where there are twice as many
/// variables as the kernel has points, the second half has the same points (regression).
/// Source: Fan, Chen and Lin, "Working set selection using second order information for training SVM", JMLR 2005.
struct Smo {
  double tolerance = 1e-3;  ///< of the largest violation of the optimality conditions

  struct Problem {
    std::span<const signed char> sides{};  ///< s: 1 or -1
    std::span<const double> linear{};      ///< p
    std::span<const double> bounds{};
  };
  enum class End : std::uint8_t { Converged, OutOfIterations, Stopped };
  struct Solution {
    End end = End::Converged;
    std::vector<double> alpha{};
    double rho = 0;  ///< the decision is Σ sᵢ aᵢ K(i, x) - rho
  };

  /// `from` and `to`: the shares of the whole fit that this one is, as it tells `pace`.
  [[nodiscard]] Solution solve(const Problem& problem, KernelRows& kernel, FitPace& pace, double from, double to) const;
};

}  // namespace feedline::inline nodes
