// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training: devices through LibTorch's device-generic interfaces, so that no CUDA header is needed.

#include "base/error.h"
#include "base/torch.h"
#include "engine/batch.h"

#include <memory>
#include <string>
#include <string_view>

namespace feedline::inline training {

/// The device that `auto`, `cpu`, `cuda` or `cuda:1` stands for on this machine. Errors name what is lacking.
[[nodiscard]] Result<at::Device> choose_device(std::string_view text);
[[nodiscard]] std::string device_text(const at::Device& device);
/// Does work on the device run behind the host's back?
[[nodiscard]] inline bool is_asynchronous(const at::Device& device) { return !device.is_cpu(); }

/// Memory for batches that go to `device`: page-locked for a GPU, so that copies run beside the step; null (ordinary
/// memory) for the CPU.
[[nodiscard]] std::shared_ptr<BufferAllocator> batch_allocator(const at::Device& device);

}  // namespace feedline::inline training
