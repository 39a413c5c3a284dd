// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training: devices through LibTorch's device-generic interfaces, so that no CUDA header is needed.

#include "base/torch.h"
#include "engine/batch.h"
#include "plan/plan.h"
#include "training/devices/placement.h"
#include "training/precision.h"

#include <memory>
#include <vector>

namespace feedline::inline training {

/// Where and in which numbers a network learns.
struct ChosenDevices {
  DevicePlacement placement{};
  std::vector<at::Device> devices{};  ///< LibTorch's own, of the placement
  Format format{};                    ///< which all of them compute in

  /// Has each stage of the network one of them?
  [[nodiscard]] bool staged(const ModelPlan& network) const { return network.stages > 1 && placement.several(); }
};

/// On this machine. Errors (parameter): of place_network() and choose_format().
[[nodiscard]] Result<ChosenDevices> choose_devices(const Plan& plan, const ModelPlan& network, const World& world);
/// Does work on the device run behind the host's back?
[[nodiscard]] inline bool is_asynchronous(const at::Device& device) { return !device.is_cpu(); }

/// On that device; the tensor itself where it lies there. What others read on the host is waited for.
[[nodiscard]] inline at::Tensor moved_to(const at::Tensor& tensor, const at::Device& device) {
  return tensor.to(device, /*non_blocking=*/!device.is_cpu() && !tensor.is_cpu());
}

/// Memory for batches that go to these: page-locked where any is a GPU, so that copies run beside the step; else null
/// (ordinary memory).
[[nodiscard]] std::shared_ptr<BufferAllocator> batch_allocator(const std::vector<at::Device>& devices);

}  // namespace feedline::inline training
