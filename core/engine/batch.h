// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace feedline::inline engine {

/// Memory for batch buffers; the trainer supplies a pinned one when a GPU is used.
class BufferAllocator {
 public:
  virtual ~BufferAllocator() = default;
  /// 64-byte aligned. Throws std::bad_alloc.
  virtual std::byte* allocate(std::size_t bytes) = 0;
  virtual void release(std::byte* data, std::size_t bytes) noexcept = 0;
  /// Ordinary aligned memory.
  [[nodiscard]] static std::shared_ptr<BufferAllocator> host();
};

/// The memory of one batch: one dense block a field, room for the full batch size. Pooled.
struct BatchBuffer {
  std::vector<std::byte*> fields{};
  /// Of a ragged field how long each row really is; what follows in the row is zero. Empty for other fields.
  std::vector<std::vector<std::uint32_t>> lengths{};
  const void* user = nullptr;  ///< who was given it last: see BufferPool::acquire()
};

/// A finished batch, in the deterministic order. Its memory goes back to the pool when the last owner lets go, from
/// whatever thread.
struct Batch {
  std::uint32_t epoch = 0;  ///< from 1
  std::uint64_t index = 0;  ///< in its epoch, from 0
  /// Rows that are filled; less than the batch size at the end or after bad records. 0 only if every record of an
  /// epoch's last batch was bad: it then just says that the epoch is over; or of a share (PipelineOptions::share).
  std::size_t records = 0;
  bool last_of_epoch = false;
  std::vector<std::uint64_t> record_ids{};  ///< source index of each row
  /// Rows that were drawn for it, and which of them were left out, in order: so that who divides a batch can do so as
  /// if none had been.
  std::size_t drawn = 0;
  std::vector<std::size_t> missing{};
  std::shared_ptr<const BatchBuffer> buffer{};

  /// The longest of the filled rows of a ragged field, at least 1, so that no tensor is empty.
  [[nodiscard]] std::int64_t longest(std::size_t field) const;
};

}  // namespace feedline::inline engine
