// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/model.h"

#include "base/default_generator.h"
#include "base/random.h"
#include "training/devices/device_queue.h"
#include "training/frozen_features.h"
#include "training/memory/out_of_memory.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <string_view>

namespace feedline::inline training {
namespace {

/// Largest forward pass of one slice of a heavy layer. Some 20 ms on one core; its backward pass takes twice as long.
constexpr double kFlopsPerSlice = 5e8;

/// LibTorch's messages go on with a stack trace; the first line is for people. Those of its compiler begin with an
/// empty one.
std::string first_line(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of("\n "), text.size()));
  text = text.substr(0, text.find('\n'));
  return std::string(text.substr(0, 300));
}

/// Backward passes the tensor's gradient through here: the place to stop between two layers.
void stop_in_backward(const at::Tensor& output, const std::stop_token& stop) {
  if (!output.requires_grad()) return;
  output.register_hook([stop](const at::Tensor&) {
    if (stop.stop_requested()) throw StepCancelled();
  });
}

/// The known description of a layer's output: `classes` that only the data can tell are filled in.
TensorDesc bound(TensorDesc desc, const ModelPlan& plan) {
  for (std::size_t i = 1; i < desc.shape.size(); ++i)
    if (!desc.shape[i].known() && desc.shape[i].symbol_name() == "classes" && !plan.class_names.empty())
      desc.shape[i] = Dim(static_cast<std::int64_t>(plan.class_names.size()));
  return desc;
}

/// N×C×H×W with the channels innermost in memory; other tensors as they are. Where a size is 1, one memory fits several
/// formats and LibTorch takes it for the ordinary one: so the strides are always set.
at::Tensor channels_last(const at::Tensor& tensor) {
  if (tensor.dim() != 4 || !tensor.is_floating_point()) return tensor;
  const at::Tensor moved = tensor.contiguous(at::MemoryFormat::ChannelsLast);
  const auto channels = tensor.size(1);
  const auto width = tensor.size(3);
  return moved.as_strided(moved.sizes(), {tensor.size(2) * width * channels, 1, width * channels, channels});
}

/// A score for each class, also where one column tells two apart: softmax of 0 and z is the sigmoid of z.
at::Tensor as_scores(const at::Tensor& prediction, const NodeSpec& loss) {
  if (loss.target != TargetKind::Classes || prediction.dim() != 2 || prediction.size(1) != 1) return prediction;
  return at::cat({at::zeros_like(prediction), prediction}, 1);
}

enum class Draws : std::uint32_t { InTraining, StartingWeights };

/// A seed for what this layer draws.
std::uint64_t layer_seed(const LayerPlan& layer, Draws what, std::uint64_t seed) {
  const auto words = philox({layer.stream, static_cast<std::uint32_t>(what), 0, 0},
                            {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32U)});
  return words[0] | std::uint64_t{words[1]} << 32U;
}

/// LibTorch draws starting weights from a generator that the whole process shares, so one layer is made at a time: a
/// preview and a run that start together do not mix their numbers.
std::unique_ptr<Layer> make_layer(const LayerPlan& layer, const std::vector<const TensorDesc*>& inputs,
                                  std::uint64_t seed) {
  const std::lock_guard lock(default_generator_lock());
  torch::manual_seed(layer_seed(layer, Draws::StartingWeights, seed));
  return layer.spec->layer(layer.params, inputs, layer.output);
}

}  // namespace

Error library_error(const std::exception& fault, const std::string& node) {
  if (const auto* known = dynamic_cast<const StepFailed*>(&fault)) return known->error();  // of a recomputed block
  const auto* torch_fault = dynamic_cast<const c10::Error*>(&fault);
  const std::string_view what = torch_fault != nullptr ? torch_fault->what_without_backtrace() : fault.what();
  if (tells_of_memory(fault)) return out_of_memory(node);
  return {.code = ErrorCode::Failed, .reason = "LibTorch failed: " + first_line(what), .node = node};
}

