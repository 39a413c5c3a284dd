// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnosis/fix.h"

#include <fmt/format.h>

namespace feedline::inline diagnosis {
namespace {

constexpr double kMuchPadding = 0.1;
/// Enough that little is left, and few beside an epoch, so that the order stays as good as random.
constexpr std::int64_t kSortedTogether = 16;

/// Of k batches whose records are sorted together each spans about 1/k of the lengths: where these are spread evenly,
/// 1/(k + 1) of it is padding, and without sorting a half. The pass through the model is taken to cost what the room
/// costs, which holds for layers on sequences.
std::vector<Fix> by_length(const FixContext& context) {
  const RunFacts& facts = context.facts;
  const double padding = context.diagnosis.profile.padding;
  if (!facts.network || facts.batch_node.empty() || padding < kMuchPadding || padding >= 1) return {};
  const Value now = context.setting(facts.batch_node, "by_length");
  if (now != Value(std::int64_t{0}) && now != Value(std::int64_t{1})) return {};
  const double left = padding * 2 / static_cast<double>(kSortedTogether + 1);
  return {{.id = "by-length",
           .title = "Batch records of like length",
           .why = fmt::format("{:.0f} % of what the model computes on is padding, up to the longest record of each "
                              "batch. Sorting the records of {} batches by length leaves little of it.",
                              100 * padding, kSortedTogether),
           .edit = context.set(facts.batch_node, "by_length", kSortedTogether),
           .predicted_ratio = context.ratio_of_faster_kernels((1 - left) / (1 - padding)),
           .changes_results = true}};
}

}  // namespace
}  // namespace feedline::inline diagnosis

FEEDLINE_FIX(by_length)
