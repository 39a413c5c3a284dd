// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "diagnosis/profile.h"

#include <string>
#include <vector>

namespace feedline::inline diagnosis {

/// What the nodes cost that lead to one input of the batch alone. Seconds a training sample, computing and waiting.
struct BranchCost {
  std::string field{};         ///< the input of the batch: "image"
  double self = 0;             ///< of all nodes of the branch
  std::string slowest{};       ///< the node of it that takes most
  double slowest_self = 0;     ///< of that node
  std::size_t node_count = 0;  ///< that the branch has
};

/// The branches of a record between its source and its batch, the slowest first; branches of labels, and nodes that
/// lead to several inputs, belong to none. Empty where a record has no two branches with nodes of their own.
[[nodiscard]] std::vector<BranchCost> branch_costs(const GraphFacts& facts, const Profile& profile);

/// "The branch to tokens takes 3.1 ms of 4 ms a record: vocabulary alone 2.4 ms.", of all that the loader does for a
/// record. Empty where there is no such branch.
[[nodiscard]] std::string branch_sentence(const std::vector<BranchCost>& branches, const std::string& field,
                                          const Profile& profile);

}  // namespace feedline::inline diagnosis
