// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "nodes/estimator/kernel_rows.h"
#include "nodes/estimator/learner_rows.h"
#include "nodes/estimator/platt.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace feedline::inline nodes {

/// What a kernel machine has learnt: support vectors, class by class, and how much each counts between its class and
/// every other. Between two classes, and of a number, there is one decision.
struct SvmModel {
  KernelFunction kernel{};
  std::size_t columns = 0;
  std::vector<std::int64_t> classes{};  ///< that were seen; of a number none
  std::vector<std::int64_t> counts{};   ///< support vectors of each class; of a number one count
  std::vector<float> vectors{};         ///< rows of `columns`
  /// (classes - 1) × vectors, as libsvm has them: of a vector of class a against class b the row b - 1, or b where b <
  /// a.
  std::vector<double> coefficients{};
  std::vector<double> rhos{};            ///< one a pair, (0, 1), (0, 2), ..., (1, 2), ...
  std::vector<PlattSigmoid> sigmoids{};  ///< one a pair; none: no probabilities

  [[nodiscard]] std::size_t size() const { return columns == 0 ? 0 : vectors.size() / columns; }
  [[nodiscard]] std::size_t pairs() const { return rhos.size(); }
  [[nodiscard]] std::size_t rows_of_coefficients() const { return classes.empty() ? 1 : classes.size() - 1; }
  /// rows × pairs() numbers for rows of features.
  void decisions(std::span<const float* const> rows, std::vector<double>& out) const;
  /// All of the target's classes: the probabilities, or 1 for the class that wins most pairs.
  void choose(std::span<const double> decisions, std::span<float> out) const;

  [[nodiscard]] NamedTensors state() const;
  /// Errors: those of Estimator::load(). `kernel` and whether there are sigmoids follow from the parameters; its gamma
  /// is kept.
  [[nodiscard]] static Result<SvmModel> of(const NamedTensors& state, const KernelFunction& kernel, std::size_t columns,
                                           std::int64_t all, bool probabilities);
};

}  // namespace feedline::inline nodes
