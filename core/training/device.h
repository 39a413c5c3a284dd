// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training: devices through LibTorch's device-generic interfaces, so that no CUDA header is needed.

#include "base/torch.h"
#include "engine/batch.h"
#include "training/devices/placement.h"

#include <memory>
#include <vector>

namespace feedline::inline training {

/// LibTorch's own devices.
[[nodiscard]] std::vector<at::Device> devices_of(const DevicePlacement& placement);
/// Does work on the device run behind the host's back?
[[nodiscard]] inline bool is_asynchronous(const at::Device& device) { return !device.is_cpu(); }

/// On that device; the tensor itself where it lies there. What others read on the host is waited for.
[[nodiscard]] inline at::Tensor moved_to(const at::Tensor& tensor, const at::Device& device) {
  return tensor.to(device, /*non_blocking=*/!device.is_cpu() && !tensor.is_cpu());
}

/// Memory for batches that go to `device`: page-locked for a GPU, so that copies run beside the step; null (ordinary
/// memory) for the CPU.
[[nodiscard]] std::shared_ptr<BufferAllocator> batch_allocator(const at::Device& device);

}  // namespace feedline::inline training
