// SPDX-License-Identifier: GPL-3.0-or-later
#include "diagnosis/fix.h"
#include "diagnosis/stage_cut.h"
#include "plan/stage_schedule.h"

#include <fmt/format.h>

#include <algorithm>

namespace feedline::inline diagnosis {
namespace {

/// The rate when the pass through the stages takes `share` of its time, beside the rate now.
double ratio_of_shorter_pass(const FixContext& context, double share) {
  const Profile& profile = context.diagnosis.profile;
  double pass = 0;
  for (const ModelStageCost& stage : profile.stages) pass = std::max(pass, stage.busy + stage.idle);
  const double step = profile.step.busy();
  if (step <= 0 || pass <= 0) return 1;
  const double part = std::min(pass / step, 1.0);
  CostModel after = context.diagnosis.model;
  after.speed_up(after.trainer, 1 / (1 - part + part * share));
  return context.ratio(after);
}

/// More micro-batches leave a shorter bubble at both ends of a step.
std::vector<Fix> more_micro_batches(const FixContext& context) {
  const auto micros = static_cast<std::int64_t>(context.facts.micro_batches());
  const std::size_t stages = context.diagnosis.profile.stages.size();
  if (stages < 2 || 2 * micros > context.facts.batch) return {};
  const auto now = static_cast<std::size_t>(micros);
  const double share = (1 - bubble_share(stages, now)) / (1 - bubble_share(stages, 2 * now));
  return {{.id = "micro_batches",
           .title = fmt::format("Cut each batch into {} micro-batches", 2 * micros),
           .why = "The stages of the network wait for less of each step. Batch norm then sees fewer rows at a time.",
           .edit = context.set(context.facts.trainer_node, "micro_batches", 2 * micros),
           .predicted_ratio = ratio_of_shorter_pass(context, share),
           .changes_results = true}};
}

/// Stages of equal length, by the layers' measured times.
std::vector<Fix> another_cut(const FixContext& context) {
  const std::vector<ModelStageCost>& stages = context.diagnosis.profile.stages;
  if (stages.size() < 2) return {};
  std::vector<CutLayer> layers;
  std::vector<std::string> names;
  double longest = 0;
  for (const ModelStageCost& stage : stages) {
    longest = std::max(longest, stage.busy);
    for (const LayerCostShare& layer : stage.layers) {
      layers.push_back({.seconds = layer.seconds, .bytes = layer.bytes, .can_begin_stage = layer.can_begin_stage});
      names.push_back(layer.node);
    }
  }
  // Stages on the processor share its memory; of GPUs each has a part of what there was.
  const RunFacts& facts = context.facts;
  const double most_bytes =
      facts.execution.on_cpu() ? 0 : static_cast<double>(facts.memory_there) / static_cast<double>(stages.size());
  const std::vector<std::size_t> cuts = balanced_cut(layers, stages.size(), most_bytes);
  if (cuts.empty() || longest <= 0) return {};
  std::vector<std::string> begins;
  double after = 0;
  std::size_t from = 0;
  for (std::size_t i = 0; i <= cuts.size(); ++i) {
    const std::size_t to = i < cuts.size() ? cuts[i] : layers.size();
    double sum = 0;
    for (std::size_t layer = from; layer < to; ++layer) sum += layers[layer].seconds;
    after = std::max(after, sum);
    if (i < cuts.size()) begins.push_back(names[to]);
    from = to;
  }
  return {{.id = "stages",
           .title = fmt::format("Begin the stages at {}", fmt::join(begins, ", ")),
           .why = "By the measured times of the layers the stages are then of more equal length. All wait for the "
                  "longest one.",
           .edit = context.set(context.facts.trainer_node, "stages", ValueList(begins.begin(), begins.end())),
           .predicted_ratio = ratio_of_shorter_pass(context, after / longest)}};
}

std::vector<Fix> model_stages(const FixContext& context) {
  std::vector<Fix> all = another_cut(context);
  for (Fix& fix : more_micro_batches(context)) all.push_back(std::move(fix));
  return all;
}

}  // namespace
}  // namespace feedline::inline diagnosis

FEEDLINE_FIX(model_stages)
