// SPDX-License-Identifier: GPL-3.0-or-later
#include "telemetry/memory_cost.h"

namespace feedline::inline telemetry {
namespace {

/// Seconds of forward passes in training; of stages, which each measure their own, of all together.
double forward_seconds(const TrainerSample& earlier, const TrainerSample& now) {
  if (now.stages.empty()) return seconds(now.trained()[Phase::Forward] - earlier.trained()[Phase::Forward]);
  Nanos all = 0;
  for (std::size_t i = 0; i < now.stages.size(); ++i)
    all += now.stages[i].forward - (i < earlier.stages.size() ? earlier.stages[i].forward : 0);
  return seconds(all);
}

}  // namespace

std::vector<MemoryCost> memory_costs(const Snapshot& earlier, const Snapshot& now) {
  const std::uint64_t made = now.trainer.steps - earlier.trainer.steps;
  const auto a_step = [made](double all) { return made > 0 ? all / static_cast<double>(made) : 0; };
  std::vector<MemoryCost> all;
  if (now.memory.recompute_share > 0 || now.memory.recompute_saves > 0)
    all.push_back({.setting = "recompute",
                   .saves = now.memory.recompute_saves,
                   .predicted = a_step(now.memory.recompute_share * forward_seconds(earlier.trainer, now.trainer)),
                   .measured = a_step(seconds(now.trainer.recomputed - earlier.trainer.recomputed))});
  if (now.memory.gathered > 0) {
    const CollectiveSample sums = now.collective - earlier.collective;
    const double byte = sums.bytes > 0 ? seconds(sums.busy) / static_cast<double>(sums.bytes) : 0;
    all.push_back({.setting = "shard_optimizer",
                   .saves = now.memory.shard_saves,
                   .predicted = byte * static_cast<double>(now.memory.gathered) / 2,
                   .measured = a_step(seconds(now.trainer.gathered - earlier.trainer.gathered))});
  }
  return all;
}

}  // namespace feedline::inline telemetry
