// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/block_cache.h"

#include "base/memory.h"
#include "base/torch.h"

#include <c10/core/Allocator.h>
#include <c10/core/CPUAllocator.h>

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>

namespace feedline::inline training {
namespace {

/// Also the room in front of a block, where its size is written.
constexpr std::size_t kBlockAlignment = 64;
/// Smaller ones are no trouble to the C library.
constexpr std::size_t kSmallest = std::size_t{32} << 10;
constexpr std::size_t kMostCached = std::size_t{4} << 30;

/// Eight sizes between powers of two.
std::size_t rounded(std::size_t bytes) {
  if (bytes < kSmallest) return bytes;
  const std::size_t step = std::bit_floor(bytes) / 8;
  return (bytes + step - 1) / step * step;
}

/// 4 GiB, or half of what is free when the first run starts.
std::size_t most_cached() {
  const std::uint64_t free = free_memory();
  return free == 0 ? kMostCached / 4 : std::min(kMostCached, static_cast<std::size_t>(free / 2));
}

/// Never destroyed: tensors may outlive everything.
BlockCache& tensor_cache() {
  static BlockCache& cache = *new BlockCache(most_cached());
  return cache;
}

void give_back(void* data) { tensor_cache().give(data); }

class CachingAllocator final : public c10::Allocator {
 public:
  // Const in LibTorch before 2.3, not so since: one of the two overrides.
  c10::DataPtr allocate(std::size_t bytes) const {
    void* data = bytes == 0 ? nullptr : tensor_cache().take(bytes);
    TORCH_CHECK(data != nullptr || bytes == 0, "can't allocate memory: you tried to allocate ", bytes, " bytes");
    return {data, data, &give_back, c10::Device(c10::DeviceType::CPU)};
  }
  c10::DataPtr allocate(std::size_t bytes) { return static_cast<const CachingAllocator*>(this)->allocate(bytes); }
  [[nodiscard]] c10::DeleterFnPtr raw_deleter() const override { return &give_back; }
  // Asked for by LibTorch 2.
  void copy_data(void* to, const void* from, std::size_t bytes) const { std::memcpy(to, from, bytes); }
};

}  // namespace

void* BlockCache::reuse(std::size_t bytes) noexcept {
  const std::lock_guard lock(mutex_);
  const auto found = free_.find(bytes);
  if (found == free_.end() || found->second.empty()) return nullptr;
  void* const data = found->second.back();
  found->second.pop_back();
  cached_ -= bytes;
  return data;
}

void* BlockCache::take(std::size_t bytes) noexcept {
  if (bytes > static_cast<std::size_t>(-1) / 2) return nullptr;
  const std::size_t size = rounded(bytes);
  const std::size_t limit = limit_.load(std::memory_order_relaxed);
  if (limit > 0 && taken() + size > limit) return nullptr;
  void* const data = take_rounded(size);
  if (data == nullptr) return nullptr;
  const std::size_t now = taken_.fetch_add(size, std::memory_order_relaxed) + size;
  std::size_t most = peak();
  while (most < now && !peak_.compare_exchange_weak(most, now, std::memory_order_relaxed)) {
  }
  return data;
}

void* BlockCache::take_rounded(std::size_t size) noexcept {
  if (size >= kSmallest)
    if (void* const data = reuse(size)) return data;
  void* block = nullptr;
  if (posix_memalign(&block, kBlockAlignment, size + kBlockAlignment) != 0) {
    trim();
    if (posix_memalign(&block, kBlockAlignment, size + kBlockAlignment) != 0) return nullptr;
  }
  std::memcpy(block, &size, sizeof size);
  return static_cast<std::byte*>(block) + kBlockAlignment;
}

void BlockCache::give(void* data) noexcept {
  if (data == nullptr) return;
  void* const block = static_cast<std::byte*>(data) - kBlockAlignment;
  std::size_t size = 0;
  std::memcpy(&size, block, sizeof size);
  taken_.fetch_sub(size, std::memory_order_relaxed);
  if (size >= kSmallest) {
    try {
      const std::lock_guard lock(mutex_);
      if (cached_ + size <= most_cached_) {
        free_[size].push_back(data);
        cached_ += size;
        return;
      }
    } catch (const std::bad_alloc&) {  // then it is not kept
    }
  }
  std::free(block);
}

void BlockCache::trim() noexcept {
  const std::lock_guard lock(mutex_);
  for (auto& [size, blocks] : free_) {
    for (void* data : blocks) std::free(static_cast<std::byte*>(data) - kBlockAlignment);
    blocks.clear();
  }
  cached_ = 0;
}

std::size_t BlockCache::cached() const {
  const std::lock_guard lock(mutex_);
  return cached_;
}

void cache_tensor_memory() {
#ifndef __SANITIZE_ADDRESS__
  static CachingAllocator& allocator = *new CachingAllocator;
  static std::once_flag once;
  std::call_once(once, [] { c10::SetCPUAllocator(&allocator, 1); });
#endif
}

void trim_tensor_memory() {
#ifndef __SANITIZE_ADDRESS__
  tensor_cache().trim();
#endif
}

TensorMemory tensor_memory() { return {tensor_cache().taken(), tensor_cache().peak()}; }

void reset_tensor_peak() { tensor_cache().reset_peak(); }

void limit_tensor_memory(std::size_t bytes) { tensor_cache().limit(bytes); }

}  // namespace feedline::inline training
