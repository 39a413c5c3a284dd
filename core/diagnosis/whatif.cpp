// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnosis/whatif.h"

#include "diagnosis/cache_placement.h"

#include <algorithm>

namespace feedline::inline diagnosis {

bool WhatIf::nothing() const {
  return !cores && !memory && !disk_bytes_per_s && !batch && !workers && step_speedup == 1 && faster.empty();
}

WhatIfAnswer what_if(const RunFacts& facts, const Diagnosis& diagnosis, const WhatIf& change) {
  WhatIfAnswer answer{.measured = diagnosis.measured(), .ceiling = diagnosis.ceiling.samples_per_s};
  CostModel model = diagnosis.model;
  if (change.memory) {
    const std::vector<CachePlace> places = cache_places(facts, model, *change.memory);
    if (const CachePlace* place = best_in_memory(places)) {
      model = place->after;
      answer.cached = place->node;
    }
  }
  if (change.cores) {
    const double before = model.cores;
    model.cores = std::max(*change.cores, 0.1);
    // Replicas follow the cores, and workers may.
    if (model.on_cpu && model.step_threads >= before) {
      model.costs.step_alone *= before / model.cores;
      model.step_threads = model.cores;
    }
    model.workers_limit = std::max(model.workers_limit, static_cast<std::size_t>(4 * model.cores));
  }
  if (change.disk_bytes_per_s) model.disk_bytes_per_s = *change.disk_bytes_per_s;
  if (change.batch) model.set_batch(*change.batch);
  model.speed_up(model.trainer, change.step_speedup);
  for (const auto& [node, factor] : change.faster) model.speed_up(node, factor);
  if (change.workers) {
    model.workers = *change.workers;
    answer.solution = model.expected();
  } else {
    answer.solution = model.ceiling();
  }
  return answer;
}

}  // namespace feedline::inline diagnosis
