// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/stages/stage_pipeline.h"

#include "base/clock.h"
#include "training/device.h"
#include "training/devices/device_queue.h"
#include "training/replicas.h"
#include "training/stages/layer_samples.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

namespace feedline::inline training {
namespace {

Nanos stage_clock() { return Clock::system().now(); }

}  // namespace

StagePipeline::StagePipeline(Model& model, Trace* trace)
    : model_(model), stages_(std::max<std::size_t>(model.plan().stages, 1)), layers_(model.plan().layers.size()) {
  add_wires();
  if (model.is_placed()) note_fields();
  for (std::size_t stage = 0; trace != nullptr && stage < stages_.size(); ++stage)
    stages_[stage].lane = &trace->lane(fmt::format("stage {}", stage + 1));
  if (trace != nullptr) {
    forward_label_ = trace->label(find_phase("forward")->slice);
    backward_label_ = trace->label(find_phase("backward")->slice);
  }
  model_.measure_layers(&layers_);
}

void StagePipeline::add_wires() {
  const ModelPlan& plan = model_.plan();
  std::set<std::pair<std::size_t, std::size_t>> known;  // layer and the stage that reads it
  const auto add = [&](const LayerPlan& reader, std::size_t to) {
    for (const LayerPlan::Input& from : reader.from) {
      if (from.layer < 0) continue;
      const auto layer = static_cast<std::size_t>(from.layer);
      const std::size_t stage = plan.layers[layer].stage;
      if (stage == to || !known.emplace(layer, to).second) continue;
      const Wire wire{
          .layer = layer, .from = stage, .to = to, .out = stages_[stage].out.size(), .in = stages_[to].in.size()};
      stages_[stage].out.push_back(wire);
      stages_[to].in.push_back(wire);
    }
  };
  for (const LayerPlan& layer : plan.layers) add(layer, layer.stage);
  add(plan.loss, stages_.size() - 1);
}

void StagePipeline::note_fields() {
  reads_.resize(stages_.size());
  const auto add = [&](const LayerPlan& reader, std::size_t stage) {
    for (const LayerPlan::Input& from : reader.from) {
      if (from.field < 0) continue;
      const auto field = static_cast<std::size_t>(from.field);
      if (reads_[stage].size() <= field) reads_[stage].resize(field + 1, false);
      reads_[stage][field] = true;
    }
  };
  const ModelPlan& plan = model_.plan();
  for (const LayerPlan& layer : plan.layers) add(layer, layer.stage);
  add(plan.loss, stages_.size() - 1);
}

/// Whole, before any of the stages is at work: a copy waits for all that its device has to do. The batch's memory is
/// not read behind this.
void StagePipeline::place_fields(const std::vector<at::Tensor>& fields) {
  for (std::size_t index = 0; index < stages_.size(); ++index) {
    Stage& stage = stages_[index];
    stage.fields.assign(rows_.size(), std::vector<at::Tensor>(fields.size()));
    for (std::size_t field = 0; field < std::min(fields.size(), reads_[index].size()); ++field) {
      if (!reads_[index][field]) continue;
      const at::Tensor whole = fields[field].to(model_.stage_device(index));
      std::int64_t first = 0;
      for (std::size_t micro = 0; micro < rows_.size(); first += rows_[micro++])
        stage.fields[micro][field] = whole.narrow(0, first, rows_[micro]);
    }
  }
}

void StagePipeline::begin(const std::vector<at::Tensor>& fields, std::optional<double> weight) {
  begun_ = stage_clock();
  all_rows_ = fields.front().size(0);
  weight_ = weight;
  const auto wanted = std::max<std::int64_t>(model_.plan().staging.micro_batches, 1);
  const auto micros = static_cast<std::size_t>(std::clamp<std::int64_t>(all_rows_, 1, wanted));
  fields_.assign(micros, {});
  rows_.clear();
  for (std::size_t micro = 0; micro < micros; ++micro) {
    const Rows rows = rows_of(all_rows_, micro, micros);
    rows_.push_back(rows.count);
    for (const at::Tensor& field : fields) fields_[micro].push_back(field.narrow(0, rows.first, rows.count));
  }
  losses_.assign(micros, {});
  for (Stage& stage : stages_) {
    stage.forward.open(micros, stage.in.size());
    stage.backward.open(micros, stage.out.size());
    stage.kept.assign(micros, {});
    stage.compared.assign(micros, {});
    stage.busy = 0;
  }
  if (model_.is_placed()) place_fields(fields);
}

void StagePipeline::work(std::size_t stage, const std::stop_token& stop, TrainerMeter* meter) {
  std::optional<torch::NoGradGuard> no_gradients;
  if (!weight_) no_gradients.emplace();
  const std::string_view schedule = weight_ ? std::string_view(model_.plan().staging.schedule) : "gpipe";
  for (const StageTask& task : stage_schedule(schedule, stage, stages_.size(), fields_.size())) {
    if (task.backward && !weight_) break;
    if (meter != nullptr) meter->enter(task.backward ? Phase::Backward : Phase::Forward);
    if (stop.stop_requested()) throw StepCancelled();
    if (task.backward) {
      backward(stage, task.micro, stop);
    } else {
      forward(stage, task.micro, stop);
    }
  }
}

void StagePipeline::forward(std::size_t index, std::size_t micro, const std::stop_token& stop) {
  Stage& stage = stages_[index];
  Kept& kept = stage.kept[micro];
  std::vector<at::Tensor> given = stage.forward.take(micro, stop);
  const Nanos started = stage_clock();
  const at::Device device = model_.stage_device(index);
  std::vector<at::Tensor> outputs(model_.layer_count());
  for (const Wire& wire : stage.in) {
    const at::Tensor& from = given[wire.in];
    at::Tensor leaf = moved_to(from.detach(), device);
    if (weight_ && from.requires_grad()) leaf.set_requires_grad(true);
    if (weight_) kept.entered.push_back(leaf);
    outputs[wire.layer] = std::move(leaf);
  }
  given.clear();
  const std::vector<at::Tensor>& fields = stage.fields.empty() ? fields_[micro] : stage.fields[micro];
  at::Tensor loss = model_.stage_forward(fields, index, stop, outputs, stage.compared[micro]);
  if (loss.defined()) losses_[micro] = loss.detach();
  if (weight_) kept.loss = std::move(loss);
  wait_for_work(device);
  count(stage, false, started);
  for (const Wire& wire : stage.out) {
    if (weight_) kept.left.push_back(outputs[wire.layer]);
    stages_[wire.to].forward.put(micro, wire.in, outputs[wire.layer]);
  }
}

void StagePipeline::backward(std::size_t index, std::size_t micro, const std::stop_token& stop) {
  Stage& stage = stages_[index];
  const std::vector<at::Tensor> given = stage.backward.take(micro, stop);
  const Nanos started = stage_clock();
  const Kept kept = std::exchange(stage.kept[micro], {});
  std::vector<at::Tensor> roots;
  std::vector<at::Tensor> gradients;
  if (kept.loss.defined()) {
    const double share = static_cast<double>(rows_[micro]) / static_cast<double>(all_rows_);
    roots.push_back(kept.loss);
    gradients.push_back(at::full_like(kept.loss, *weight_ * share));
  }
  for (const Wire& wire : stage.out) {
    if (!given[wire.out].defined() || !kept.left[wire.out].requires_grad()) continue;
    roots.push_back(kept.left[wire.out]);
    gradients.push_back(moved_to(given[wire.out], kept.left[wire.out].device()));
  }
  try {
    if (!roots.empty()) torch::autograd::backward(roots, gradients);
    wait_for_work(model_.stage_device(index));
  } catch (const StepCancelled&) {
    throw;
  } catch (const std::exception& fault) {
    throw StepFailed(library_error(fault, model_.loss_node()));
  }
  count(stage, true, started);
  for (const Wire& wire : stage.in) stages_[wire.from].backward.put(micro, wire.out, kept.entered[wire.in].grad());
}

void StagePipeline::count(Stage& stage, bool backward, Nanos started) {
  if (!weight_) return;
  const Nanos ended = stage_clock();
  stage.busy += ended - started;
  (backward ? stage.spent.backward : stage.spent.forward) += ended - started;
  if (stage.lane == nullptr) return;
  stage.lane->add({.start = started,
                   .duration = ended - started,
                   .kind = TraceKind::Phase,
                   .label = backward ? backward_label_ : forward_label_});
}

std::vector<StagePipeline::Micro> StagePipeline::finish() {
  // A stage is idle at both ends of a step, too: before its first micro-batch comes, and behind its last gradient.
  const Nanos lasted = stage_clock() - begun_;
  if (weight_)
    for (Stage& stage : stages_) stage.spent.idle += std::max<Nanos>(lasted - stage.busy, 0);
  std::vector<Micro> micros;
  for (std::size_t micro = 0; micro < fields_.size(); ++micro) {
    Micro one{.outcome = {.loss = std::move(losses_[micro])}, .rows = rows_[micro]};
    for (Stage& stage : stages_)  // in the order of layers, which come by stage
      for (Compared& compared : stage.compared[micro]) {
        compared.move_to(model_.loss_device());
        one.outcome.compared.push_back(std::move(compared));
      }
    micros.push_back(std::move(one));
  }
  fields_.clear();
  for (Stage& stage : stages_) stage.fields.clear();
  return micros;
}

std::vector<ModelStageSample> StagePipeline::samples() const {
  const ModelPlan& plan = model_.plan();
  std::vector<ModelStageSample> samples;
  for (const Stage& stage : stages_) samples.push_back(stage.spent);
  std::vector<LayerSample> layers = layer_samples(model_, layers_);
  for (std::size_t i = 0; i < layers.size(); ++i) samples[plan.layers[i].stage].layers.push_back(std::move(layers[i]));
  return samples;
}

}  // namespace feedline::inline training
