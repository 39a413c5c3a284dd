// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/resolve_execution.h"

#include "base/cores.h"
#include "engine/batch_share.h"
#include "plan/core_split.h"
#include "plan/step_work.h"

#include <algorithm>

namespace feedline::inline training {
namespace {

/// Parts of cores add up to whole ones but for rounding.
constexpr double kPartOfCore = 1e-6;

}  // namespace

Execution resolve_execution(const Plan& plan, const RunOptions& options, Use use, bool on_cpu) {
  // Ranks on one machine share its cores out, and each batch.
  const auto local = static_cast<std::size_t>(std::max(options.world.local_size, 1));
  const double own =
      options.world.cores > 0 ? options.world.cores : static_cast<double>(usable_cores()) / static_cast<double>(local);
  const std::size_t cores = std::max<std::size_t>(static_cast<std::size_t>(own + kPartOfCore), 1);
  const auto ranks = static_cast<std::size_t>(std::max(options.world.size, 1));
  const std::size_t stages = use == Use::Network ? plan.trainer.stages.size() + 1 : 1;
  const std::int64_t rows = rows_of(most_batch_rows(plan), 0, ranks).count;
  const CoreSplit split =
      split_cores(plan.trainer, plan.trainer, cores, on_cpu, rows, stages, threads_worth(plan, ranks));
  Execution execution = plan.asked_for();
  if (options.epochs) execution.epochs = *options.epochs;
  execution.ranks = static_cast<int>(ranks);
  execution.device = "cpu";
  execution.cores = own;
  execution.workers = split.workers;
  execution.staged = execution.staged || options.staged;
  execution.replicas = use == Use::Network ? split.replicas : 0;
  if (use != Use::Network) execution.stages = 1;
  if (execution.stages == 1) execution.micro_batches = 1;
  execution.precision.clear();
  execution.intra_op_threads = 0;
  if (use == Use::Network) execution.intra_op_threads = split.intra_op_threads;
  if (use == Use::Estimator) {
    const auto asked = static_cast<int>(plan.trainer.intra_op_threads);
    execution.intra_op_threads = asked > 0 ? asked : static_cast<int>(std::max<std::size_t>(cores, 1));
  }
  return execution;
}

}  // namespace feedline::inline training
