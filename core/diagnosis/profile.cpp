// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnosis/profile.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace feedline::inline diagnosis {
namespace {

/// Fewer idle cores than this share of all: whoever waits may be waiting for a core.
constexpr double kFull = 0.08;
/// With more idle cores than this nobody waits for one; in between, some of the time.
constexpr double kRoomy = 0.16;

struct Totals {
  StageCounters done{};
  double fill = 0;
};

/// Of the batch node, which comes last.
double padding_share(const Snapshot& earlier, const Snapshot& later) {
  if (later.stages.empty()) return 0;
  const std::size_t last = later.stages.size() - 1;
  const bool same = last < earlier.stages.size() && earlier.stages[last].node == later.stages[last].node;
  PaddingSample most;
  for (const PaddingSample& field :
       padding_between(same ? earlier.stages[last].padding : std::vector<PaddingSample>(), later.stages[last].padding))
    if (field.room > most.room) most = field;
  return most.share();
}

Totals between(const Snapshot& earlier, const StageSample& now, std::size_t i) {
  const bool same = i < earlier.stages.size() && earlier.stages[i].node == now.node;
  if (!same) return {now.total, now.queue.fill};
  return {now.total - earlier.stages[i].total, (now.queue.fill + earlier.stages[i].queue.fill) / 2};
}

/// Of a run that says how many steps it has, the steps to come count at the pace of the last ones.
FitCost fit_cost(const Snapshot& later, double step_seconds) {
  FitCost cost;
  double merging = 0;
  double computed = 0;
  std::map<std::string, double> busy;
  for (const FitPassFigures& pass : later.fit_passes) {
    cost.seconds += pass.seconds;
    cost.records += pass.records;
    merging += pass.merging_s;
    for (const std::string& node : pass.nodes) cost.nodes += (cost.nodes.empty() ? "" : ", ") + node;
    for (const FitPassFigures::Cost& node : pass.costs) computed += node.busy_s, busy[node.node] += node.busy_s;
    if (!pass.not_kept.empty()) cost.not_kept = pass.not_kept;
  }
  if (cost.seconds <= 0) return cost;
  cost.merging_share = merging / cost.seconds;
  for (const auto& [node, seconds] : busy) {
    if (computed <= 0 || seconds / computed <= cost.slowest_share) continue;
    cost.slowest = node;
    cost.slowest_share = seconds / computed;
  }
  const TrainerSample& trainer = later.trainer;
  cost.ends = trainer.total_steps >= trainer.steps && trainer.total_steps > 0;
  cost.training = std::max(later.elapsed(), 0.0);
  if (cost.ends) cost.training += step_seconds * static_cast<double>(trainer.total_steps - trainer.steps);
  return cost;
}

StepCost step_cost(const TrainerSample& earlier, const TrainerSample& later, double steps) {
  const StepTimes times = later.trained() - earlier.trained();
  StepCost cost;
  for (const PhaseInfo& info : kStepPhases) cost[info.phase] = feedline::seconds(times[info.phase]) / steps;
  return cost;
}

/// Seconds a sample by which the step is longer because others have its cores. On full cores all that its threads did
/// not compute; where some are idle, no more than the others can have taken from it.
double step_without_core(const Profile& profile, const RunFacts& facts, double busy, double loader_cores) {
  const auto cores = static_cast<double>(std::max<std::size_t>(facts.cores, 1));
  const double idle = profile.idle_cores / cores;
  const double share = std::clamp((kRoomy - idle) / (kRoomy - kFull), 0.0, 1.0);
  const double not_computed = std::max(busy - profile.step_cpu / std::min(facts.step_threads(), cores), 0.0);
  if (idle < kFull) return not_computed;
  return share * std::min(not_computed, busy * std::min((loader_cores + profile.other_cores) / cores, 1.0));
}

/// A layer's backward pass is not timed by itself: it has that part of `busy`, both passes of all of them, which it has
/// of the forward passes.
std::vector<LayerCostShare> layer_costs(const std::vector<LayerSample>& earlier, const std::vector<LayerSample>& later,
                                        double busy) {
  std::vector<double> forward;
  double all = 0;
  for (std::size_t i = 0; i < later.size(); ++i) {
    const Nanos known = i < earlier.size() ? earlier[i].forward : 0;
    forward.push_back(feedline::seconds(later[i].forward - known));
    all += forward.back();
  }
  std::vector<LayerCostShare> costs;
  for (std::size_t i = 0; i < later.size(); ++i)
    costs.push_back({.node = later[i].node,
                     .seconds = all > 0 ? busy * forward[i] / all : 0,
                     .bytes = static_cast<double>(2 * later[i].weights + later[i].gives),
                     .can_begin_stage = later[i].can_begin_stage});
  return costs;
}

std::vector<ModelStageCost> model_stage_costs(const TrainerSample& earlier, const TrainerSample& later, double steps) {
  std::vector<ModelStageCost> costs;
  const bool same = earlier.stages.size() == later.stages.size();
  for (std::size_t i = 0; i < later.stages.size(); ++i) {
    const ModelStageSample before = same ? earlier.stages[i] : ModelStageSample{};
    const ModelStageSample& now = later.stages[i];
    ModelStageCost cost{.busy = feedline::seconds(now.busy() - before.busy()) / steps,
                        .idle = feedline::seconds(now.idle - before.idle) / steps};
    cost.layers = layer_costs(before.layers, now.layers, cost.busy);
    costs.push_back(std::move(cost));
  }
  return costs;
}

}  // namespace