Result<std::unique_ptr<Model>> Model::build(const ModelPlan& plan, at::Device device, std::uint64_t seed,
                                            const Format& format, const std::vector<at::Device>& stages) {
  std::unique_ptr<Model> model(new Model(plan));
  model->device_ = device;
  model->placed_ = stages;
  model->format_ = format;
  model->last_use_.assign(plan.layers.size(), 0);
  for (std::size_t i = 0; i < plan.layers.size(); ++i) {
    LayerPlan& layer = model->plan_.layers[i];
    layer.output = bound(std::move(layer.output), plan);
    std::vector<const TensorDesc*> inputs;
    for (TensorDesc& in : layer.inputs) {
      in = bound(std::move(in), plan);
      if (auto known = check_known(in, layer.node); !known) return fail(std::move(known.error()));
      inputs.push_back(&in);
    }
    if (auto known = check_known(layer.output, layer.node); !known) return fail(std::move(known.error()));
    for (const LayerPlan::Input& from : layer.from)
      if (from.layer >= 0) model->last_use_[static_cast<std::size_t>(from.layer)] = i;
    try {
      model->layers_.push_back(make_layer(layer, inputs, seed));
      if (Status fine = model->note_mixing(i); !fine) return fail(std::move(fine.error()));
      if (const auto module = model->layers_.back()->module()) {
        module->to(model->stage_device(layer.stage));
        if (format.channels_last)
          for (at::Tensor& parameter : module->parameters()) parameter.set_data(channels_last(parameter.detach()));
      }
    } catch (const std::exception& fault) {
      return fail(library_error(fault, layer.node));
    }
  }
  if (Status frozen = model->freeze(); !frozen) return fail(std::move(frozen.error()));
  for (const LayerPlan::Input& from : plan.loss.from)
    if (from.layer >= 0) model->last_use_[static_cast<std::size_t>(from.layer)] = plan.layers.size();
  auto blocks = recompute_blocks(plan);
  if (!blocks) return fail(std::move(blocks.error()));
  model->blocks_ = std::move(*blocks);
  model->stages_.assign(plan.stages, std::vector<bool>(plan.layers.size(), false));
  for (std::size_t i = 0; i < plan.layers.size(); ++i) model->stages_[plan.layers[i].stage][i] = true;
  if (plan.loss.spec != nullptr) {
    std::vector<const TensorDesc*> inputs;
    for (const TensorDesc& in : plan.loss.inputs) inputs.push_back(&in);
    model->loss_ = plan.loss.spec->layer(plan.loss.params, inputs, plan.loss.output);
  }
  return model;
}

at::Tensor Model::run_layer(std::size_t index, std::span<const at::Tensor> in, const std::stop_token& stop) {
  Layer& layer = *layers_[index];
  const double flops = layer.flops_per_row();
  const std::int64_t rows = in[0].size(0);
  layer.set_between([stop](const at::Tensor& part) {
    if (stop.stop_requested()) throw StepCancelled();
    stop_in_backward(part, stop);
  });
  if (!in[0].is_cpu() || flops * static_cast<double>(rows) <= kFlopsPerSlice) {
    at::Tensor out = layer.forward(in);
    stop_in_backward(out, stop);
    return out;
  }
  const auto slice_rows = std::max<std::int64_t>(1, static_cast<std::int64_t>(kFlopsPerSlice / flops));
  std::vector<at::Tensor> slices;
  for (std::int64_t first = 0; first < rows; first += slice_rows) {
    if (stop.stop_requested()) throw StepCancelled();
    std::vector<at::Tensor> slice(in.begin(), in.end());
    for (at::Tensor& input : slice)
      if (input.defined()) input = input.narrow(0, first, std::min(slice_rows, rows - first));
    slices.push_back(layer.forward(slice));
    stop_in_backward(slices.back(), stop);
  }
  return at::cat(slices);
}

at::Tensor Model::formatted(const at::Tensor& field) const {
  return format_.channels_last ? channels_last(field) : field;
}

at::Tensor Model::run_loss(Layer& loss, const LayerPlan& plan, std::vector<at::Tensor> in,
                           std::vector<Compared>* compared) const {
  if (plan.spec->target == TargetKind::None) return loss.forward(in);
  const auto prediction = static_cast<std::size_t>(plan.spec->input("prediction"));
  const auto target = static_cast<std::size_t>(plan.spec->input("target"));
  if (format_.mixed()) in[prediction] = in[prediction].to(at::kFloat);
  const int from = mixer_ == nullptr ? -1 : plan.from[prediction].layer;
  const RowMix* const mix = from >= 0 && behind_mixer_[static_cast<std::size_t>(from)] ? mixer_->mixed() : nullptr;
  if (mix == nullptr) {
    if (compared != nullptr) compared->emplace_back(as_scores(in[prediction].detach(), *plan.spec), in[target]);
    return loss.forward(in);
  }
  const at::Tensor partner = at::tensor(mix->partner, at::kLong).to(in[target].device());
  const at::Tensor other = in[target].index_select(0, partner);
  if (compared != nullptr)  // the target of which there is more
    compared->emplace_back(as_scores(in[prediction].detach(), *plan.spec), mix->share < 0.5 ? other : in[target]);
  const at::Tensor own = loss.forward(in);
  in[target] = other;
  return own * mix->share + loss.forward(in) * (1 - mix->share);
}

