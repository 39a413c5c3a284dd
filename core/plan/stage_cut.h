// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "plan/plan.h"

#include <cstddef>
#include <vector>

namespace feedline::inline plan {

/// A layer, as cutting a network into stages sees it.
struct CutLayer {
  double seconds = 0;
  double bytes = 0;             ///< of weights and of what it keeps; any unit
  bool can_begin_stage = true;  ///< the first layer's does not count
};

/// The layers, by index, at which stages 2 and up begin, so that the slowest stage is as fast as may be; of equal cuts
/// one whose largest stage holds least. Dynamic programming over prefixes, in O(stages × layers²). Empty where there is
/// no such cut: too few layers at which a stage can begin, or a stage would hold more than `most_bytes` (0: any).
[[nodiscard]] std::vector<std::size_t> balanced_cut(const std::vector<CutLayer>& layers, std::size_t stages,
                                                    double most_bytes = 0);

/// Of each layer: does all that comes later lie behind it? A stage that begins there begins with it alone.
[[nodiscard]] std::vector<bool> stage_borders(const ModelPlan& model);

}  // namespace feedline::inline plan
