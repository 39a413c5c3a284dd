// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/devices/device_queue.h"

#include "training/device.h"

#include <c10/core/impl/VirtualGuardImpl.h>

#include <array>

namespace feedline::inline training {
namespace {

/// Where layers put their work.
c10::Stream work_stream(const at::Device& device) {
  return c10::impl::VirtualGuardImpl(device.type()).getStream(device);
}

}  // namespace

void wait_for_work(const at::Device& device) {
  if (device.is_cpu()) return;
  const c10::impl::VirtualGuardImpl guard(device.type());
  guard.synchronizeStream(guard.getStream(device));
}

DeviceMark::DeviceMark(at::Device device) : device_(device) {
  if (is_asynchronous(device)) event_.emplace(device.type());
}

void DeviceMark::set() {
  if (event_) event_->record(work_stream(device_));
}

DeviceQueue::DeviceQueue(at::Device device) : device_(device) {
  if (!is_asynchronous(device)) return;
  stream_ = c10::impl::VirtualGuardImpl(device.type()).getStreamFromGlobalPool(device);
  end_.emplace(device.type());
}

void DeviceQueue::follow(DeviceMark& mark) {
  if (stream_ && mark.event_) mark.event_->block(*stream_);
}

void DeviceQueue::join() {
  if (!stream_) return;
  end_->record(*stream_);
  end_->block(work_stream(device_));
}

DeviceQueue::Use::Use(const DeviceQueue& a, const DeviceQueue& b) {
  if (!a.stream_ || !b.stream_) return;
  const std::array<c10::Stream, 2> streams = {*a.stream_, *b.stream_};
  guard_.emplace(c10::ArrayRef<c10::Stream>(streams));
}

}  // namespace feedline::inline training
