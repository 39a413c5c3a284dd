// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnosis/fix.h"

namespace feedline::inline diagnosis {
namespace {

/// What the layout brings to convolutions on the CPU: a cautious guess, for nothing was measured.
constexpr double kFasterConvolution = 1.25;

std::vector<Fix> channels_last(const FixContext& context) {
  const RunFacts& facts = context.facts;
  const bool off = context.setting(facts.trainer_node, "channels_last") == Value(std::string("off"));
  if (!facts.network || !off || facts.execution.channels_last || !facts.execution.on_cpu()) return {};
  return {
      {.id = "channels-last",
       .title = "Keep pictures as N×H×W×C",
       .why =
           "Convolutions on the CPU are faster in this layout. Sums are taken in another order, which changes the last "
           "bits.",
       .edit = context.set(facts.trainer_node, "channels_last", std::string("auto")),
       .predicted_ratio = context.ratio_of_faster_kernels(kFasterConvolution),
       .changes_results = true}};
}

}  // namespace
}  // namespace feedline::inline diagnosis

FEEDLINE_FIX(channels_last)
