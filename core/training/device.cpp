// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/device.h"

#include <algorithm>
#include <mutex>
#include <new>
#include <string>
#include <unordered_map>
#include <utility>

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

bool is_picture_batch(const TensorDesc& value) { return value.shape.size() == 4; }

/// Does any layer work on pictures, in a network whose memory format then matters? A backbone takes some and puts out
/// numbers; other layers that do so only rearrange them.
bool has_pictures(const ModelPlan& plan) {
  return std::any_of(plan.layers.begin(), plan.layers.end(), [](const LayerPlan& layer) {
    const bool backbone = layer.spec != nullptr && layer.spec->pretrained;
    return is_picture_batch(layer.output) ||
           (backbone && std::any_of(layer.inputs.begin(), layer.inputs.end(), is_picture_batch));
  });
}

}  // namespace

Result<ChosenDevices> choose_devices(const Plan& plan, const ModelPlan& network, const World& world) {
  auto placement = place_network(plan.trainer, devices_there(), world);
  if (!placement) return fail(std::move(placement.error()));
  ChosenDevices chosen{.placement = std::move(*placement)};
  const std::vector<std::string>& names = chosen.placement.devices;
  chosen.devices.assign(names.begin(), names.end());
  // The first GPU says which; what a stage on the CPU cannot do is refused all the same.
  const auto gpu = std::find_if(chosen.devices.begin(), chosen.devices.end(), is_asynchronous);
  const at::Device leading = gpu == chosen.devices.end() ? chosen.devices.front() : *gpu;
  for (const at::Device& device : {chosen.placement.uses_cpu() ? at::Device(at::kCPU) : leading, leading}) {
    auto format = choose_format(plan.trainer, device, has_pictures(network));
    if (!format) return fail(std::move(format.error()));
    chosen.format = *format;
  }
  return chosen;
}

std::shared_ptr<BufferAllocator> batch_allocator(const std::vector<at::Device>& devices) {
  return std::any_of(devices.begin(), devices.end(), is_asynchronous) ? std::make_shared<PinnedAllocator>() : nullptr;
}

}  // namespace feedline::inline training
