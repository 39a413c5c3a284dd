// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/profile_report.h"

#include "cli/format.h"
#include "cli/table.h"
#include "telemetry/memory_cost.h"
#include "telemetry/rank_times.h"
#include "telemetry/step_times.h"
#include "training/report.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>

namespace feedline::cli {
namespace {

/// Of a network's layers, those that give most.
constexpr std::size_t kShownLayers = 8;

/// "<- bottleneck", what share of a field is padding, and how full a cache is.
std::string note_of(const StageRow& row, bool bottleneck) {
  std::string note = bottleneck ? "<- bottleneck" : "";
  for (const PaddingSample& field : row.padding)
    if (field.room > 0)
      note += fmt::format("{}{} of {} is padding", note.empty() ? "" : ", ", percent(field.share()), field.field);
  if (!row.cache) return note;
  if (bottleneck) note += ", ";
  note += fmt::format("keeps {} in {}", plural(row.cache->records, "record"), bytes(row.cache->ram_bytes));
  if (row.cache->disk_bytes > 0) note += fmt::format(" and {} on disk", bytes(row.cache->disk_bytes));
  return note + (row.cache->full ? ", full" : "");
}

std::string stage_table(const std::vector<StageRow>& rows, const std::string& bottleneck, double elapsed,
                        std::size_t width) {
  Table table({"node", "type", "workers", "records/s", "CPU busy", "starved", "blocked", "queue fill", "share"}, 2);
  table.spare({1});
  for (const StageRow& row : rows) {
    // A share of the time that the node's workers had.
    const double available = elapsed * static_cast<double>(std::max<std::size_t>(row.workers, 1));
    table.row({row.node, row.type, std::to_string(row.workers), rate(row.records_per_s), percent(row.cpu_s / available),
               percent(row.starved_s / available), percent(row.blocked_s / available), percent(row.queue_fill),
               percent(row.share)},
              note_of(row, row.node == bottleneck));
  }
  return table.text(width);
}

/// "branches of a record: tokens 3.1 ms (words alone 2.4 ms), image 600 us"; empty where there are no two.
std::string branch_line(const std::vector<BranchCost>& branches) {
  std::string line;
  for (const BranchCost& branch : branches) {
    line += fmt::format("{}{} {}", line.empty() ? "branches of a record: " : ", ", branch.field, duration(branch.self));
    if (branch.node_count > 1) line += fmt::format(" ({} alone {})", branch.slowest, duration(branch.slowest_self));
  }
  return line;
}

std::string step_table(const StepTimes& times, std::uint64_t steps, std::size_t width) {
  const double total = seconds(times.total() - times[Phase::Fit]);  // which belongs to no step
  if (steps == 0 || total <= 0) return {};
  Table table({"training step", "a step", "share"});
  for (const PhaseInfo& info : kStepPhases) {
    const double time = seconds(times[info.phase]);
    if (info.phase == Phase::Fit || time <= 0) continue;  // of another kind of learner
    table.row({std::string(info.title), duration(time / static_cast<double>(steps)), percent(time / total)});
  }
  table.row({"all", duration(total / static_cast<double>(steps)), percent(1)});
  return '\n' + table.text(width);
}

/// What training was predicted to take, part by part, and what it took.
std::string memory_table(const RunResult& result, std::size_t width) {
  const MemoryForecast& memory = result.memory;
  if (memory.layers.empty()) return {};
  Table table({"memory", "predicted", "share"});
  const auto row = [&](const char* what, std::uint64_t size) {
    if (size > 0)
      table.row({what, bytes(size), percent(static_cast<double>(size) / static_cast<double>(memory.total()))});
  };
  row("weights", memory.weights);
  row("gradients", memory.gradients);
  row("optimiser", memory.optimizer);
  row("activations", memory.activations);
  row("batches", memory.batches);
  row("all", memory.total());
  std::string text = '\n' + table.text(width);
  std::string measured = result.tensor_bytes > 0 ? "measured: tensors " + bytes(result.tensor_bytes) : "measured:";
  if (result.last.process.peak_rss_bytes > 0)
    measured +=
        fmt::format("{} process {}", result.tensor_bytes > 0 ? "," : "", bytes(result.last.process.peak_rss_bytes));
  for (const GpuSample& gpu : result.last.process.gpus)
    measured += fmt::format(", {} {} of {}", gpu.name, bytes(gpu.memory_used), bytes(gpu.memory_total));
  if (!memory.open.empty()) measured += fmt::format("; the inside of {} is not counted", fmt::join(memory.open, ", "));
  text += wrap(measured, width) + '\n';
  for (const MemoryCost& cost : memory_costs(result.first, result.last))
    text += wrap(fmt::format("{}: saves {} as predicted; of a step it takes {} as predicted, {} as measured",
                             cost.setting, bytes(cost.saves), duration(cost.predicted), duration(cost.measured)),
                 width) +
            '\n';
  std::vector<const LayerMemory*> layers;
  for (const LayerMemory& layer : memory.layers)
    if (layer.kept > 0 || layer.recomputed) layers.push_back(&layer);
  std::stable_sort(layers.begin(), layers.end(),
                   [](const LayerMemory* a, const LayerMemory* b) { return a->gives > b->gives; });
  if (layers.size() > kShownLayers) layers.resize(kShownLayers);
  Table largest({"layer", "weights", "gives", "kept for backward"});
  for (const LayerMemory* layer : layers)
    largest.row({layer->node, bytes(layer->weights), bytes(layer->gives),
                 layer->recomputed && layer->kept == 0 ? "computed again" : bytes(layer->kept)});
  return text + (layers.empty() ? std::string() : '\n' + largest.text(width));
}

/// What each rank does in a step, and for which the others wait; empty where the run was alone.
std::string ranks_table(const Snapshot& first, const Snapshot& last, std::size_t width) {
  const std::vector<RankTimes> ranks = rank_times(first, last);
  if (ranks.empty()) return {};
  const std::optional<Straggler> slow = find_straggler(ranks);
  Table table({"rank", "host", "samples/s", "a step", "wait", "computing", "other ranks", "memory"}, 2);
  table.spare({1});
  for (const RankTimes& rank : ranks) {
    const double computing = std::max(rank.own() - rank.step[Phase::Wait], 0.0);
    table.row(
        {std::to_string(rank.rank), rank.host, rate(rank.samples_per_s), duration(rank.step.total()),
         duration(rank.step[Phase::Wait]), duration(computing), duration(rank.step[Phase::Reduce]),
         bytes(rank.rss_bytes)},
        slow && slow->rank == rank.rank
            ? fmt::format("<- {} slow", slow->stage.empty() ? std::string(name(slow->part)) : "stage " + slow->stage)
            : "");
  }
  return '\n' + table.text(width);
}

}  // namespace

std::string profile_report(const RunResult& result, const Diagnosis* diagnosis, bool trained, std::size_t width) {
  const double elapsed = seconds(result.last.at - result.first.at);
  const std::uint64_t steps = result.last.trainer.steps - result.first.trainer.steps;
  const std::vector<StageRow> rows = stage_rows(result.first, result.last);

  std::string text = fmt::format("{} samples/s ({}whole run), {} ({}, {}{})\n\n",
                                 rate(training_rate({}, result.last.trainer)), trained ? "training only, " : "",
                                 duration(elapsed), trained ? plural(steps, "step") : count(steps) + " batches",
                                 plural(result.execution.workers, "data worker"),
                                 trained ? ", training on " + result.execution.device : ", no training");
  text += stage_table(rows, diagnosis != nullptr ? diagnosis->verdict.node : std::string(), elapsed, width);
  if (diagnosis != nullptr && !diagnosis->branches.empty())
    text += '\n' + wrap(branch_line(diagnosis->branches), width) + '\n';
  if (diagnosis != nullptr) text += '\n' + wrap(diagnosis->verdict.text(), width) + '\n';
  if (trained) text += step_table(result.last.trainer.times - result.first.trainer.times, steps, width);
  if (trained) text += memory_table(result, width);
  if (trained) text += ranks_table(result.first, result.last, width);
  return text;
}

}  // namespace feedline::cli
