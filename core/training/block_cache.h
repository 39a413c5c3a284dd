// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training; free of LibTorch.

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

 private:
  [[nodiscard]] void* reuse(std::size_t bytes) noexcept;

  const std::size_t most_cached_;
  mutable std::mutex mutex_{};
  std::map<std::size_t, std::vector<void*>> free_{};
  std::size_t cached_ = 0;
};

/// Makes LibTorch's tensors in main memory come from a BlockCache, for the rest of the process's life. Again: nothing.
/// Under an address sanitiser it does nothing either, which would be blind to their misuse then.
void cache_tensor_memory();
/// After a run: gives cached memory back to the system.
void trim_tensor_memory();

}  // namespace feedline::inline training
