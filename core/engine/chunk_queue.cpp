// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/chunk_queue.h"

#include <algorithm>
#include <utility>

namespace feedline::inline engine {

ChunkQueue::ChunkQueue(std::size_t capacity, std::size_t max_bytes)
    : places_(std::max<std::size_t>(capacity, 1)), max_bytes_(std::max<std::size_t>(max_bytes, 1)) {}

bool ChunkQueue::admits(std::uint64_t sequence) const {
  if (sequence == low_) return true;
  return sequence < low_ + places_.size() && bytes_ < max_bytes_;
}

void ChunkQueue::put(Chunk* chunk) {
  place(chunk->sequence).chunk = chunk;
  ++size_;
  bytes_ += chunk->bytes;
}

void ChunkQueue::widen(std::size_t capacity) {
  if (capacity <= places_.size()) return;
  std::vector<Place> wider(capacity);
  for (std::uint64_t sequence = low_; sequence < low_ + places_.size(); ++sequence)
    wider[sequence % capacity] = place(sequence);
  places_ = std::move(wider);
}

Chunk* ChunkQueue::head() const {
  if (size_ == 0) return nullptr;
  for (std::uint64_t sequence = low_; sequence < low_ + places_.size(); ++sequence)
    if (Chunk* chunk = place(sequence).chunk) return chunk;
  return nullptr;
}

Chunk* ChunkQueue::pop() {
  Chunk* chunk = head();
  if (chunk == nullptr) return nullptr;
  place(chunk->sequence) = {.chunk = nullptr, .taken = true};
  --size_;
  bytes_ -= chunk->bytes;
  while (place(low_).taken) place(low_++).taken = false;
  return chunk;
}

QueueLevel ChunkQueue::level() const {
  const double items = static_cast<double>(size_) / static_cast<double>(places_.size());
  const double bytes = static_cast<double>(bytes_) / static_cast<double>(max_bytes_);
  return {.fill = std::min(1.0, std::max(items, bytes)), .waiting = size_, .capacity = places_.size()};
}

}  // namespace feedline::inline engine
