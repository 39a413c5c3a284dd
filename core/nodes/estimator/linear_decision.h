// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "nodes/estimator/learner_rows.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace feedline::inline nodes {

/// What linear learners of classes have learnt: a plane a class, or one alone between two classes, whose positive side
/// is the second.
struct LinearDecision {
  std::size_t columns = 0;
  std::vector<std::int64_t> classes{};  ///< that were seen, ascending; two or more
  std::vector<double> weights{};        ///< planes × columns
  std::vector<double> intercepts{};     ///< one a plane

  [[nodiscard]] static LinearDecision zeros(const PresentClasses& present, std::size_t columns);
  [[nodiscard]] std::size_t planes() const { return intercepts.size(); }
  [[nodiscard]] double score(const float* row, std::size_t plane) const;
  /// One number a plane.
  void scores(const float* row, std::span<double> out) const;
  /// All classes of the target, 1 for the one whose plane is furthest below the row.
  void choose(std::span<const double> scores, std::span<float> out) const;

  [[nodiscard]] NamedTensors state() const;
  /// Errors: those of Estimator::load().
  [[nodiscard]] static Result<LinearDecision> of(const NamedTensors& state, std::size_t columns, std::int64_t all);
};

/// The classes that a fit has seen, out of a kept state: ascending, inside [0, all), two or more.
[[nodiscard]] Result<std::vector<std::int64_t>> kept_classes(const NamedTensors& state, std::int64_t all);

}  // namespace feedline::inline nodes
