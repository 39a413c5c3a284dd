// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnosis/fix.h"
#include "diagnosis/queue_model.h"

#include <fmt/format.h>

#include <algorithm>

namespace feedline::inline diagnosis {
namespace {

/// What a deeper prefetch can still win must be more than this share of the step's time.
constexpr double kRest = 0.02;

/// A deeper window evens out slow batches. The queue model says how the wait falls with the depth; what was measured
/// says how much of it there is, because costs vary less (or more) than the model's exponential ones.
std::vector<Fix> prefetch(const FixContext& context) {
  const Profile& profile = context.diagnosis.profile;
  const std::size_t now = context.facts.execution.prefetch;
  if (now == 0) return {};
  double loader = 0;
  for (const Limit& limit : context.diagnosis.expected.limits)
    if (limit.kind != LimitKind::Step)
      loader = loader == 0 ? limit.samples_per_s : std::min(loader, limit.samples_per_s);
  if (loader <= 0) return {};
  const double step = profile.step.busy();
  const double batch = profile.batch * context.diagnosis.model.ranks / loader;
  const double base = std::max(batch - step, 0.0);  // no depth helps against it
  const double model_now = expected_wait(step, batch, now) - base;
  const double waste = std::min(profile.step[Phase::Wait] - profile.border_wait, model_now + base) - base;
  if (model_now <= 0 || waste <= 0) return {};
  std::size_t depth = now;
  double left = waste;
  while (depth < 64 && left > kRest * step) {
    depth *= 2;
    left = waste * (expected_wait(step, batch, depth) - base) / model_now;
  }
  if (depth == now) return {};
  return {{.id = "prefetch",
           .title = fmt::format("Prepare {} batches ahead", depth),
           .why = fmt::format("{} are too few to even out batches that take longer.", now),
           .edit = context.set(context.facts.trainer_node, "prefetch", static_cast<std::int64_t>(depth)),
           .predicted_ratio = profile.step.total() / (profile.step.total() - waste + left)}};
}

}  // namespace
}  // namespace feedline::inline diagnosis

FEEDLINE_FIX(prefetch)
