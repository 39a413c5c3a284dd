// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to diagnosis/fixes: what numbers of each record cost whoever learns from them.

#include "diagnosis/fix.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace feedline::inline diagnosis {

/// Numbers below which nothing is wide.
inline constexpr std::int64_t kWide = 64;

/// A vector of features as it reaches the batch, and what it costs there.
struct WideField {
  std::string name{};      ///< the input of the batch
  PortRef from{};          ///< what is wired to it
  std::int64_t width = 0;  ///< numbers of a record
  /// Of the step, the share that grows with them: the layers that read them, or an estimator taking rows in.
  double of_step = 0;
  double of_network = 0;  ///< of its arithmetic, the part of these layers; 0: an estimator learns, or it is not known
  double of_fit = 0;      ///< of an estimator's time, taking rows in and waiting for them included, its fits
};

/// Those that have been measured. Nothing of a network is known whose layers take something else besides.
[[nodiscard]] std::vector<WideField> wide_fields(const FixContext& context);

/// The rate of `after`, which has what becomes of the data side, where the field's records keep this share of their
/// numbers, beside the rate as it is; an estimator's fits are counted, by how those of its kind grow.
[[nodiscard]] double ratio_of_narrower(const FixContext& context, CostModel after, const WideField& field, double kept);

/// Of the estimator's fits, the share that is taken not to grow with its features.
[[nodiscard]] double fixed_of_fit(const FixContext& context);

/// Where does the estimator's time lie in its fits? Nothing that compares rates of steps sees a gain there.
[[nodiscard]] bool fits_decide(const WideField& field);

}  // namespace feedline::inline diagnosis
