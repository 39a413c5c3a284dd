// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/buffer_pool.h"

#include <algorithm>
#include <iterator>
#include <new>
#include <utility>

namespace feedline::inline engine {
namespace {

constexpr std::align_val_t kAlignment{64};

class HostAllocator final : public BufferAllocator {
 public:
  std::byte* allocate(std::size_t bytes) override {
    return static_cast<std::byte*>(::operator new[](bytes, kAlignment));
  }
  void release(std::byte* data, std::size_t) noexcept override { ::operator delete[](data, kAlignment); }
};

}  // namespace

std::shared_ptr<BufferAllocator> BufferAllocator::host() {
  static const auto allocator = std::make_shared<HostAllocator>();
  return allocator;
}

std::int64_t Batch::longest(std::size_t field) const {
  const auto& lengths = buffer->lengths[field];
  std::uint32_t most = 1;
  for (std::size_t row = 0; row < records; ++row) most = std::max(most, lengths[row]);
  return most;
}

BufferPool::BufferPool(std::shared_ptr<BufferAllocator> allocator, std::vector<std::size_t> field_bytes,
                       std::vector<std::size_t> field_lengths)
    : allocator_(std::move(allocator)), field_bytes_(std::move(field_bytes)), field_lengths_(std::move(field_lengths)) {
  field_lengths_.resize(field_bytes_.size());
  for (std::size_t& bytes : field_bytes_) bytes = std::max<std::size_t>(bytes, 1);
}

BufferPool::~BufferPool() { retire(); }

std::shared_ptr<BatchBuffer> BufferPool::acquire(const void* user) {
  std::unique_ptr<BatchBuffer> buffer;
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      auto chosen = std::find_if(idle_.rbegin(), idle_.rend(), [&](const auto& b) { return b->user == user; });
      if (chosen == idle_.rend()) chosen = idle_.rbegin();
      buffer = std::move(*chosen);
      idle_.erase(std::next(chosen).base());
    } else {
      idle_.reserve(++made_);  // so that handing back never allocates
    }
  }
  if (!buffer) buffer = allocate();
  buffer->user = user;
  auto deleter = [pool = shared_from_this()](BatchBuffer* done) { pool->give_back(done); };
  return {buffer.release(), std::move(deleter)};
}

void BufferPool::retire() {
  std::vector<std::unique_ptr<BatchBuffer>> idle;
  {
    const std::lock_guard lock(mutex_);
    retired_ = true;
    idle.swap(idle_);
  }
  for (const auto& buffer : idle) release(*buffer);
}

std::unique_ptr<BatchBuffer> BufferPool::allocate() {
  auto buffer = std::make_unique<BatchBuffer>();
  buffer->fields.reserve(field_bytes_.size());
  for (const std::size_t rows : field_lengths_) buffer->lengths.emplace_back(rows, 0);
  try {
    for (const std::size_t bytes : field_bytes_) buffer->fields.push_back(allocator_->allocate(bytes));
  } catch (...) {
    release(*buffer);
    throw;
  }
  return buffer;
}

void BufferPool::give_back(BatchBuffer* done) noexcept {
  std::unique_ptr<BatchBuffer> buffer(done);
  {
    const std::lock_guard lock(mutex_);
    if (!retired_ && idle_.size() < idle_.capacity()) {
      idle_.push_back(std::move(buffer));
      return;
    }
  }
  release(*buffer);
}

void BufferPool::release(const BatchBuffer& buffer) noexcept {
  for (std::size_t i = 0; i < buffer.fields.size(); ++i) allocator_->release(buffer.fields[i], field_bytes_[i]);
}

}  // namespace feedline::inline engine
