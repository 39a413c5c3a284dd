// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training; free of LibTorch.

#include "plan/plan.h"
#include "training/run_state.h"
#include "training/trainer_loop.h"

#include <memory>
#include <string>

namespace feedline::inline training {

/// What learns in a run, and where and how.
struct Training {
  std::unique_ptr<Learner> learner{};
  Execution execution{};
  std::uint64_t parameters = 0;                  ///< trainable numbers in the network
  std::shared_ptr<BufferAllocator> allocator{};  ///< null: ordinary memory
};

/// The learner that the plan asks for: one of the two below. Call on the thread that will run it. `plan` and `state`
/// must outlive it.
[[nodiscard]] Result<Training> make_training(const Plan& plan, const RunOptions& options, RunState& state);
/// Seeds LibTorch and builds the network on the device that the plan asks for.
[[nodiscard]] Result<Training> make_network(const Plan& plan, const ModelPlan& network, const RunOptions& options,
                                            RunState& state);
[[nodiscard]] Result<Training> make_estimator(const Plan& plan, const EstimatorPlan& estimator,
                                              const RunOptions& options, RunState& state);
/// Counts batches and learns nothing (profile --no-train).
[[nodiscard]] Training make_draining(const Plan& plan, const RunOptions& options);

}  // namespace feedline::inline training
