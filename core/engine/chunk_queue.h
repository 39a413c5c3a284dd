// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "engine/chunk.h"
#include "telemetry/snapshot.h"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace feedline::inline engine {

/// The queue between two segments: a window of `capacity` consecutive sequence numbers, bounded in bytes too.
///
/// A place belongs to a sequence number, and room is asked for before the work is begun. So however late one
/// chunk is, its place is kept, the chunk with the smallest number can always go on, and the chain of
/// segments cannot deadlock. Not thread-safe: the Flow guards it.
class ChunkQueue {
 public:
  ChunkQueue(std::size_t capacity, std::size_t max_bytes);

  /// May work on chunk `sequence` begin, whose result goes into this queue? Bytes of work already begun are
  /// not known yet, so the byte limit may be passed by one chunk a worker.
  [[nodiscard]] bool admits(std::uint64_t sequence) const;
  void put(Chunk* chunk);
  /// Makes the window longer, never shorter.
  void widen(std::size_t capacity);
  /// The present chunk with the smallest sequence number, or null.
  [[nodiscard]] Chunk* head() const;
  /// Removes head().
  Chunk* pop();

  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] QueueLevel level() const;

 private:
  struct Place {
    Chunk* chunk = nullptr;
    bool taken = false;  ///< was here and has left
  };
  [[nodiscard]] Place& place(std::uint64_t sequence) { return places_[sequence % places_.size()]; }
  [[nodiscard]] const Place& place(std::uint64_t sequence) const { return places_[sequence % places_.size()]; }

  std::vector<Place> places_;
  std::size_t max_bytes_;
  std::uint64_t low_ = 0;  ///< smallest sequence number that has not left
  std::size_t size_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace feedline::inline engine
