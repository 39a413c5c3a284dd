// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/memory/out_of_memory.h"

#include "base/device_name.h"
#include "base/memory.h"
#include "plan/memory_advice.h"
#include "training/devices/placement.h"
#include "training/step_fault.h"

#include <algorithm>
#include <limits>
#include <new>
#include <string_view>
#include <utility>

namespace feedline::inline training {
namespace {

constexpr std::string_view kNoMemory = "there is not enough memory for a step";

}  // namespace

Error out_of_memory(const std::string& node) {
  return {.code = ErrorCode::Failed,
          .reason = std::string(kNoMemory),
          .remedy = "Choose a smaller batch size, smaller pictures or fewer filters",
          .node = node};
}

bool is_out_of_memory(const Error& error) { return error.code == ErrorCode::Failed && error.reason == kNoMemory; }

bool tells_of_memory(const std::exception& fault) {
  if (dynamic_cast<const std::bad_alloc*>(&fault) != nullptr) return true;
  if (dynamic_cast<const StepFailed*>(&fault) != nullptr) return false;  // says so itself, perhaps of another rank
  std::string_view what = fault.what();
  what = what.substr(0, what.find("Exception raised from"));  // LibTorch's stack trace
  for (const std::string_view sign : {"out of memory", "can't allocate memory", "not enough memory", "bad_alloc"})
    if (what.find(sign) != std::string_view::npos) return true;
  return false;
}

Error with_memory_advice(Error error, const Plan& plan, const Execution& execution) {
  if (!is_out_of_memory(error)) return error;
  const int gpus = execution.on_cpu() ? 0 : devices_there().gpus;
  const std::string helps = advice_text(memory_advice(plan, execution, 0, gpus), forecast_memory(plan, execution));
  if (!helps.empty()) error.remedy = helps;
  return error;
}

std::uint64_t memory_there(const Execution& execution, const ProcessSample& process) {
  if (execution.on_cpu()) return free_memory();
  const auto named = parse_device_names(execution.device);
  if (!named) return 0;
  std::uint64_t all = 0;
  std::uint64_t least = std::numeric_limits<std::uint64_t>::max();
  for (const DeviceName& name : named->names) {
    if (name.kind != DeviceName::Kind::Cuda) continue;
    const auto index = static_cast<std::size_t>(name.index);
    if (index >= process.gpus.size()) return 0;
    const GpuSample& gpu = process.gpus[index];
    const std::uint64_t unused = gpu.memory_total > gpu.memory_used ? gpu.memory_total - gpu.memory_used : 0;
    all += unused;
    least = std::min(least, unused);
  }
  return execution.stages > 1 ? all : least;  // each replica needs as much, stages need it together
}

}  // namespace feedline::inline training
