// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnosis/fix.h"

namespace feedline::inline diagnosis {
namespace {

/// A cache that is filled before training makes the start wait for all of the data.
std::vector<Fix> stream(const FixContext& context) {
  std::vector<Fix> fixes;
  const Profile& profile = context.diagnosis.profile;
  if (profile.step.total() <= 0) return fixes;
  const double stall = profile.border_wait / profile.step.total();
  for (const DataNode& node : context.facts.nodes) {
    if (!node.cache || context.setting(node.id, "fill_first") != Value(true)) continue;
    fixes.push_back({.id = "stream:" + node.id,
                     .title = "Train at once, keep records in " + node.id + " as they pass",
                     .why = "Loading everything before the first step keeps the step idle.",
                     .edit = context.set(node.id, "fill_first", false),
                     .predicted_ratio = 1 / (1 - std::min(stall, 0.99))});
  }
  return fixes;
}

}  // namespace
}  // namespace feedline::inline diagnosis

FEEDLINE_FIX(stream)
