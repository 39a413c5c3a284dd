// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnosis/exchange_gain.h"

namespace feedline::inline diagnosis {
namespace {

/// Gradients travel in half as many bytes. What each message costs whatever its size stays.
std::vector<Fix> short_gradients(const FixContext& context) {
  const std::string& trainer = context.facts.trainer_node;
  if (context.setting(trainer, "gradients") != Value(std::string("float32"))) return {};
  const auto now = slow_exchange(context);
  if (!now) return {};
  ScalingModel then = *now;
  then.bytes /= 2;
  return {{.id = "bfloat16-gradients",
           .title = "Exchange gradients in bfloat16",
           .why = "Half as many bytes travel between the processes. What each of them adds to the sum keeps 8 bits of "
                  "precision; weights and optimiser keep theirs.",
           .edit = context.set(trainer, "gradients", std::string("bfloat16")),
           .predicted_ratio = ratio_of_exchange(context, *now, then),
           .changes_results = true}};
}

}  // namespace
}  // namespace feedline::inline diagnosis

FEEDLINE_FIX(short_gradients)
