// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace feedline::inline nodes {

/// The sigmoid that turns a decision into the probability of the positive side: 1 / (1 + exp(slope decision + offset)).
/// Source: Lin, Lin and Weng, "A note on Platt's probabilistic outputs for support vector machines", 2007.
struct PlattSigmoid {
  double slope = -1;
  double offset = 0;

  /// Fitted to decisions and the sides (1, -1) that they should have told.
  [[nodiscard]] static PlattSigmoid of(std::span<const double> decisions, std::span<const signed char> sides);
  [[nodiscard]] double operator()(double decision) const;
};

/// One probability a class, of those between each two: pairs[a * classes + b] is that of a where it is a or b.
/// Source: Wu, Lin and Weng, "Probability estimates for multi-class classification by pairwise coupling", JMLR 2004.
void couple_pairs(std::span<const double> pairs, std::span<double> shares);

}  // namespace feedline::inline nodes
