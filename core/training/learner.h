// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training; free of LibTorch.

#include "plan/plan.h"
#include "training/core_budget.h"
#include "training/run_state.h"
#include "training/trainer_loop.h"

#include <memory>
#include <string>

namespace feedline {

/// Where and how a run learns.
struct Training {
  std::unique_ptr<Learner> learner{};
  std::string device{};
  std::uint64_t parameters = 0;
  CoreSplit cores{.workers = 0, .replicas = 0, .intra_op_threads = 0};
  std::string precision{};
  bool channels_last = false;
  bool has_bfloat16 = false;                     ///< could the device compute in it?
  std::shared_ptr<BufferAllocator> allocator{};  ///< null: ordinary memory
};

/// Seeds LibTorch, builds the model on the device that the plan asks for and the learner that trains it. Call on the
/// thread that will run it. `plan` and `state` must outlive it.
[[nodiscard]] Result<Training> make_training(const Plan& plan, RunState& state);
/// Counts batches and learns nothing (profile --no-train).
[[nodiscard]] Training make_draining(const Plan& plan);

}  // namespace feedline
