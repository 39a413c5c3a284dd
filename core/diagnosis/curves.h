// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/results.h"

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline diagnosis {

/// What is known of one epoch of a run.
struct EpochPoint {
  std::uint32_t epoch = 0;  ///< from 1
  Metrics metrics{};        ///< training's and validation's, the losses among them
  double wall_s = 0;        ///< training and validation
  double learning_rate = std::numeric_limits<double>::quiet_NaN();  ///< at its end; NaN: not known
};

/// What the curves of a run say of how it learnt.
enum class CurveKind {
  RateTooHigh,   ///< the training loss rose, or swings
  Overfitting,   ///< validation became worse while training went on becoming better
  Underfitting,  ///< the training data themselves are not fitted, and nothing moves
  RateTooLow,    ///< a slow fall that has not slowed down
  Plateau,       ///< the last epochs brought nothing
};
/// For JSON: rate_too_high, overfitting, ...
[[nodiscard]] std::string_view name(CurveKind kind);

/// One thing that was found, with the numbers that it rests on.
struct CurveFinding {
  CurveKind kind = CurveKind::Plateau;
  std::string headline{};               ///< "Over-fitting: validation was best in epoch 4 of 12."
  std::vector<std::string> evidence{};  ///< sentences
  std::string remedy{};                 ///< what to change, and what that should bring
  /// All of it as one paragraph.
  [[nodiscard]] std::string text() const;
};

/// Epochs below which nothing is said.
inline constexpr std::size_t kEpochsNeeded = 4;

/// Pure: the most telling finding first; none where the curves look well or are too short. Early stopping's patience
/// and the rules of thumb for learning rates follow Prechelt, "Early stopping - but when?" (1998), and Smith, "A
/// disciplined approach to neural network hyper-parameters" (2018). `optimizer`: the node whose learning rate it is;
/// empty: an estimator, of which only over- and under-fitting are told.
[[nodiscard]] std::vector<CurveFinding> judge_curves(std::span<const EpochPoint> epochs, std::string_view optimizer);

}  // namespace feedline::inline diagnosis
