// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/map_guard.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <sys/mman.h>

namespace feedline::inline nodes {

/// A file mapped for reading, under a guard.
class MappedText {
 public:
  MappedText(int descriptor, std::uint64_t size) : size_(static_cast<std::size_t>(size)) {
    void* data = ::mmap(nullptr, size_, PROT_READ, MAP_SHARED, descriptor, 0);
    if (data == MAP_FAILED) return;
    data_ = data;
    guard_.emplace(data, size_);
  }
  ~MappedText() {
    guard_.reset();
    if (data_ != nullptr) ::munmap(data_, size_);
  }
  MappedText(const MappedText&) = delete;
  MappedText& operator=(const MappedText&) = delete;
  /// Null: it is not mapped, or some of it has been lost.
  [[nodiscard]] const char* data() const {
    return data_ == nullptr || guard_->broken() ? nullptr : static_cast<const char*>(data_);
  }

 private:
  void* data_ = nullptr;
  std::size_t size_;
  std::optional<MapGuard> guard_{};
};

}  // namespace feedline::inline nodes
