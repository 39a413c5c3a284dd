// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnosis/branches.h"

#include "diagnosis/wording.h"

#include <fmt/format.h>

#include <algorithm>

namespace feedline::inline diagnosis {

std::vector<BranchCost> branch_costs(const GraphFacts& facts, const Profile& profile) {
  std::vector<BranchCost> branches;
  for (const NodeCost& node : profile.nodes) {
    const DataNode* fact = facts.find(node.node);
    if (fact == nullptr || fact->role != Role::Sample || fact->fields.size() != 1) continue;
    const std::string& field = fact->fields.front();
    if (facts.is_label(field)) continue;
    auto branch =
        std::find_if(branches.begin(), branches.end(), [&](const BranchCost& known) { return known.field == field; });
    if (branch == branches.end()) branch = branches.insert(branches.end(), BranchCost{.field = field});
    ++branch->node_count;
    branch->self += node.self();
    if (!branch->slowest.empty() && node.self() <= branch->slowest_self) continue;
    branch->slowest = node.node;
    branch->slowest_self = node.self();
  }
  if (branches.size() < 2) return {};
  std::stable_sort(branches.begin(), branches.end(),
                   [](const BranchCost& a, const BranchCost& b) { return a.self > b.self; });
  return branches;
}

std::string branch_sentence(const std::vector<BranchCost>& branches, const std::string& field, const Profile& profile) {
  const auto branch =
      std::find_if(branches.begin(), branches.end(), [&](const BranchCost& known) { return known.field == field; });
  if (branch == branches.end()) return {};
  double all = 0;
  for (const NodeCost& node : profile.nodes) all += node.self();
  std::string sentence =
      fmt::format("The branch to {} takes {} of {} a record", field, wording::time(branch->self), wording::time(all));
  if (branch->node_count > 1)
    sentence += fmt::format(": {} alone {}", branch->slowest, wording::time(branch->slowest_self));
  return sentence + '.';
}

}  // namespace feedline::inline diagnosis
