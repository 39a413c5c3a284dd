// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/batch.h"

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

namespace feedline::inline engine {

/// Batch buffers that are used again and again. How many exist follows from the prefetch window and from how
/// many batches the consumer holds; in the steady state nothing is allocated. Buffers may outlive the
/// pipeline: the last owner, on whatever thread, hands its buffer back while the pipeline lives and frees it
/// afterwards. Thread-safe.
class BufferPool : public std::enable_shared_from_this<BufferPool> {
 public:
  /// `field_bytes`: size of each field's block for a full batch; `field_lengths`: rows of each ragged field, 0 for
  /// others (none at all: no field is ragged).
  BufferPool(std::shared_ptr<BufferAllocator> allocator, std::vector<std::size_t> field_bytes,
             std::vector<std::size_t> field_lengths = {});
  ~BufferPool();
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;

  /// `user` stands for the thread that is about to fill it: a buffer that it filled before is likely to lie in its
  /// core's cache, and one that another core filled has to be fetched from there, which costs a twelfth of the rate of
  /// small pictures. Throws std::bad_alloc where the allocator has no more memory.
  [[nodiscard]] std::shared_ptr<BatchBuffer> acquire(const void* user = nullptr);
  /// Frees idle buffers, and from now on every buffer that comes back.
  void retire();

 private:
  [[nodiscard]] std::unique_ptr<BatchBuffer> allocate();
  void give_back(BatchBuffer* buffer) noexcept;
  void release(const BatchBuffer& buffer) noexcept;

  std::shared_ptr<BufferAllocator> allocator_;
  std::vector<std::size_t> field_bytes_;
  std::vector<std::size_t> field_lengths_;
  std::mutex mutex_{};
  std::vector<std::unique_ptr<BatchBuffer>> idle_{};
  std::size_t made_ = 0;
  bool retired_ = false;
};

}  // namespace feedline::inline engine
