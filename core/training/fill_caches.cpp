// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/fill_caches.h"

#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

namespace feedline::inline training {
namespace {

/// Steps that lead to a cache with fill_first, such caches included.
std::vector<bool> wanted_steps(const DataPlan& data, std::set<SlotIndex>& slots) {
  std::vector<bool> wanted(data.steps.size(), false);
  for (std::size_t i = data.steps.size(); i-- > 0;) {
    const PlanStep& step = data.steps[i];
    bool needed = step.cache && step.cache->fill_first;
    for (const SlotIndex slot : step.outputs) needed = needed || slots.contains(slot);
    if (!needed) continue;
    wanted[i] = true;
    for (const auto& slot : step.inputs)
      if (slot) slots.insert(*slot);
  }
  return wanted;
}

}  // namespace

std::shared_ptr<const Plan> fill_plan(const DataPlan& data) {
  std::set<SlotIndex> slots;
  const std::vector<bool> wanted = wanted_steps(data, slots);
  auto plan = std::make_shared<Plan>();
  DataPlan& part = plan->train = data;
  part.steps.clear();
  std::vector<std::optional<std::size_t>> place(data.steps.size());
  for (std::size_t i = 0; i < data.steps.size(); ++i) {
    if (!wanted[i]) continue;
    place[i] = part.steps.size();
    part.steps.push_back(data.steps[i]);
  }
  if (part.steps.empty()) return nullptr;
  for (PlanStep& step : part.steps)
    if (step.next) step.next = place[*step.next];
  for (auto& port : part.source_outputs)
    if (port && !slots.contains(*port)) port.reset();
  part.fields.clear();
  part.sampler = data.sampler.each_once();
  part.batch.drop_last = false;
  return plan;
}

Status fill_caches(const std::shared_ptr<const Plan>& part, const PipelineOptions& settings, RunState& state,
                   std::string_view what) {
  PipelineOptions options = settings;
  options.epochs = 1;
  options.meters = false;
  options.allocator = nullptr;
  options.max_bad_fraction = 1;
  Pipeline pipeline(part, part->train, std::move(options));
  const std::stop_callback on_stop(state.stop_token(), [&pipeline] { pipeline.stop(); });
  std::uint64_t done = 0;
  Nanos told = 0;
  for (;;) {
    if (!state.wait_while_paused()) return fail_cancelled();
    auto batch = pipeline.next();
    if (!batch) return fail(std::move(batch.error()));
    if (!*batch) return {};
    done += (*batch)->records;
    const Nanos now = Clock::system().now();
    if (now - told < 100'000'000) continue;
    told = now;
    state.emit(
        Preparing{std::string(what), static_cast<double>(done) / static_cast<double>(part->train.sampler.count)});
  }
}

}  // namespace feedline::inline training
