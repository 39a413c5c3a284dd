// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training.

#include "base/torch.h"
#include "engine/batch.h"
#include "engine/batch_share.h"
#include "schema/tensor_desc.h"

#include <cstddef>
#include <memory>
#include <vector>

namespace feedline::inline training {

class DoubleBuffer;

/// Brings batches to a device. On the CPU the tensors show the batch's own memory. On a GPU the copies run on a stream
/// of their own, double-buffered (see double_buffer.h), through LibTorch's device-generic interfaces.
class BatchUploader {
 public:
  /// `fields` describe one record each; `rows` is the largest batch to come.
  BatchUploader(at::Device device, std::vector<TensorDesc> fields, std::size_t rows);
  ~BatchUploader();
  BatchUploader(const BatchUploader&) = delete;
  BatchUploader& operator=(const BatchUploader&) = delete;

  /// One tensor a field, `batch.records` rows each; of a ragged field as many columns as the longest row has. They are
  /// valid until finish_step(), on the CPU as long as `batch` lives.
  [[nodiscard]] std::vector<at::Tensor> upload(const Batch& batch);
  /// The same of some of its rows, where others have the rest.
  [[nodiscard]] std::vector<at::Tensor> upload(const Batch& batch, const Rows& rows);
  /// The batch's own memory, as long as it lives.
  [[nodiscard]] static std::vector<at::Tensor> shown(const Batch& batch, const std::vector<TensorDesc>& fields);
  /// All work that reads the newest batch has been launched.
  void finish_step();

 private:
  class StreamLane;

  std::vector<TensorDesc> fields_;
  std::unique_ptr<StreamLane> lane_{};  ///< null on the CPU
  std::unique_ptr<DoubleBuffer> buffer_{};
};

}  // namespace feedline::inline training
