// SPDX-License-Identifier: GPL-3.0-or-later
#include "tuning/curve_points.h"

#include "graph/learner_input.h"
#include "graph/path.h"
#include "plan/graph_facts.h"

#include <string>

namespace feedline::inline tuning {

std::vector<CurveFinding> judge_run(const Document& document, const std::vector<EpochResult>& epochs) {
  std::vector<EpochPoint> points;
  for (const EpochResult& epoch : epochs)
    points.push_back(
        {.epoch = epoch.epoch, .metrics = epoch.metrics, .wall_s = epoch.wall_s, .learning_rate = epoch.learning_rate});
  if (points.size() > 1 && epochs.back().samples < epochs.front().samples) points.pop_back();
  if (points.size() < kEpochsNeeded) return {};
  const std::string trainer = drawn_path(graph_facts(document).trainer_node);
  const Link* const optimizer = document.link_into({trainer, kOptimizerInput});
  return judge_curves(points, optimizer == nullptr ? std::string() : optimizer->from.node);
}

}  // namespace feedline::inline tuning
