// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnosis/fix.h"

#include <fmt/format.h>

namespace feedline::inline diagnosis {
namespace {

/// Twice the batch halves what each step costs whatever its size: the optimiser and the launches.
std::vector<Fix> batch_size(const FixContext& context) {
  const std::int64_t twice = 2 * context.facts.batch;
  const auto records = static_cast<std::int64_t>(context.facts.records);
  if (context.facts.batch_node.empty() || (records > 0 && twice > records / 4)) return {};
  CostModel after = context.diagnosis.model;
  after.set_batch(after.costs.batch * 2);
  return {{.id = "batch-size",
           .title = fmt::format("Batches of {}", twice),
           .why = "A larger batch shares the cost of optimiser and launches among more samples. Fewer steps an epoch "
                  "learn differently: the learning rate may have to follow.",
           .edit = context.set(context.facts.batch_node, "size", twice),
           .predicted_ratio = context.ratio(after),
           .changes_results = true}};
}

}  // namespace
}  // namespace feedline::inline diagnosis

FEEDLINE_FIX(batch_size)