Status Model::note_mixing(std::size_t index) {
  const LayerPlan& layer = plan_.layers[index];
  bool behind = layer.spec->mixes_rows;
  for (const LayerPlan::Input& from : layer.from)
    behind = behind || (from.layer >= 0 && behind_mixer_[static_cast<std::size_t>(from.layer)]);
  behind_mixer_.push_back(behind);
  if (!layer.spec->mixes_rows) return {};
  if (mixer_ != nullptr)
    return fail(Error{.reason = "another layer of the model mixes the rows of the batch already",
                      .remedy = "Keep one of the two",
                      .node = layer.node});
  mixer_ = layers_[index].get();
  return {};
}

std::vector<at::Tensor> Model::gather(const LayerPlan& plan, std::span<const at::Tensor> fields,
                                      const std::vector<at::Tensor>& outputs) const {
  std::vector<at::Tensor> in;
  for (const LayerPlan::Input& from : plan.from) {
    if (from.layer >= 0) {
      in.push_back(outputs[static_cast<std::size_t>(from.layer)]);
    } else {
      in.push_back(from.field >= 0 ? formatted(fields[static_cast<std::size_t>(from.field)]) : at::Tensor());
    }
  }
  return in;
}

void Model::run_layers(std::span<const at::Tensor> fields, std::size_t count, const std::stop_token& stop,
                       std::vector<Compared>* compared, std::vector<at::Tensor>& outputs,
                       const std::vector<bool>& run) {
  std::size_t at = 0;
  try {
    // Of one stage, where stages have devices of their own.
    const auto first = static_cast<std::size_t>(std::find(run.begin(), run.end(), true) - run.begin());
    const at::DeviceType device = stage_device(first < run.size() ? plan_.layers[first].stage : 0).type();
    std::optional<AutocastGuard> precision;
    if (format_.mixed()) precision.emplace(device, format_.numbers);
    for (; at < count; ++at) {
      if (!run.empty() && !run[at]) continue;
      if (stop.stop_requested()) throw StepCancelled();
      if (const RecomputeBlock* block = compared == nullptr ? nullptr : block_at(at, count, run)) {
        run_and_forget(*block, fields, stop, outputs);
        for (; at + 1 < block->end; ++at) let_go(at, outputs);
        let_go(at, outputs);
        continue;
      }
      const LayerPlan& plan = plan_.layers[at];
      if (waits_) wait_for_work(device_);
      const Nanos started = meters_ == nullptr ? 0 : Clock::system().now();
      if (plan.spec->role == Role::Loss) {
        std::optional<AutocastGuard> full;
        if (format_.mixed()) full.emplace(device, at::kFloat);
        outputs[at] = run_loss(*layers_[at], plan, gather(plan, fields, outputs), compared);
      } else {
        outputs[at] = run_layer(at, gather(plan, fields, outputs), stop);
      }
      count_layer(at, started, outputs[at]);
      let_go(at, outputs);
    }
    if (stop.stop_requested()) throw StepCancelled();
  } catch (const StepCancelled&) {
    throw;
  } catch (const StepFailed&) {  // another rank is lost
    throw;
  } catch (const std::exception& fault) {
    throw StepFailed(library_error(fault, plan_.layers[std::min(at, count - 1)].node));
  }
}

void Model::count_layer(std::size_t layer, Nanos started, const at::Tensor& output) {
  if (meters_ == nullptr || !at::GradMode::is_enabled()) return;
  if (waits_) wait_for_work(device_);
  LayerMeter& meter = (*meters_)[layer];
  meter.forward += Clock::system().now() - started;
  meter.bytes = output.nbytes();
}

void Model::let_go(std::size_t layer, std::vector<at::Tensor>& outputs) const {
  for (const LayerPlan::Input& from : plan_.layers[layer].from)
    if (from.layer >= 0 && last_use_[static_cast<std::size_t>(from.layer)] == layer)
      outputs[static_cast<std::size_t>(from.layer)].reset();
}

