// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training.

#include "base/error.h"
#include "base/torch.h"
#include "schema/behaviour.h"

#include <string>

namespace feedline::inline training {

/// In which numbers and which memory format a model is computed.
struct Format {
  bool channels_last = false;  ///< pictures and filters as N×H×W×C in memory
  bool bfloat16 = false;       ///< convolutions and products in bfloat16; parameters and losses stay float32
  [[nodiscard]] std::string precision() const { return bfloat16 ? "bfloat16" : "float32"; }
};

/// What the settings come to on a device. `has_convolutions`: only then is channels_last of any use. auto means
/// float32; channels_last on the CPU, and on a GPU with bfloat16, whose convolutions want it. Error: bfloat16 on a CPU
/// without such arithmetic, where it would be emulated and many times slower (parameter: precision).
[[nodiscard]] Result<Format> choose_format(const ExecutionSettings& settings, const at::Device& device,
                                           bool has_convolutions);
/// Has this CPU instructions for bfloat16?
[[nodiscard]] bool cpu_has_bfloat16();

/// While one lives, this thread's convolutions and products on the device run in bfloat16, or surely in float32.
/// (LibTorch's autocast, whose interface differs between its versions. Its cache of converted weights is off: a step
/// uses each but once.)
class AutocastGuard {
 public:
  AutocastGuard(at::DeviceType device, bool bfloat16);
  ~AutocastGuard();
  AutocastGuard(const AutocastGuard&) = delete;
  AutocastGuard& operator=(const AutocastGuard&) = delete;

 private:
  at::DeviceType device_;
  bool was_on_;
  bool was_caching_;
};

}  // namespace feedline::inline training
