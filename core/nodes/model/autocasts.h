// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#ifndef FEEDLINE_DESCRIBED_ONLY

#include "base/torch.h"

#include <ATen/autocast_mode.h>

namespace feedline::inline nodes {

/// Does LibTorch choose another precision for what it runs on the CPU now? Such loops of ours as know float32 alone
/// leave it to LibTorch then.
[[nodiscard]] inline bool autocasts_on_cpu() {
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
  return at::autocast::is_autocast_enabled(at::kCPU);
#else
  return at::autocast::is_cpu_enabled();
#endif
}

}  // namespace feedline::inline nodes

#endif
