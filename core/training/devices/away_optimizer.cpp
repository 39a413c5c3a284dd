// SPDX-License-Identifier: GPL-3.0-or-later
// What the optimiser keeps on the devices of a network's stages: it steps there, and nothing is brought to the host but
// for a checkpoint, or whoever looks at it.
#include "training/flat_optimizer.h"

#include <algorithm>
#include <utility>

namespace feedline::inline training {

void FlatOptimizer::make_away(const FlatParameters& parameters) {
  for (const FlatParameters::Away& away : parameters.away()) {
    AwayBlock block{.place = away.place, .weights = away.values};
    if (settings_.ema > 0) block.average = away.values.clone();
    away_.push_back(std::move(block));
  }
}

const FlatOptimizer::AwayBlock* FlatOptimizer::away_at(std::int64_t place) const {
  const auto found =
      std::find_if(away_.begin(), away_.end(), [place](const AwayBlock& away) { return away.place.holds(place); });
  return found == away_.end() ? nullptr : &*found;
}

/// No slots are sharded over ranks then, so that they have the layout of all parameters.
void FlatOptimizer::fetch() const {
  const torch::NoGradGuard no_gradients;
  for (const AwayBlock& away : away_) {
    for (std::size_t i = 0; i < slots_.size(); ++i)
      slots_[i].tensor.narrow(0, away.place.first, away.place.count).copy_(away.slots[i]);
    if (away.average.defined()) other_.parameters.narrow(0, away.place.first, away.place.count).copy_(away.average);
  }
}

void FlatOptimizer::send() const {
  const torch::NoGradGuard no_gradients;
  for (const AwayBlock& away : away_) {
    for (std::size_t i = 0; i < slots_.size(); ++i)
      away.slots[i].copy_(slots_[i].tensor.narrow(0, away.place.first, away.place.count));
    if (away.average.defined()) away.average.copy_(other_.parameters.narrow(0, away.place.first, away.place.count));
  }
}

}  // namespace feedline::inline training
