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
  /// Of convolutions and products: float32, bfloat16 or float16; parameters and losses stay float32.
  at::ScalarType numbers = at::kFloat;
  [[nodiscard]] bool mixed() const { return numbers != at::kFloat; }
  /// float16 has so few small numbers that gradients get lost in it: see LossScaler.
  [[nodiscard]] bool scales_loss() const { return numbers == at::kHalf; }
  /// As the trainer's parameter names it.
  [[nodiscard]] std::string precision() const;
};

/// What the settings come to on a device. `has_convolutions`: only then is channels_last of any use. auto means
/// float32; channels_last on the CPU, and on a GPU with mixed precision, whose convolutions want it. Errors (parameter:
/// precision): bfloat16 on a CPU without such arithmetic, where it would be emulated and many times slower; float16 on
/// any CPU, for which LibTorch has no convolutions in it.
[[nodiscard]] Result<Format> choose_format(const ExecutionSettings& settings, const at::Device& device,
                                           bool has_convolutions);
/// Has this CPU instructions for bfloat16?
[[nodiscard]] bool cpu_has_bfloat16();

/// While one lives, this thread's convolutions and products on the device run in these numbers; float32: surely so.
/// (LibTorch's autocast, whose interface differs between its versions. Its cache of converted weights is off: a step
/// uses each but once.)
class AutocastGuard {
 public:
  AutocastGuard(at::DeviceType device, at::ScalarType numbers);
  ~AutocastGuard();
  AutocastGuard(const AutocastGuard&) = delete;
  AutocastGuard& operator=(const AutocastGuard&) = delete;

 private:
  at::DeviceType device_;
  bool was_on_;
  bool was_caching_;
};

}  // namespace feedline::inline training
