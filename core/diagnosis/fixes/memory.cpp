// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/numbers.h"
#include "diagnosis/fix.h"

#include <fmt/format.h>

#include <utility>

namespace feedline::inline diagnosis {
namespace {

/// Recomputing a block adds a forward pass to a step of one forward and one backward pass, of about twice its length.
constexpr double kRecomputedStep = 4.0 / 3;

/// Where the prediction says that the run does not fit into what was free when it began.
std::vector<Fix> memory(const FixContext& context) {
  const RunFacts& facts = context.facts;
  if (facts.memory_there == 0 || facts.memory_needed <= facts.memory_there) return {};
  std::vector<Fix> fixes;
  for (const MemoryAdvice& advice : facts.memory_advice) {
    Fix fix{.id = "memory:" + advice.id,
            .title = advice.title,
            .why = fmt::format("Training takes about {} and there were {}; this saves {}. {}",
                               numbers::bytes(facts.memory_needed), numbers::bytes(facts.memory_there),
                               numbers::bytes(advice.saves), advice.why),
            .changes_results = advice.changes_results,
            .needed = true};
    if (advice.id == "recompute") fix.predicted_ratio = context.ratio_of_faster_kernels(1 / kRecomputedStep);
    Edit::List edits;
    for (const MemoryAdvice::Change& change : advice.changes)
      edits.push_back(context.set(change.node, change.parameter, change.value));
    fix.edit = {std::move(edits)};
    if (!fix.title.empty() && fix.title[0] >= 'a' && fix.title[0] <= 'z') fix.title[0] -= 'a' - 'A';
    fixes.push_back(std::move(fix));
  }
  return fixes;
}

}  // namespace
}  // namespace feedline::inline diagnosis

FEEDLINE_FIX(memory)
