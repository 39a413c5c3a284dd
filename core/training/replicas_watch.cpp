// SPDX-License-Identifier: GPL-3.0-or-later
#include "training/replicas.h"
#include "training/stages/layer_samples.h"

#include <exception>
#include <utility>

namespace feedline::inline training {
namespace {

std::vector<float> host_floats(const at::Tensor& flat) {
  const at::Tensor plain = flat.to(at::kCPU, at::kFloat).contiguous();
  const auto* first = plain.data_ptr<float>();
  return {first, first + plain.numel()};
}

/// On a GPU the layers are timed in one pass of so many, for which the device stands still between them.
constexpr std::uint64_t kTimedPass = 64;

}  // namespace

void Replicas::measure_layers() {
  if (layers_.empty()) return;
  Model& model = *models_.front();
  const bool waits = !model.device().is_cpu();
  const bool timed = !waits || passes_ % kTimedPass == kTimedPass / 2;  // not the first, which chooses algorithms
  ++passes_;
  model.measure_layers(timed ? &layers_ : nullptr, waits && timed);
}

std::vector<LayerSample> Replicas::layers() const { return layer_samples(model(), layers_); }

/// On the device, so that nothing is waited for within a step.
void Replicas::copy_gradient(double scale) {
  const torch::NoGradGuard no_gradients;
  keeps_gradient_ = false;
  try {
    parameters_->fetch();
    at::Tensor sum = parameters_->gradients(0).clone();
    for (std::size_t i = 1; i < parameters_->replicas(); ++i) sum.add_(parameters_->gradients(i));
    kept_gradient_ = sum.mul_(scale);
  } catch (const std::exception&) {  // no memory: the step does not need it
    kept_gradient_.reset();
  }
}

WatchedTensors Replicas::tensors() {
  const torch::NoGradGuard no_gradients;
  keeps_gradient_ = false;
  const at::Tensor gradient = std::exchange(kept_gradient_, {});
  WatchedTensors all;
  const std::vector<Model::Named> named = model().named_parameters();
  const std::vector<std::int64_t>& borders = parameters_->borders();
  for (std::size_t i = 0; i < named.size() && i < borders.size(); ++i)
    all.parts.push_back(
        {named[i].name, static_cast<std::size_t>(borders[i]), static_cast<std::size_t>(named[i].tensor.numel())});
  parameters_->fetch();
  all.weights = host_floats(parameters_->values());
  if (gradient.defined()) all.gradients = host_floats(gradient);
  return all;
}

}  // namespace feedline::inline training
