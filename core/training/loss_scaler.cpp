// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/loss_scaler.h"

#include <cmath>
#include <limits>

namespace feedline::inline training {

void LossScaler::update(bool finite) {
  if (!finite) {
    scale_ *= kBackoff;
    good_steps_ = 0;
    return;
  }
  if (++good_steps_ < kGrowthInterval) return;
  good_steps_ = 0;
  if (const float grown = scale_ * kGrowth; std::isfinite(grown)) scale_ = grown;
}

void LossScaler::restore(const State& state) {
  scale_ = static_cast<float>(state.scale);
  good_steps_ = state.good_steps;
}

bool LossScaler::is_sound(const State& state) {
  return state.scale > 0 && state.scale <= static_cast<double>(std::numeric_limits<float>::max()) &&
         state.good_steps >= 0 && state.good_steps < kGrowthInterval;
}

}  // namespace feedline::inline training
