// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "nodes/estimator/fit_pace.h"
#include "nodes/estimator/learner_rows.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace feedline::inline nodes {

/// A binary tree that asks at each node whether one feature is at most a threshold.
/// Source: Breiman et al., "Classification and Regression Trees", 1984.
struct CartTree {
  enum class Criterion : std::uint8_t { Gini, Entropy, SquaredError };
  struct Limits {
    Criterion criterion = Criterion::Gini;
    std::int64_t depth = 0;       ///< 0: as deep as the data ask for
    std::int64_t split_rows = 2;  ///< fewer are not divided
    std::int64_t leaf_rows = 1;   ///< in each leaf at least
  };

  std::size_t columns = 0;
  std::size_t outputs = 0;
  std::vector<std::int64_t> features{};  ///< of each node; -1: a leaf
  std::vector<double> thresholds{};
  std::vector<std::int64_t> next{};  ///< the left child, and behind it the right one; of a leaf its number
  std::vector<float> leaves{};       ///< leaves × outputs: the classes' shares, or the mean

  /// The best split of every feature is looked at, at every node. False: a stop was asked for.
  [[nodiscard]] bool grow(const LearnerRows& rows, const Limits& limits, FitPace& pace);
  /// What its leaf says of a row.
  [[nodiscard]] std::span<const float> leaf_of(const float* row) const;
  [[nodiscard]] std::size_t depth() const;

  [[nodiscard]] NamedTensors state() const;
  /// Errors: those of Estimator::load(); a tree that does not end.
  [[nodiscard]] static Result<CartTree> of(const NamedTensors& state, std::size_t columns, std::size_t outputs);
};

}  // namespace feedline::inline nodes
