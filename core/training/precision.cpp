// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/precision.h"

#include <ATen/autocast_mode.h>

#include <fstream>
#include <string_view>

namespace feedline::inline training {
namespace {

#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)

bool autocast_on(at::DeviceType device) { return at::autocast::is_autocast_enabled(device); }

void set_autocast(at::DeviceType device, bool on) { at::autocast::set_autocast_enabled(device, on); }
void set_autocast_numbers(at::DeviceType device, at::ScalarType numbers) {
  at::autocast::set_autocast_dtype(device, numbers);
}

#else  // one set of functions a device

bool autocast_on(at::DeviceType device) {
  return device == at::kCPU ? at::autocast::is_cpu_enabled() : at::autocast::is_enabled();
}

void set_autocast(at::DeviceType device, bool on) {
  if (device == at::kCPU) {
    at::autocast::set_cpu_enabled(on);
  } else {
    at::autocast::set_enabled(on);
  }
}
void set_autocast_numbers(at::DeviceType device, at::ScalarType numbers) {
  if (device == at::kCPU) {
    at::autocast::set_autocast_cpu_dtype(numbers);
  } else {
    at::autocast::set_autocast_gpu_dtype(numbers);
  }
}

#endif

}  // namespace

std::string Format::precision() const {
  return numbers == at::kBFloat16 ? "bfloat16" : numbers == at::kHalf ? "float16" : "float32";
}

bool cpu_has_bfloat16() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (!line.starts_with("flags") && !line.starts_with("Features")) continue;
    for (const std::string_view flag : {" avx512_bf16", " amx_bf16", " bf16"})
      if (const auto at = (line + ' ').find(std::string(flag) + ' '); at != std::string::npos) return true;
    return false;
  }
  return false;
}

Result<Format> choose_format(const ExecutionSettings& settings, const at::Device& device, bool has_convolutions) {
  Format format;
  if (settings.precision == "bfloat16") format.numbers = at::kBFloat16;
  if (settings.precision == "float16") format.numbers = at::kHalf;
  if (format.scales_loss() && device.is_cpu())
    return fail(Error{.reason = "float16 was asked for, and it is computed on a GPU only",
                      .remedy = cpu_has_bfloat16() ? "Set precision to bfloat16, which this CPU computes as fast"
                                                   : "Set precision to bfloat16 on a CPU that has it, here to float32",
                      .parameter = "precision"});
  if (format.mixed() && device.is_cpu() && !cpu_has_bfloat16())
    return fail(Error{.reason = "bfloat16 was asked for, but this CPU has no instructions for it",
                      .remedy = "Set precision to auto or float32",
                      .parameter = "precision"});
  const bool automatic = device.is_cpu() || format.mixed();
  format.channels_last =
      has_convolutions && (settings.channels_last == "on" || (settings.channels_last == "auto" && automatic));
  return format;
}

AutocastGuard::AutocastGuard(at::DeviceType device, at::ScalarType numbers)
    : device_(device), was_on_(autocast_on(device)), was_caching_(at::autocast::is_autocast_cache_enabled()) {
  at::autocast::set_autocast_cache_enabled(false);
  const bool mixed = numbers != at::kFloat;
  if (mixed) set_autocast_numbers(device, numbers);
  set_autocast(device, mixed);
}

AutocastGuard::~AutocastGuard() {
  set_autocast(device_, was_on_);
  at::autocast::set_autocast_cache_enabled(was_caching_);
}

}  // namespace feedline::inline training
