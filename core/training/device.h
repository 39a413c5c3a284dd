// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training: devices through LibTorch's device-generic interfaces, so that no CUDA header is needed.

#include "base/error.h"
#include "base/torch.h"
#include "engine/batch.h"
#include "schema/tensor_desc.h"

#include <c10/core/Event.h>

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace feedline {

/// The device that `auto`, `cpu`, `cuda` or `cuda:1` stands for on this machine. Errors name what is lacking.
[[nodiscard]] Result<at::Device> choose_device(std::string_view text);
[[nodiscard]] std::string device_text(const at::Device& device);
/// Does work on the device run behind the host's back?
[[nodiscard]] inline bool is_asynchronous(const at::Device& device) { return !device.is_cpu(); }

/// Memory for batches that go to `device`: page-locked for a GPU, so that copies run beside the step; null (ordinary
/// memory) for the CPU.
[[nodiscard]] std::shared_ptr<BufferAllocator> batch_allocator(const at::Device& device);

/// Brings batches to a device. On the CPU the tensors show the batch's own memory; on a GPU the copies are asynchronous
/// and the batch is held until they are done.
class BatchUploader {
 public:
  explicit BatchUploader(at::Device device) : device_(device) {}
  ~BatchUploader();
  BatchUploader(const BatchUploader&) = delete;
  BatchUploader& operator=(const BatchUploader&) = delete;

  /// One tensor a field, `batch.records` rows each. On the CPU they are valid as long as `batch` lives. `fields`
  /// describe one record each.
  [[nodiscard]] std::vector<at::Tensor> upload(const Batch& batch, const std::vector<TensorDesc>& fields);

 private:
  struct InFlight {
    Batch batch{};
    c10::Event copied;
  };
  void release_finished(std::size_t at_most);

  at::Device device_;
  std::deque<InFlight> in_flight_{};
};

}  // namespace feedline
