// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/precision.h"

#include <ATen/autocast_mode.h>

#include <fstream>
#include <string_view>

namespace feedline::inline training {
namespace {

#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)

bool autocast_on(at::DeviceType device) { return at::autocast::is_autocast_enabled(device); }

void set_autocast(at::DeviceType device, bool on) {
  if (on) at::autocast::set_autocast_dtype(device, at::kBFloat16);
  at::autocast::set_autocast_enabled(device, on);
}

#else  // one set of functions a device

bool autocast_on(at::DeviceType device) {
  return device == at::kCPU ? at::autocast::is_cpu_enabled() : at::autocast::is_enabled();
}

void set_autocast(at::DeviceType device, bool on) {
  if (device == at::kCPU) {
    if (on) at::autocast::set_autocast_cpu_dtype(at::kBFloat16);
    at::autocast::set_cpu_enabled(on);
  } else {
    if (on) at::autocast::set_autocast_gpu_dtype(at::kBFloat16);
    at::autocast::set_enabled(on);
  }
}

#endif

}  // namespace

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
  format.bfloat16 = settings.precision == "bfloat16";
  if (format.bfloat16 && device.is_cpu() && !cpu_has_bfloat16())
    return fail(Error{.reason = "bfloat16 was asked for, but this CPU has no instructions for it",
                      .remedy = "Set precision to auto or float32",
                      .parameter = "precision"});
  const bool automatic = device.is_cpu() || format.bfloat16;
  format.channels_last =
      has_convolutions && (settings.channels_last == "on" || (settings.channels_last == "auto" && automatic));
  return format;
}

AutocastGuard::AutocastGuard(at::DeviceType device, bool bfloat16)
    : device_(device), was_on_(autocast_on(device)), was_caching_(at::autocast::is_autocast_cache_enabled()) {
  at::autocast::set_autocast_cache_enabled(false);
  set_autocast(device, bfloat16);
}

AutocastGuard::~AutocastGuard() {
  set_autocast(device_, was_on_);
  at::autocast::set_autocast_cache_enabled(was_caching_);
}

}  // namespace feedline::inline training
