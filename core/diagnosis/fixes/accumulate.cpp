// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnosis/fix.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <variant>

namespace feedline::inline diagnosis {
namespace {

/// What remains of the waiting for gradients, as a share of the step, is small enough.
constexpr double kExchangeLow = 0.05;
constexpr std::int64_t kMostAccumulated = 16;

/// Gradients of several batches are exchanged once: what the exchange costs a step is shared out among them.
std::vector<Fix> accumulate(const FixContext& context) {
  const Profile& profile = context.diagnosis.profile;
  if (profile.ranks.size() < 2 || !context.facts.network) return {};
  const Value now = context.setting(context.facts.trainer_node, "accumulate");
  if (!std::holds_alternative<std::int64_t>(now)) return {};
  const double waits = std::min(exchange_wait(profile.ranks), profile.step[Phase::Reduce]);
  const double rest = profile.step.total() - waits;
  if (waits <= kExchangeLow * profile.step.total() || rest <= 0) return {};
  std::int64_t times = 2;
  while (times < kMostAccumulated && waits / static_cast<double>(times) > kExchangeLow * rest) times *= 2;
  CostModel after = context.diagnosis.model;
  const double saved = waits * (1 - 1 / static_cast<double>(times));
  after.costs.step_alone = std::max(after.costs.step_alone - saved / after.costs.batch, 0.0);
  const std::int64_t batches = std::get<std::int64_t>(now) * times;
  return {{.id = "accumulate",
           .title = fmt::format("Exchange the gradients of {} batches at once", batches),
           .why = "The optimiser then steps once in so many batches, as with a batch that many times as large: the "
                  "learning rate may have to follow.",
           .edit = context.set(context.facts.trainer_node, "accumulate", batches),
           .predicted_ratio = context.ratio(after),
           .changes_results = true}};
}

}  // namespace
}  // namespace feedline::inline diagnosis

FEEDLINE_FIX(accumulate)