at::Tensor Model::layer_output(std::span<const at::Tensor> fields, std::size_t layer, const std::stop_token& stop) {
  std::vector<at::Tensor> outputs(layers_.size());
  run_layers(fields, layer + 1, stop, nullptr, outputs);
  return outputs[layer];
}

at::Tensor Model::frozen_output(std::span<const at::Tensor> fields, std::size_t layer, const std::vector<bool>& run,
                                const std::stop_token& stop) {
  const torch::NoGradGuard no_gradients;
  std::vector<at::Tensor> outputs(layers_.size());
  run_layers(fields, layer + 1, stop, nullptr, outputs, run);
  return outputs[layer];
}

Model::Outcome Model::forward(std::span<const at::Tensor> fields, const std::stop_token& stop, const BatchRows& rows) {
  Outcome outcome;
  std::vector<at::Tensor> outputs(layers_.size());
  std::vector<bool> run;
  if (features_ != nullptr && !rows.records.empty()) run = features_->fill(*this, fields, rows, stop, outputs);
  run_layers(fields, layers_.size(), stop, &outcome.compared, outputs, run);
  try {
    outcome.loss = run_loss(*loss_, plan_.loss, gather(plan_.loss, fields, outputs), &outcome.compared);
    return outcome;
  } catch (const std::exception& fault) {
    throw StepFailed(library_error(fault, plan_.loss.node));
  }
}

at::Tensor Model::stage_forward(std::span<const at::Tensor> fields, std::size_t stage, const std::stop_token& stop,
                                std::vector<at::Tensor>& outputs, std::vector<Compared>& compared) {
  run_layers(fields, layers_.size(), stop, &compared, outputs, stages_[stage]);
  if (stage + 1 < stages_.size() || loss_ == nullptr) return {};
  try {
    return run_loss(*loss_, plan_.loss, gather(plan_.loss, fields, outputs), &compared);
  } catch (const std::exception& fault) {
    throw StepFailed(library_error(fault, plan_.loss.node));
  }
}

void Model::backward(const at::Tensor& loss, double weight) const {
  try {
    loss.backward(weight == 1 ? at::Tensor() : at::full_like(loss, weight));
  } catch (const StepCancelled&) {
    throw;
  } catch (const StepFailed&) {
    throw;
  } catch (const std::exception& fault) {
    throw StepFailed(library_error(fault, plan_.loss.node));
  }
}

void Model::train(bool on) {
  for (std::size_t i = 0; i < layers_.size(); ++i)
    if (const auto module = layers_[i]->module()) module->train(on && !(still_[i] && plan_.freezing.freeze_statistics));
}

void Model::seed(std::uint64_t seed) {
  for (std::size_t i = 0; i < layers_.size(); ++i)
    layers_[i]->seed(layer_seed(plan_.layers[i], Draws::InTraining, seed));
}

/// A plan that was made by hand may have no keys.
const std::string& Model::key(std::size_t layer) const {
  const LayerPlan& plan = plan_.layers[layer];
  return plan.key.empty() ? plan.node : plan.key;
}

std::vector<at::Tensor> Model::buffers() const {
  std::vector<at::Tensor> all;
  for (const auto& layer : layers_)
    if (const auto module = layer->module())
      for (const at::Tensor& buffer : module->buffers()) all.push_back(buffer);
  return all;
}

std::vector<Model::Named> Model::named_buffers() const {
  std::vector<Named> all;
  for (std::size_t i = 0; i < layers_.size(); ++i)
    if (const auto module = layers_[i]->module())
      for (const auto& item : module->named_buffers()) all.push_back({key(i) + "." + item.key(), item.value()});
  return all;
}

std::map<std::string, std::vector<std::byte>> Model::random_states() const {
  std::map<std::string, std::vector<std::byte>> all;
  for (std::size_t i = 0; i < layers_.size(); ++i)
    if (auto state = layers_[i]->random_state(); !state.empty()) all.emplace(key(i), std::move(state));
  return all;
}

void Model::set_random_states(const std::map<std::string, std::vector<std::byte>>& states) {
  for (std::size_t i = 0; i < layers_.size(); ++i)
    if (const auto state = states.find(key(i)); state != states.end()) layers_[i]->set_random_state(state->second);
}

}  // namespace feedline::inline training
