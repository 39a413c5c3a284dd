// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/device.h"

#include "base/device_name.h"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <new>
#include <unordered_map>

namespace feedline::inline training {
namespace {

/// Page-locked memory from LibTorch's own caching allocator, reached through the one interface that all its versions
/// share: a pinned tensor.
class PinnedAllocator final : public BufferAllocator {
 public:
  std::byte* allocate(std::size_t bytes) override {
    try {
      at::Tensor block = at::empty({static_cast<std::int64_t>(std::max<std::size_t>(bytes, 1))},
                                   at::TensorOptions().dtype(at::kByte).pinned_memory(true));
      auto* data = static_cast<std::byte*>(block.data_ptr());
      const std::lock_guard lock(mutex_);
      blocks_.emplace(data, std::move(block));
      return data;
    } catch (const c10::Error&) {
      throw std::bad_alloc();
    }
  }

  void release(std::byte* data, std::size_t) noexcept override {
    at::Tensor block;  // freed after the lock
    const std::lock_guard lock(mutex_);
    const auto found = blocks_.find(data);
    if (found == blocks_.end()) return;
    block = std::move(found->second);
    blocks_.erase(found);
  }

 private:
  std::mutex mutex_{};
  std::unordered_map<std::byte*, at::Tensor> blocks_{};
};

}  // namespace

Result<at::Device> choose_device(std::string_view text) {
  const auto parsed = parse_device_name(text);
  if (!parsed) return fail(parsed.error());
  const bool present = torch::cuda::is_available();
  const auto count = present ? static_cast<int>(torch::cuda::device_count()) : 0;
  switch (parsed->kind) {
    case DeviceName::Kind::Cpu:
      return at::Device(at::kCPU);
    case DeviceName::Kind::Auto:
      return count > 0 ? at::Device(at::kCUDA, 0) : at::Device(at::kCPU);
    case DeviceName::Kind::Cuda:
      break;
  }
  if (count == 0) {
    const bool built = at::hasCUDA();
    return fail(
        fmt::format("device '{}' was asked for, but there is no CUDA device", text),
        built ? "Install the NVIDIA driver, or set device to auto or cpu"
              : "This LibTorch is a CPU build: build Feedline with a CUDA LibTorch, or set device to auto or cpu");
  }
  if (parsed->index >= count)
    return fail(fmt::format("device '{}' was asked for, but the machine has {} CUDA device{}", text, count,
                            count == 1 ? "" : "s"),
                fmt::format("Choose cuda:0{}", count > 1 ? fmt::format(" to cuda:{}", count - 1) : ""));
  return at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(parsed->index));
}

std::string device_text(const at::Device& device) { return device.str(); }

std::shared_ptr<BufferAllocator> batch_allocator(const at::Device& device) {
  return is_asynchronous(device) ? std::make_shared<PinnedAllocator>() : nullptr;
}

}  // namespace feedline::inline training
