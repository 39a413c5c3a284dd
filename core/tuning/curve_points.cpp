// SPDX-License-Identifier: GPL-3.0-or-later
#include "tuning/curve_points.h"

#include "graph/learner_input.h"
#include "graph/path.h"
#include "plan/graph_facts.h"

#include <string>

namespace feedline::inline tuning {

namespace {

/// Of epochs as a run tells of them, or as the record does.
template <class Epoch>
std::vector<CurveFinding> judge_epochs(const Document& document, const std::vector<Epoch>& epochs) {
  std::vector<EpochPoint> points;
  for (const Epoch& epoch : epochs)
    points.push_back(
        {.epoch = epoch.epoch, .metrics = epoch.metrics, .wall_s = epoch.wall_s, .learning_rate = epoch.learning_rate});
  if (points.size() > 1 && epochs.back().samples < epochs.front().samples) points.pop_back();
  if (points.size() < kEpochsNeeded) return {};
  const std::string trainer = drawn_path(graph_facts(document).trainer_node);
  const Link* const optimizer = document.link_into({trainer, kOptimizerInput});
  return judge_curves(points, optimizer == nullptr ? std::string() : optimizer->from.node);
}

}  // namespace

std::vector<CurveFinding> judge_run(const Document& document, const std::vector<EpochResult>& epochs) {
  return judge_epochs(document, epochs);
}

std::vector<CurveFinding> judge_record(const Document& document, const RunRecord& run) {
  return judge_epochs(document, run.epochs);
}

}  // namespace feedline::inline tuning
