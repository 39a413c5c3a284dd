// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "plan/plan.h"

#include <cstddef>
#include <string>
#include <vector>

namespace feedline::inline plan {

/// A run of adjacent nodes that one worker carries a chunk through without a queue between them.
struct Segment {
  bool reads = false;  ///< begins with the source
  std::size_t first_step = 0;
  std::size_t last_step = 0;  ///< one past the last
  bool collates = false;      ///< ends with the batch
  std::size_t workers = 1;

  /// How many nodes it carries.
  [[nodiscard]] std::size_t nodes() const {
    return (reads ? 1U : 0U) + (last_step - first_step) + (collates ? 1U : 0U);
  }
};

/// How a DataPlan is cut: where queues stand, and where each value lives. Any cut gives the same bytes.
struct SegmentLayout {
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  /// A value is kept in the chunk when a later segment needs it, else in the worker, one tile at a time.
  struct Home {
    bool in_chunk = false;
    std::size_t index = 0;
  };

  std::vector<Segment> segments{};
  std::vector<Home> homes{};            ///< by slot
  std::vector<std::size_t> producer{};  ///< by slot: the segment that writes it; kNone if none does
  std::size_t crossing = 0;             ///< values a record in a chunk
  std::size_t local = 0;                ///< values a record in a worker

  /// What a user gets: `read` has its own thread (waiting for a disk costs no core), all per-record nodes and
  /// the batch are one segment of `workers` threads. A source in memory (schema/in_memory.h) is part of that segment.
  [[nodiscard]] static SegmentLayout fused(const DataPlan& plan, std::size_t workers);
  /// What a teacher shows: every node has its own workers and queue.
  [[nodiscard]] static SegmentLayout staged(const DataPlan& plan, std::size_t workers);
  /// Any cut into segments that cover the source, all steps in order, and the batch.
  [[nodiscard]] static SegmentLayout of(const DataPlan& plan, std::vector<Segment> segments);
};

/// The node that writes a slot (the source, or a step).
[[nodiscard]] const std::string& writer_of(const DataPlan& plan, SlotIndex slot);

}  // namespace feedline::inline plan