double Profile::bubble() const {
  double idle = 0;
  double all = 0;
  for (const ModelStageCost& stage : stages) {
    idle += stage.idle;
    all += stage.idle + stage.busy;
  }
  return all > 0 ? idle / all : 0;
}

const NodeCost* Profile::find(std::string_view node) const {
  const auto found = std::find_if(nodes.begin(), nodes.end(), [&](const NodeCost& n) { return n.node == node; });
  return found == nodes.end() ? nullptr : &*found;
}

std::size_t Profile::local_ranks() const {
  const auto here =
      std::count_if(ranks.begin(), ranks.end(), [&](const RankTimes& rank) { return rank.host == ranks.front().host; });
  return std::max<std::size_t>(static_cast<std::size_t>(here), 1);
}

double Profile::loader_cpu() const {
  double cpu = 0;
  for (const NodeCost& node : nodes) cpu += node.cpu;
  return cpu;
}

Profile measure(const RunFacts& facts, const Snapshot& earlier, const Snapshot& later) {
  Profile profile;
  const double wall = feedline::seconds(later.at - earlier.at);
  profile.steps = later.trainer.steps - earlier.trainer.steps;
  profile.samples = later.trainer.samples - earlier.trainer.samples;
  if (wall <= 0 || profile.steps == 0 || profile.samples == 0) return profile;
  profile.ranks = rank_times(earlier, later);
  profile.collective = later.collective - earlier.collective;
  // The trainer may count the samples of all ranks; costs are those of this one.
  const auto counted = static_cast<double>(profile.samples);
  double all_samples = 0;
  for (const RankTimes& rank : profile.ranks) all_samples += static_cast<double>(rank.samples);
  if (!profile.ranks.empty() && profile.ranks.front().samples > 0) profile.samples = profile.ranks.front().samples;
  const auto steps = static_cast<double>(profile.steps);
  const auto samples = static_cast<double>(profile.samples);
  profile.batch = samples / steps;
  profile.step = step_cost(earlier.trainer, later.trainer, steps);
  profile.stages = model_stage_costs(earlier.trainer, later.trainer, steps);
  if (profile.stages.empty())
    profile.layers = layer_costs(earlier.trainer.layers, later.trainer.layers,
                                 profile.step[Phase::Forward] + profile.step[Phase::Backward]);
  profile.border_wait = feedline::seconds(later.trainer.border_wait - earlier.trainer.border_wait) / steps;
  profile.seconds = profile.step.total() * steps;
  profile.fit = fit_cost(later, profile.step.total());
  profile.estimator_fit = feedline::seconds(later.trainer.times[Phase::Fit] - earlier.trainer.times[Phase::Fit]);
  profile.samples_per_s = training_rate(earlier.trainer, later.trainer);
  if (profile.samples_per_s <= 0 && profile.seconds > 0) profile.samples_per_s = counted / profile.seconds;
  if (all_samples > 0) profile.samples_per_s *= all_samples / counted;

  // What was prepared meanwhile is not quite what was consumed: costs are shared out among the records that reached
  // the batch.
  double prepared =
      later.stages.empty()
          ? 0
          : static_cast<double>(between(earlier, later.stages.back(), later.stages.size() - 1).done.records);
  if (prepared <= 0) prepared = samples;
  profile.padding = padding_share(earlier, later);
  double loader_cpu = 0;
  for (std::size_t i = 0; i < later.stages.size(); ++i) {
    const StageSample& stage = later.stages[i];
    const auto [done, fill] = between(earlier, stage, i);
    const double time = wall * static_cast<double>(std::max<std::size_t>(stage.workers, 1));
    const double cpu = feedline::seconds(std::max<Nanos>(done.cpu, 0));
    loader_cpu += cpu;
    profile.nodes.push_back(
        {.node = stage.node,
         .type = stage.type,
         .segment = stage.segment,
         .workers = std::max<std::size_t>(stage.workers, 1),
         .sequential = stage.sequential,
         .visits = static_cast<double>(done.records) / prepared,
         .cpu = cpu / prepared,
         .wait = std::max(feedline::seconds(done.busy - done.delayed) - cpu, 0.0) / prepared,
         .delayed = feedline::seconds(done.delayed) / prepared,
         .bytes = done.records > 0 ? static_cast<double>(done.bytes) / static_cast<double>(done.records) : 0,
         .busy = std::min(feedline::seconds(done.busy) / time, 1.0),
         .starved = std::min(feedline::seconds(done.starved) / time, 1.0),
         .blocked = std::min(feedline::seconds(done.blocked) / time, 1.0),
         .fill = fill});
  }

  const auto cores = static_cast<double>(std::max<std::size_t>(facts.cores, 1));
  const double own = feedline::seconds(later.process.cpu - earlier.process.cpu);
  profile.own_cores = own / wall;
  // Ranks on one machine do the same work, so that what the others use of these cores is no contention.
  const auto local = static_cast<double>(profile.local_ranks());
  const double own_ranks =
      profile.own_cores * std::clamp(std::round(cores / facts.cores_of_rank(profile.local_ranks())), 1.0, local);
  if (earlier.process.cores_busy > 0) {
    const double all = feedline::seconds(later.process.cores_busy - earlier.process.cores_busy) / wall;
    profile.other_cores = std::clamp(all - own_ranks, 0.0, cores);
  }
  profile.idle_cores = std::max(cores - own_ranks - profile.other_cores, 0.0);
  profile.disk_bytes = static_cast<double>(later.process.disk_bytes - earlier.process.disk_bytes) / prepared;
  const double bad = static_cast<double>(later.record_errors - earlier.record_errors);
  profile.bad = bad / (bad + samples);

  const double busy = profile.step.busy() / profile.batch;
  profile.step_alone = busy;
  if (facts.execution.on_cpu()) {
    profile.step_cpu = std::max(own - loader_cpu, 0.0) / samples;
    if (profile.estimator_fit > 0)
      profile.step_cpu = std::min(profile.step_cpu, busy);  // what fits compute is no step's
    const double computing = busy - profile.step[Phase::Reduce] / profile.batch;
    profile.step_alone -= step_without_core(profile, facts, computing, loader_cpu / wall);
  }
  return profile;
}

}  // namespace feedline::inline diagnosis
