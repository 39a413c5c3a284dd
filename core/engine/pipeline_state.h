// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "base/clock.h"
#include "engine/buffer_pool.h"
#include "engine/cache_shelf.h"
#include "engine/flow.h"
#include "engine/length_sorter.h"
#include "engine/padding_meter.h"
#include "engine/pipeline.h"
#include "engine/quarantine.h"
#include "engine/sequential_gate.h"
#include "engine/step_timer.h"
#include "engine/virtual_speedup.h"
#include "plan/plan.h"
#include "plan/segments.h"
#include "telemetry/snapshot.h"
#include "telemetry/stage_meter.h"

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline engine {

/// Everything that the threads of a pipeline share. Each of them holds a share of it, so that one that is stuck in a
/// node's code may be left behind when the pipeline goes, and touches nothing that is gone.
class PipelineState {
 public:
  PipelineState(std::shared_ptr<const Plan> owner, const DataPlan& plan, PipelineOptions options);
  ~PipelineState() { pool->retire(); }
  PipelineState(const PipelineState&) = delete;
  PipelineState& operator=(const PipelineState&) = delete;

  /// The segment that carries a node; none: there is no such node.
  [[nodiscard]] std::optional<std::size_t> segment_of(std::string_view node) const;
  /// Name of a segment's i-th node.
  [[nodiscard]] const std::string& node(std::size_t segment, std::size_t i) const {
    return meters[first_meter_[segment] + i]->node();
  }
  /// Where a node sits; none: there is no such node.
  [[nodiscard]] std::optional<VirtualSpeedup::Place> place_of(std::string_view node) const;
  [[nodiscard]] bool sequential(std::string_view node) const;
  /// Meters of the nodes of a segment, for one worker, made where needed. Empty where nothing is measured.
  [[nodiscard]] std::vector<WorkerMeter*> meters_of(std::size_t segment, std::size_t worker);
  /// Where a worker writes its slices; no lane where there is no timeline.
  [[nodiscard]] TimelineWriter timeline(std::size_t segment, std::size_t worker) const;
  [[nodiscard]] std::vector<StageSample> stages(Nanos now) const;
  /// By node, in the order of stages().
  [[nodiscard]] std::vector<NodeDurations> durations() const;

  std::shared_ptr<const Plan> owner;
  const DataPlan& plan;
  const PipelineOptions options;
  const Clock& clock;
  const SegmentLayout layout;
  const std::shared_ptr<BufferPool> pool;
  const std::shared_ptr<const CacheShelf> caches;
  Quarantine quarantine;
  VirtualSpeedup speedup;
  PaddingMeter padding;
  LengthSorter sorter;               ///< for the consumer
  std::deque<SequentialGate> gates;  ///< one a step
  Flow flow;
  std::vector<std::unique_ptr<StageMeter>> meters{};  ///< source, steps, batch: the order of the segments

 private:
  [[nodiscard]] std::string segment_name(std::size_t segment) const;
  void name_queues();

  std::vector<std::size_t> first_meter_{};  ///< by segment
};

/// What a run ends with when a batch finds no memory.
[[nodiscard]] Error out_of_memory(const DataPlan& plan);

}  // namespace feedline::inline engine
