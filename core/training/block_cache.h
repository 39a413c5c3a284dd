// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training; free of LibTorch.

#include <atomic>
#include <cstddef>
#include <map>
#include <mutex>
#include <vector>

namespace feedline::inline training {

/// Keeps freed blocks of memory for the next one of their size. A training step asks for the same large blocks again
/// and again; the C library gives each back to the system and fetches it anew, page fault by page fault, which costs
/// more than a third of the step of a small network.
///
/// From all threads at once. Sizes are rounded up by at most an eighth.
class BlockCache {
 public:
  explicit BlockCache(std::size_t most_cached) : most_cached_(most_cached) {}
  ~BlockCache() { trim(); }
  BlockCache(const BlockCache&) = delete;
  BlockCache& operator=(const BlockCache&) = delete;

  /// 64-byte aligned. Null when there is no memory.
  [[nodiscard]] void* take(std::size_t bytes) noexcept;
  /// Gives back what take() gave.
  void give(void* data) noexcept;
  /// Lets go of everything that is cached.
  void trim() noexcept;
  [[nodiscard]] std::size_t cached() const;
  /// In the hands of takers, rounded up; and the most since reset_peak().
  [[nodiscard]] std::size_t taken() const { return taken_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::size_t peak() const { return peak_.load(std::memory_order_relaxed); }
  void reset_peak() { peak_.store(taken(), std::memory_order_relaxed); }
  /// take() fails beyond it; 0: no limit.
  void limit(std::size_t bytes) { limit_.store(bytes, std::memory_order_relaxed); }

 private:
  [[nodiscard]] void* reuse(std::size_t bytes) noexcept;
  [[nodiscard]] void* take_rounded(std::size_t size) noexcept;

  const std::size_t most_cached_;
  mutable std::mutex mutex_{};
  std::map<std::size_t, std::vector<void*>> free_{};
  std::size_t cached_ = 0;
  std::atomic<std::size_t> taken_ = 0;
  std::atomic<std::size_t> peak_ = 0;
  std::atomic<std::size_t> limit_ = 0;
};

/// Makes LibTorch's tensors in main memory come from a BlockCache, for the rest of the process's life. Again: nothing.
/// Under an address sanitiser it does nothing either, which would be blind to their misuse then.
void cache_tensor_memory();
/// After a run: gives cached memory back to the system.
void trim_tensor_memory();

/// Bytes of tensors in main memory, of the whole process.
struct TensorMemory {
  std::size_t now = 0;
  std::size_t most = 0;  ///< since reset_tensor_peak()
};
/// 0 where cache_tensor_memory() does nothing, or was not called.
[[nodiscard]] TensorMemory tensor_memory();
void reset_tensor_peak();
/// For tests: as if there were no more memory than this for tensors. 0: as much as the machine has.
void limit_tensor_memory(std::size_t bytes);

}  // namespace feedline::inline training
