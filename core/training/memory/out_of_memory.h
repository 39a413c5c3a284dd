// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training; free of LibTorch.

#include "base/error.h"
#include "plan/plan.h"
#include "telemetry/snapshot.h"

#include <cstdint>
#include <exception>
#include <string>
#include <type_traits>

namespace feedline::inline training {

/// The error of a run for which there was no memory, as far as a single step knows.
[[nodiscard]] Error out_of_memory(const std::string& node);
[[nodiscard]] bool is_out_of_memory(const Error& error);
/// What LibTorch, for a GPU as well, and the C++ library throw where there is no memory.
[[nodiscard]] bool tells_of_memory(const std::exception& fault);
/// Runs `work`, which returns a Result, and makes such a fault its error; others pass.
template <class Work>
std::invoke_result_t<Work&> catch_lack_of_memory(Work&& work) {
  try {
    return work();
  } catch (const std::exception& fault) {
    if (!tells_of_memory(fault)) throw;
    return fail(out_of_memory(""));
  }
}
/// With what would help, and by how much (plan/memory_advice.h), as the remedy. Other errors stay as they are.
[[nodiscard]] Error with_memory_advice(Error error, const Plan& plan, const Execution& execution);

/// Bytes that a run on these devices may take now, a replica each: of the machine, or of the GPU of that number; of all
/// GPUs where stages share the network out; 0: not known.
[[nodiscard]] std::uint64_t memory_there(const Execution& execution, const ProcessSample& process);

}  // namespace feedline::inline training
