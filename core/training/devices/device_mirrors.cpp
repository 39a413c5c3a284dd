// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/devices/device_mirrors.h"

#include "training/device.h"

#include <bit>
#include <utility>

namespace feedline::inline training {

DeviceMirrors::DeviceMirrors(const FlatParameters& first, std::vector<at::Device> devices, std::size_t bucket_bytes)
    : first_(first),
      devices_(std::move(devices)),
      buckets_(first, devices_.size(), bucket_bytes,
               {.arrived = [this](std::size_t bucket, std::size_t replica) { marks_[bucket][replica].set(); },
                .leave = [this](std::size_t bucket) { add_up(bucket); }}) {
  for (const at::Device& device : devices_) queues_.emplace_back(device);
  for (std::size_t bucket = 0; bucket < buckets_.count(); ++bucket) {
    std::vector<DeviceMark>& marks = marks_.emplace_back();
    for (const at::Device& device : devices_) marks.emplace_back(device);
  }
}

void DeviceMirrors::add(const std::vector<at::Tensor>& parameters) {
  others_.push_back(std::make_unique<FlatParameters>(parameters));
  TORCH_CHECK(others_.back()->values().numel() == first_.values().numel(),
              "a replica's parameters differ from the model's");
}

/// A copy between two devices waits for both queues, in which it stands.
void DeviceMirrors::add_up(std::size_t bucket) {
  const torch::NoGradGuard no_gradients;
  std::vector<DeviceMark>& marks = marks_[bucket];
  if (finishing_)  // whoever had no rows was not heard of
    for (DeviceMark& mark : marks) mark.set();
  const auto [first, count] = buckets_.range(bucket);
  const at::Tensor sum = gradients(0).narrow(0, first, count);
  queues_[0].follow(marks[0]);
  for (std::size_t i = 1; i < devices_.size(); ++i) {
    queues_[i].follow(marks[i]);
    const DeviceQueue::Use use(queues_[0], queues_[i]);
    const at::Tensor more = gradients(i).narrow(0, first, count);
    sum.add_(moved_to(more, sum.device()));
    more.zero_();
  }
}

void DeviceMirrors::finish() {
  finishing_ = true;
  buckets_.leave_rest();
  finishing_ = false;
  for (DeviceQueue& queue : queues_) queue.join();
}

void DeviceMirrors::spread() const {
  const torch::NoGradGuard no_gradients;
  for (std::size_t i = 1; i < devices_.size(); ++i)
    of(i).values().copy_(of(i - std::bit_floor(i)).values(), /*non_blocking=*/true);
}

}  // namespace feedline::inline training
