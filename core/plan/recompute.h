// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "plan/plan.h"

#include <cstddef>
#include <string>
#include <vector>

namespace feedline::inline plan {

/// Neighbouring layers of a network that keep nothing of their forward pass but what enters them: backward computes the
/// rest once more (activation checkpointing: Chen et al., 2016, arXiv:1604.06174).
struct RecomputeBlock {
  std::string path{};  ///< of the sub-graph or layer that is named
  std::size_t first = 0;
  std::size_t end = 0;                  ///< behind the last one
  std::vector<std::size_t> entering{};  ///< earlier layers whose outputs it reads
  std::vector<std::size_t> leaving{};   ///< of its layers, those whose outputs others read
};

/// The blocks that MemorySettings::recompute names, in order. A pattern is compared with the path of each layer and of
/// the sub-graphs around it, from the outermost on: what it matches first is one block, so that `*` makes each
/// sub-graph and each layer beside them a block of its own. Losses and layers that mix rows are left out, and a block
/// ends where layers of others or another stage begin. Error (parameter): a pattern that names no layer.
[[nodiscard]] Result<std::vector<RecomputeBlock>> recompute_blocks(const ModelPlan& model);

}  // namespace feedline::inline plan
