// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnosis/cost_model.h"

#include "plan/readers.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace feedline::inline diagnosis {
namespace {

constexpr double kNothing = 1e-12;

double per_second(double seconds) { return seconds > kNothing ? 1 / seconds : std::numeric_limits<double>::infinity(); }

/// A segment of the loader: what one worker spends in it on a sample.
struct Load {
  double seconds = 0;
  const NodeCost* heaviest = nullptr;
  std::size_t workers = 1;
  bool sequential = true;  ///< all of it
};

std::map<std::size_t, Load> segments(const Profile& profile) {
  std::map<std::size_t, Load> loads;
  for (const NodeCost& node : profile.nodes) {
    Load& load = loads[node.segment];
    load.seconds += node.self();
    load.workers = node.workers;
    load.sequential = load.sequential && node.sequential;
    if (load.heaviest == nullptr || node.self() > load.heaviest->self()) load.heaviest = &node;
  }
  return loads;
}

}  // namespace

std::string_view name(LimitKind kind) {
  switch (kind) {
    case LimitKind::Cores:
      return "cores";
    case LimitKind::Workers:
      return "workers";
    case LimitKind::Sequential:
      return "sequential";
    case LimitKind::Disk:
      return "disk";
    case LimitKind::Turns:
      return "turns";
    case LimitKind::Exchange:
      return "exchange";
    case LimitKind::Step:
      break;
  }
  return "step";
}

CostModel CostModel::of(const RunFacts& facts, Profile profile) {
  CostModel model;
  model.costs = std::move(profile);
  model.ranks = static_cast<double>(model.costs.rank_count());
  const auto local = static_cast<double>(model.costs.local_ranks());
  model.cores = facts.cores_of_rank(model.costs.local_ranks());
  model.workers = std::max<std::size_t>(facts.execution.workers, 1);
  model.workers_limit = facts.workers_limit();
  model.prefetch = facts.execution.prefetch;
  model.step_threads = std::min(facts.step_threads(), std::max(model.cores, 1.0));
  model.on_cpu = facts.execution.on_cpu();
  model.disk_bytes_per_s = facts.disk_bytes_per_s / local;
  model.trainer = facts.trainer_node;
  return model;
}

/// Readers of their own grow with the workers, as in the engine.
std::size_t CostModel::hands(std::size_t segment, std::size_t transform_workers) const {
  const auto loads = segments(costs);
  const Load& load = loads.at(segment);
  if (load.sequential && load.workers == 1) return 1;
  const bool reads_alone = segment == 0 && loads.size() == 2;
  return reads_alone ? readers_for(transform_workers) : transform_workers;
}

Solution CostModel::solve(std::size_t transform_workers, bool overlapped) const {
  Solution solution;
  const auto add = [&solution](LimitKind kind, const std::string& node, double rate) {
    if (std::isfinite(rate)) solution.limits.push_back({kind, node, rate});
  };
  double loader_cpu = 0;
  const NodeCost* most = nullptr;
  for (const NodeCost& node : costs.nodes) {
    loader_cpu += node.cpu;
    if (most == nullptr || node.cpu > most->cpu) most = &node;
    if (node.sequential) add(LimitKind::Sequential, node.node, per_second(node.self()));
  }
  for (const auto& [segment, load] : segments(costs)) {
    const auto workers_here = static_cast<double>(hands(segment, transform_workers));
    if (load.heaviest != nullptr) add(LimitKind::Workers, load.heaviest->node, workers_here * per_second(load.seconds));
  }
  const double step_cpu = on_cpu ? costs.step_cpu : 0;
  const bool step_weighs_most = most == nullptr || step_cpu > most->cpu;
  const double shared = overlapped ? loader_cpu + step_cpu : loader_cpu;
  add(LimitKind::Cores,
      overlapped && step_weighs_most ? trainer
      : most != nullptr              ? most->node
                                     : trainer,
      cores * per_second(shared));
  if (disk_bytes_per_s > 0 && costs.disk_bytes > 0)
    add(LimitKind::Disk, costs.nodes.empty() ? trainer : costs.nodes.front().node, disk_bytes_per_s / costs.disk_bytes);
  if (!overlapped) {
    double loader = std::numeric_limits<double>::infinity();
    for (const Limit& limit : solution.limits) loader = std::min(loader, limit.samples_per_s);
    const std::string node = most != nullptr ? most->node : trainer;
    solution.limits.clear();
    add(LimitKind::Turns, node, per_second(costs.step_alone + per_second(loader)));
  }
  add(LimitKind::Step, trainer, per_second(costs.step_alone));
  std::stable_sort(solution.limits.begin(), solution.limits.end(),
                   [](const Limit& a, const Limit& b) { return a.samples_per_s < b.samples_per_s; });
  if (solution.limits.empty()) solution.limits.push_back({LimitKind::Step, trainer, 0});
  for (Limit& limit : solution.limits) limit.samples_per_s *= ranks;
  solution.samples_per_s = solution.tightest().samples_per_s;
  return solution;
}

Solution CostModel::expected() const { return solve(workers, prefetch > 0); }
Solution CostModel::ceiling() const { return solve(std::max(workers, workers_limit), true); }

std::size_t CostModel::workers_for(double samples_per_s) const {
  double needed = 1;
  for (const auto& [segment, load] : segments(costs)) {
    double theta = samples_per_s / ranks * load.seconds;
    if (segment == 0 && segments(costs).size() == 2) theta = theta > 1 ? 8 * (theta - 1) : 1;
    needed = std::max(needed, std::ceil(theta - 0.02));
  }
  return std::clamp<std::size_t>(static_cast<std::size_t>(needed), 1, std::max<std::size_t>(workers_limit, 1));
}

void CostModel::speed_up(std::string_view node, double factor) {
  if (factor <= 0) return;
  for (NodeCost& cost : costs.nodes) {
    if (cost.node != node) continue;
    cost.cpu /= factor;
    cost.wait /= factor;
  }
  if (node != trainer) return;
  costs.step_alone /= factor;
  costs.step_cpu /= factor;
}

void CostModel::set_batch(double batch) {
  if (batch <= 0 || costs.step.busy() <= 0) return;
  // Waiting for a rank that is slow grows with its rows; the exchange itself does not.
  const double exchange = std::min(exchange_wait(costs.ranks), costs.step[Phase::Reduce]);
  const double once = (costs.step[Phase::Optimizer] + costs.step[Phase::Other] + exchange) / costs.step.busy();
  const double scale = (1 - once) + once * costs.batch / batch;
  costs.step_alone *= scale;
  costs.step_cpu *= scale;
  costs.batch = batch;
}

}  // namespace feedline::inline diagnosis
