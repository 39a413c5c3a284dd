// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnosis/fix.h"

namespace feedline::inline diagnosis {
namespace {

/// What bfloat16 brings to forward and backward where the device has it: a cautious guess, for nothing was measured.
constexpr double kFasterBfloat16 = 1.5;

std::vector<Fix> precision(const FixContext& context) {
  const RunFacts& facts = context.facts;
  if (!facts.network || !facts.execution.has_bfloat16 || facts.execution.precision != "float32") return {};
  return {{.id = "bfloat16",
           .title = "Compute in bfloat16",
           .why = "The device computes it faster. Results change slightly.",
           .edit = context.set(facts.trainer_node, "precision", std::string("bfloat16")),
           .predicted_ratio = context.ratio_of_faster_kernels(kFasterBfloat16),
           .changes_results = true}};
}

}  // namespace
}  // namespace feedline::inline diagnosis

FEEDLINE_FIX(precision)
