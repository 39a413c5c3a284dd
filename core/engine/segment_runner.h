// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/machine_fault.h"
#include "engine/cache_route.h"
#include "engine/chunk.h"
#include "engine/heartbeat.h"
#include "engine/quarantine.h"
#include "engine/sequential_gate.h"
#include "engine/step_timer.h"
#include "engine/virtual_speedup.h"
#include "plan/plan.h"
#include "plan/segments.h"
#include "schema/in_blocks.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace feedline::inline engine {

/// What one worker does with a chunk: carries it through the nodes of its segment, node by node over tiles of
/// records that stay in cache. Values that nobody needs later live in the worker and are reused from tile to
/// tile; the last node of a branch writes straight into the batch. Used by one thread; no exception leaves it
/// but std::bad_alloc.
class SegmentRunner {
 public:
  /// `goes_on`: from an earlier pipeline's past, whose caches are gone (PipelineOptions::past).
  SegmentRunner(const DataPlan& plan, const SegmentLayout& layout, std::size_t segment, StepTimer timer,
                Heartbeat& heartbeat, const Quarantine& quarantine, const CacheShelf& caches,
                std::deque<SequentialGate>& gates, VirtualSpeedup::Account& account, const std::atomic<bool>& stop,
                bool goes_on = false);

  /// False if the run was stopped midway, or this worker abandoned, or for failure(); the chunk is then unfinished. Bad
  /// records are marked in the chunk, with their faults.
  [[nodiscard]] bool run(Chunk& chunk);
  /// What the machine cannot do for longer than Patience allows: the run is to end with it.
  [[nodiscard]] const std::optional<Error>& failure() const { return failure_; }
  /// For the worker that finished a batch's last row.
  void close(BatchWork& batch);

 private:
  static void make_empty(Datum& value);
  void find_blocks();
  void make_room(Chunk& chunk);
  /// Of the epoch whose random numbers the step draws in this one. Asked once a tile: what a record costs counts here.
  [[nodiscard]] std::uint32_t drawn_epoch(const PlanStep& step, std::uint32_t epoch) const;
  void bind(const Chunk& chunk, std::size_t begin, std::size_t end);
  [[nodiscard]] const CacheRoute* look_up(Chunk& chunk, std::size_t record);
  [[nodiscard]] const CacheRoute* route(const Chunk& chunk, std::size_t record);
  [[nodiscard]] bool show_cached(const Chunk& chunk, std::size_t record, std::size_t step, Datum& out) const;
  void keep(const Chunk& chunk, std::size_t record, std::size_t step, const Datum& value);
  [[nodiscard]] bool read(Chunk& chunk, std::size_t begin, std::size_t end);
  /// What a node has done of a tile since its time was last written down.
  struct Tally {
    std::size_t node = 0;
    const std::string& name;
    std::uint64_t first = 0;  ///< record of the tile
    std::uint64_t done = 0;
    std::uint64_t bytes = 0;
    bool timed = false;  ///< each record by itself
  };
  template <class Work>
  [[nodiscard]] bool patiently(Tally& tally, std::size_t row, Status& status, Work&& work);
  [[nodiscard]] bool blame(std::uint64_t record);
  [[nodiscard]] bool rest(Patience::Pause pause, std::size_t node);
  [[nodiscard]] std::optional<SequentialGate::Stay> wait_turn(std::size_t step, std::size_t node);
  [[nodiscard]] std::size_t read_block(Tally& tally, Chunk& chunk, std::size_t begin, std::size_t end);
  [[nodiscard]] bool run_step(const PlanStep& step, std::size_t node, Chunk& chunk, std::size_t begin, std::size_t end);
  [[nodiscard]] bool run_record(const PlanStep& step, std::uint32_t epoch, Tally& tally, Chunk& chunk, std::size_t r);
  [[nodiscard]] bool run_block(const PlanStep& step, std::uint32_t epoch, Tally& tally, Chunk& chunk, std::size_t begin,
                               std::size_t end);
  [[nodiscard]] std::optional<NextNode> next_node(const PlanStep& step, const Chunk& chunk, std::uint64_t record,
                                                  std::uint64_t key) const;
  void collate_tile(Chunk& chunk, std::size_t begin, std::size_t end);
  void collate_field(std::size_t field, Chunk& chunk, std::size_t begin, std::size_t end);
  void reject(Chunk& chunk, std::size_t record, Error error, const std::string& node);
  void measure(Chunk& chunk, std::size_t begin, std::size_t end);
  /// Where the values of a slot stand, record by record of the tile.
  struct SlotCells {
    Datum* first = nullptr;
    std::size_t step = 0;
    [[nodiscard]] Datum& at(std::size_t in_tile) const { return first[in_tile * step]; }
  };
  [[nodiscard]] SlotCells cells(Chunk& chunk, SlotIndex slot) {
    const SegmentLayout::Home home = layout_.homes[slot];
    if (home.in_chunk) return {chunk.cells.data() + tile_begin_ * layout_.crossing + home.index, layout_.crossing};
    return {tile_cells_.data() + home.index, layout_.local};
  }
  [[nodiscard]] Datum& cell(Chunk& chunk, std::size_t record, SlotIndex slot) {
    return cells(chunk, slot).at(record - tile_begin_);
  }
  Nanos lap(std::size_t node, std::uint64_t done, std::uint64_t bytes, std::uint64_t first);
  void took(std::size_t node, std::uint64_t done, Nanos wall);
  [[nodiscard]] VirtualSpeedup::Place place(std::size_t node) const {
    return {static_cast<std::uint32_t>(index_), static_cast<std::uint32_t>(node)};
  }
  /// A chunk's last tile is a quarter longer rather than followed by a rest that is not worth measuring.
  [[nodiscard]] std::size_t longest_tile() const { return tile_ + tile_ / 4; }
  [[nodiscard]] bool stopped() const { return stop_.load(std::memory_order_relaxed) || heartbeat_.abandoned(); }

  const DataPlan& plan_;
  const SegmentLayout& layout_;
  const Segment& segment_;
  std::size_t index_;
  StepTimer timer_;
  Heartbeat& heartbeat_;
  const Quarantine& quarantine_;
  std::deque<SequentialGate>& gates_;  ///< one a step of the plan
  VirtualSpeedup::Account& account_;
  const std::atomic<bool>& stop_;
  CacheRouter router_;
  std::optional<Error> failure_{};
  const std::vector<std::shared_ptr<const SampleOp>> ops_;  ///< by step of the plan: what runs here
  std::vector<bool> kept_{};  ///< by step: an earlier pipeline's caches kept what it drew in the first epoch

  std::vector<SlotIndex> local_slots_{};     ///< values that live here, for measuring
  std::vector<std::size_t> bound_fields_{};  ///< fields whose node runs here and may write into the batch
  std::vector<std::size_t> row_bytes_{};     ///< by field
  std::vector<Datum> tile_cells_{};          ///< tile x SegmentLayout::local
  std::size_t tile_begin_ = 0;
  std::size_t tile_ = 8;  ///< records a tile; follows the size of the values
  std::vector<const Datum*> in_{};
  std::vector<Datum*> out_{};

  const ReadsBlocks* source_blocks_ = nullptr;  ///< null: the source is read record by record
  std::vector<const InBlocks*> step_blocks_{};  ///< by step of the plan; null: it is run record by record
  std::vector<bool> may_change_{};              ///< by step: what it reads, for nobody else does
  std::vector<Datum*> block_in_{};
  std::vector<Datum*> block_out_{};
  std::vector<std::size_t> block_records_{};
};

}  // namespace feedline::inline engine
