// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnosis/whatif.h"

#include "diagnosis/cache_placement.h"

#include <algorithm>

namespace feedline::inline diagnosis {

bool WhatIf::nothing() const {
  return !cores && !memory && !disk_bytes_per_s && !batch && !workers && step_speedup == 1 && faster.empty() &&
         !of_ranks();
}

bool WhatIf::of_ranks() const { return ranks || ranks_per_machine || network_bytes_per_s || network_latency; }

namespace {

/// Everything but ranks and network.
CostModel changed_model(const RunFacts& facts, const Diagnosis& diagnosis, const WhatIf& change, WhatIfAnswer* answer) {
  CostModel model = diagnosis.model;
  const auto local = static_cast<double>(diagnosis.profile.local_ranks());  // which share a machine
  if (change.memory) {
    const std::vector<CachePlace> places = cache_places(facts, model, *change.memory);
    if (const CachePlace* place = best_in_memory(places)) {
      model = place->after;
      if (answer != nullptr) answer->cached = place->node;
    }
  }
  if (change.cores) {
    const double before = model.cores;
    model.cores = std::max(*change.cores / local, 0.1);
    // Replicas follow the cores, and workers may.
    if (model.on_cpu && model.step_threads >= before) {
      model.costs.step_alone *= before / model.cores;
      model.step_threads = model.cores;
    }
    model.workers_limit = std::max(model.workers_limit, static_cast<std::size_t>(4 * model.cores));
  }
  if (change.disk_bytes_per_s) model.disk_bytes_per_s = *change.disk_bytes_per_s / local;
  if (change.batch) model.set_batch(*change.batch / model.ranks);
  model.speed_up(model.trainer, change.step_speedup);
  for (const auto& [node, factor] : change.faster) model.speed_up(node, factor);
  if (change.workers) model.workers = *change.workers;
  return model;
}

}  // namespace

ScalingModel scaling_with(const RunFacts& facts, const Diagnosis& diagnosis, const WhatIf& change) {
  ScalingModel scaling = ScalingModel::of(facts, diagnosis.profile, diagnosis.model);
  const double calibration = scaling.calibration;
  const ScalingModel changed =
      ScalingModel::of(facts, diagnosis.profile, changed_model(facts, diagnosis, change, nullptr));
  scaling.loader = changed.loader;
  if (change.workers) scaling.workers = 0;
  scaling.loader_cpu = changed.loader_cpu;
  scaling.disk = changed.disk;
  if (change.cores) scaling.cores = std::max(*change.cores, 0.1);
  if (change.batch) scaling.batch = std::max(*change.batch, 1.0);
  scaling.speed_up_step(change.step_speedup);
  if (change.ranks_per_machine) scaling.per_machine = std::max<std::size_t>(*change.ranks_per_machine, 1);
  if (change.network_bytes_per_s) scaling.network.bytes_per_s = *change.network_bytes_per_s;
  if (change.network_latency) scaling.network.latency = *change.network_latency;
  scaling.calibration = calibration;
  return scaling;
}

WhatIfAnswer what_if(const RunFacts& facts, const Diagnosis& diagnosis, const WhatIf& change) {
  WhatIfAnswer answer{.measured = diagnosis.measured(), .ceiling = diagnosis.ceiling.samples_per_s};
  const CostModel model = changed_model(facts, diagnosis, change, &answer);
  if (change.of_ranks()) {
    const ScalingModel scaling = scaling_with(facts, diagnosis, change);
    answer.ranks = scaling.at(change.ranks.value_or(scaling.ranks));
    const std::string node =
        answer.ranks->limit == LimitKind::Workers ? model.expected().tightest().node : model.trainer;
    answer.solution = {.samples_per_s = answer.ranks->samples_per_s,
                       .limits = {{answer.ranks->limit, node, answer.ranks->samples_per_s}}};
    return answer;
  }
  answer.solution = change.workers ? model.expected() : model.ceiling();
  return answer;
}

}  // namespace feedline::inline diagnosis
