// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training: queues of a device through LibTorch's device-generic interfaces, so that no CUDA header is
// needed. On the CPU, where work is done when its call returns, nothing waits and nothing is queued.

#include "base/torch.h"

#include <c10/core/Event.h>
#include <c10/core/StreamGuard.h>

#include <optional>

namespace feedline::inline training {

/// Until what this thread has put on the device is done.
void wait_for_work(const at::Device& device);

/// A place in a device's queue: behind all that was put there before.
class DeviceMark {
 public:
  explicit DeviceMark(at::Device device);
  /// Behind what is in the queue that this thread puts its work on.
  void set();

 private:
  friend class DeviceQueue;
  at::Device device_;
  std::optional<c10::Event> event_{};  ///< none on the CPU
};

/// A queue of a device's own for copies, beside the one that layers put their work on.
class DeviceQueue {
 public:
  explicit DeviceQueue(at::Device device);
  /// What is put here from now on waits for the mark, which may be another device's.
  void follow(DeviceMark& mark);
  /// What layers put on the device from now on waits for all that is here.
  void join();

  /// While one lives, what this thread does on the two devices goes to these queues.
  class Use {
   public:
    Use(const DeviceQueue& a, const DeviceQueue& b);

   private:
    std::optional<c10::MultiStreamGuard> guard_{};
  };

 private:
  at::Device device_;
  std::optional<c10::Stream> stream_{};  ///< none on the CPU
  std::optional<c10::Event> end_{};
};

}  // namespace feedline::inline training
