// SPDX-License-Identifier: GPL-3.0-or-later
#include "plan/segments.h"

#include "plan/readers.h"
#include "schema/in_memory.h"

#include <algorithm>
#include <utility>

namespace feedline::inline plan {
namespace {

std::vector<std::size_t> producers(const DataPlan& plan, const std::vector<Segment>& segments) {
  std::vector<std::size_t> producer(plan.slots, SegmentLayout::kNone);
  for (std::size_t s = 0; s < segments.size(); ++s) {
    if (segments[s].reads)
      for (const auto& slot : plan.source_outputs)
        if (slot) producer[*slot] = s;
    for (std::size_t i = segments[s].first_step; i < segments[s].last_step; ++i)
      for (const SlotIndex slot : plan.steps[i].outputs) producer[slot] = s;
  }
  return producer;
}

/// Slots that must stay with the chunk: what a later segment reads, and whatever such a value may be a view
/// of.
std::vector<bool> crossing_slots(const DataPlan& plan, const SegmentLayout& layout) {
  std::vector<bool> crosses(plan.slots, false);
  for (std::size_t s = 0; s < layout.segments.size(); ++s) {
    const Segment& segment = layout.segments[s];
    for (std::size_t i = segment.first_step; i < segment.last_step; ++i)
      for (const auto& slot : plan.steps[i].inputs)
        if (slot && layout.producer[*slot] != s) crosses[*slot] = true;
    if (segment.collates)
      for (const BatchField& field : plan.fields)
        if (layout.producer[field.slot] != s) crosses[field.slot] = true;
  }
  for (auto step = plan.steps.rbegin(); step != plan.steps.rend(); ++step) {
    const bool leaves =
        std::any_of(step->outputs.begin(), step->outputs.end(), [&](SlotIndex o) { return crosses[o]; });
    if (!leaves) continue;
    for (const auto& slot : step->inputs)
      if (slot) crosses[*slot] = true;
  }
  return crosses;
}

}  // namespace

SegmentLayout SegmentLayout::of(const DataPlan& plan, std::vector<Segment> segments) {
  SegmentLayout layout;
  layout.segments = std::move(segments);
  layout.producer = producers(plan, layout.segments);
  layout.homes.resize(plan.slots);
  const std::vector<bool> crosses = crossing_slots(plan, layout);
  for (SlotIndex slot = 0; slot < plan.slots; ++slot)
    layout.homes[slot] = {.in_chunk = crosses[slot], .index = crosses[slot] ? layout.crossing++ : layout.local++};
  return layout;
}

SegmentLayout SegmentLayout::fused(const DataPlan& plan, std::size_t workers) {
  const auto* memory = dynamic_cast<const InMemory*>(plan.source.get());
  if (memory != nullptr && memory->in_memory())
    return of(plan, {{.reads = true, .last_step = plan.steps.size(), .collates = true, .workers = workers}});
  return of(plan, {{.reads = true, .workers = readers_for(workers)},
                   {.first_step = 0, .last_step = plan.steps.size(), .collates = true, .workers = workers}});
}

SegmentLayout SegmentLayout::staged(const DataPlan& plan, std::size_t workers) {
  std::vector<Segment> segments{{.reads = true, .workers = workers}};
  for (std::size_t i = 0; i < plan.steps.size(); ++i)
    segments.push_back({.first_step = i, .last_step = i + 1, .workers = plan.steps[i].op->sequential() ? 1 : workers});
  segments.push_back(
      {.first_step = plan.steps.size(), .last_step = plan.steps.size(), .collates = true, .workers = workers});
  return of(plan, std::move(segments));
}

const std::string& writer_of(const DataPlan& plan, SlotIndex slot) {
  for (const PlanStep& step : plan.steps)
    if (std::find(step.outputs.begin(), step.outputs.end(), slot) != step.outputs.end()) return step.node;
  return plan.source_node;
}

}  // namespace feedline::inline plan
