// SPDX-License-Identifier: GPL-3.0-or-later
#include "engine/pipeline_state.h"

#include "base/cores.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace feedline::inline engine {
namespace {

std::size_t batch_size(const DataPlan& plan) {
  return static_cast<std::size_t>(std::max<std::int64_t>(plan.batch.size, 1));
}

/// Part 0 of a batch is no smaller than any other, nor than its own of a shorter batch.
std::size_t most_rows(const DataPlan& plan, BatchShare share) {
  const auto rows = static_cast<std::int64_t>(batch_size(plan));
  return static_cast<std::size_t>(rows_of(rows, 0, share.parts).count);
}

std::vector<std::size_t> field_bytes(const DataPlan& plan, BatchShare share = {}) {
  std::vector<std::size_t> bytes;
  for (const BatchField& field : plan.fields) bytes.push_back(field.record_bytes() * most_rows(plan, share));
  return bytes;
}

std::vector<std::size_t> field_lengths(const DataPlan& plan, BatchShare share) {
  std::vector<std::size_t> rows;
  for (const BatchField& field : plan.fields) rows.push_back(field.capacity > 0 ? most_rows(plan, share) : 0);
  return rows;
}

SegmentLayout cut_for(const DataPlan& plan, const PipelineOptions& options) {
  const std::size_t workers = options.workers > 0 ? options.workers : usable_cores();
  return options.staged ? SegmentLayout::staged(plan, workers) : SegmentLayout::fused(plan, workers);
}

std::shared_ptr<const CacheShelf> caches_for(const DataPlan& plan, const PipelineOptions& options) {
  if (options.caches) return options.caches;
  const DataPlan* const plans[] = {&plan};
  return std::make_shared<CacheShelf>(plans, options.cache_folder);
}

}  // namespace

PipelineState::PipelineState(std::shared_ptr<const Plan> owner_plan, const DataPlan& data_plan, PipelineOptions asked)
    : owner(std::move(owner_plan)),
      plan(data_plan),
      options(std::move(asked)),
      clock(options.clock != nullptr ? *options.clock : Clock::system()),
      layout(cut_for(plan, options)),
      pool(std::make_shared<BufferPool>(options.allocator ? options.allocator : BufferAllocator::host(),
                                        field_bytes(plan, options.share), field_lengths(plan, options.share))),
      caches(caches_for(plan, options)),
      quarantine(plan.sampler.count),
      speedup(clock),
      padding(plan),
      sorter(plan),
      gates(plan.steps.size()),
      flow(BatchSampler(plan, options.first_epoch, options.epochs, sorter.first_of_group(options.first_batch),
                        options.share),
           layout, pool, {.batch = batch_size(plan), .prefetch = sorter.prefetch_for(options.prefetch)}, clock) {
  const auto meter = [this](const std::string& name, const std::string& type, std::size_t workers) {
    meters.push_back(std::make_unique<StageMeter>(name, type, workers));
  };
  for (const Segment& segment : layout.segments) {
    first_meter_.push_back(meters.size());
    if (segment.reads) meter(plan.source_node, plan.source_type, segment.workers);
    for (std::size_t i = segment.first_step; i < segment.last_step; ++i)
      meter(plan.steps[i].node, plan.steps[i].type, segment.workers);
    if (segment.collates) meter(plan.batch_node, "batch", segment.workers);
  }
  if (options.meters && options.trace) name_queues();
  if (options.at_rest) flow.pause(true);
}

/// What its workers are called in the timeline: by the node where there is one only.
std::string PipelineState::segment_name(std::size_t segment) const {
  const Segment& of = layout.segments[segment];
  return of.nodes() == 1 ? node(segment, 0) : "prepare";
}

