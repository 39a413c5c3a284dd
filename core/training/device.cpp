// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/device.h"

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

std::vector<at::Device> devices_of(const DevicePlacement& placement) {
  return {placement.devices.begin(), placement.devices.end()};
}

std::shared_ptr<BufferAllocator> batch_allocator(const at::Device& device) {
  return is_asynchronous(device) ? std::make_shared<PinnedAllocator>() : nullptr;
}

}  // namespace feedline::inline training
