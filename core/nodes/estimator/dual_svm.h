// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "nodes/estimator/product_rows.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>

namespace feedline::inline nodes {

/// One linear support vector machine, as liblinear solves it: dual coordinate descent, which sees a row at a time.
/// Source: Hsieh et al., "A dual coordinate descent method for large-scale linear SVM", ICML 2008.
struct DualSvm {
  bool squared = true;  ///< the hinge loss squared
  double tolerance = 1e-4;
  std::int64_t iterations = 1000;  ///< over all rows, at most

  struct Rows {
    const ProductRows& rows;
    std::span<const signed char> sides{};  ///< 1 or -1
    std::span<const double> costs{};       ///< C of each row
  };
  enum class End : std::uint8_t { Converged, OutOfIterations, Stopped };

  /// `weights`: columns + 1 numbers, 0 at first; the last is the intercept, which is penalised as if every row had a
  /// feature of 1. `random`: a number below its argument. `told`: the share of iterations done; false: a stop.
  [[nodiscard]] End solve(const Rows& rows, std::span<double> weights,
                          const std::function<std::size_t(std::size_t)>& random,
                          const std::function<bool(double)>& told) const;
};

}  // namespace feedline::inline nodes
