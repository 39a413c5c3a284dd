// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnosis/exchange_gain.h"

#include <algorithm>

namespace feedline::inline diagnosis {
namespace {

/// Of the step: less waiting for gradients is not worth a change.
constexpr double kExchangeWorthwhile = 0.05;

}  // namespace

std::optional<ScalingModel> slow_exchange(const FixContext& context) {
  const Profile& profile = context.diagnosis.profile;
  if (profile.ranks.size() < 2 || !context.facts.network) return std::nullopt;
  const double waits = std::min(exchange_wait(profile.ranks), profile.step[Phase::Reduce]);
  if (waits <= kExchangeWorthwhile * profile.step.total()) return std::nullopt;
  return ScalingModel::of(context.facts, profile, context.diagnosis.model);
}

double ratio_of_exchange(const FixContext& context, const ScalingModel& now, const ScalingModel& then) {
  CostModel after = context.diagnosis.model;
  const double saved = now.exposed(now.ranks) - then.exposed(now.ranks);
  after.costs.step_alone = std::max(after.costs.step_alone - saved / after.costs.batch, 0.0);
  return context.ratio(after);
}

}  // namespace feedline::inline diagnosis