void PipelineState::name_queues() {
  std::vector<TraceLane*> lanes;
  for (std::size_t s = 0; s < layout.segments.size(); ++s) {
    const bool last = s + 1 == layout.segments.size();
    lanes.push_back(
        &options.trace->lane(options.trace_prefix + (last ? "batches ready" : "queue behind " + segment_name(s))));
  }
  flow.write_levels(std::move(lanes));
}

TimelineWriter PipelineState::timeline(std::size_t segment, std::size_t worker) const {
  TimelineWriter timeline;
  if (!options.meters || !options.trace) return timeline;
  timeline.lane = &options.trace->lane(fmt::format("{}{} {}", options.trace_prefix, segment_name(segment), worker + 1));
  for (std::size_t i = 0; i < layout.segments[segment].nodes(); ++i)
    timeline.labels.push_back(options.trace->label(node(segment, i)));
  return timeline;
}

std::optional<VirtualSpeedup::Place> PipelineState::place_of(std::string_view name) const {
  for (std::size_t s = 0; s < layout.segments.size(); ++s)
    for (std::size_t i = 0; i < layout.segments[s].nodes(); ++i)
      if (node(s, i) == name)
        return VirtualSpeedup::Place{static_cast<std::uint32_t>(s), static_cast<std::uint32_t>(i)};
  return std::nullopt;
}

std::optional<std::size_t> PipelineState::segment_of(std::string_view name) const {
  const auto place = place_of(name);
  return place ? std::optional<std::size_t>(place->segment) : std::nullopt;
}

std::vector<WorkerMeter*> PipelineState::meters_of(std::size_t segment, std::size_t worker) {
  std::vector<WorkerMeter*> meters_of;
  if (!options.meters) return meters_of;
  for (std::size_t i = 0; i < layout.segments[segment].nodes(); ++i)
    meters_of.push_back(&meters[first_meter_[segment] + i]->worker(worker));
  return meters_of;
}

bool PipelineState::sequential(std::string_view name) const {
  return std::any_of(plan.steps.begin(), plan.steps.end(),
                     [&](const PlanStep& step) { return step.node == name && step.op->sequential(); });
}

std::vector<StageSample> PipelineState::stages(Nanos now) const {
  std::vector<StageSample> samples;
  samples.reserve(meters.size());
  std::size_t next = 0;
  for (std::size_t s = 0; s < layout.segments.size(); ++s) {
    const QueueLevel queue = flow.level(s);
    const std::size_t workers = flow.workers(s);
    for (std::size_t i = 0; i < layout.segments[s].nodes(); ++i, ++next) {
      const StageMeter& meter = *meters[next];
      std::vector<StageCounters> each = meter.read_workers(now);
      StageCounters total;
      for (const StageCounters& worker : each) total += worker;
      samples.push_back({.node = meter.node(),
                         .type = meter.type(),
                         .total = total,
                         .by_worker = std::move(each),
                         .segment = s,
                         .sequential = sequential(meter.node()),
                         .workers = workers,
                         .queue = queue});
      if (const CacheStore* cache = caches->find(meter.node())) samples.back().cache = cache->level();
    }
  }
  if (!samples.empty()) samples.back().padding = padding.read();
  return samples;
}

std::vector<NodeDurations> PipelineState::durations() const {
  std::vector<NodeDurations> all;
  for (const auto& meter : meters) all.push_back({meter->node(), meter->durations()});
  return all;
}

Error out_of_memory(const DataPlan& plan) {
  std::size_t bytes = 0;
  for (const std::size_t field : field_bytes(plan)) bytes += field;
  const double mb = static_cast<double>(bytes) / 1e6;
  return {.code = ErrorCode::Failed,
          .reason = mb < 1e5 ? fmt::format("not enough memory for batches of {:.3g} MB each", mb)
                             : fmt::format("not enough memory for batches of {:.0f} GB each", mb / 1e3),
          .remedy = "Use a smaller batch, a smaller prefetch, or smaller pictures",
          .node = plan.batch_node};
}

}  // namespace feedline::inline engine
