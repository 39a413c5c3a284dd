// SPDX-License-Identifier: GPL-3.0-or-later
// Replicas that have a device each, and a replica whose stages have.
#include "training/device.h"
#include "training/devices/device_mirrors.h"
#include "training/replicas.h"

#include <utility>

namespace feedline::inline training {
namespace {

/// What never learns is in memory once a device.
void share_frozen(const Model& from, const Model& to) {
  const torch::NoGradGuard no_gradients;
  const std::vector<Model::Named> own = to.named_frozen();
  const std::vector<Model::Named> shared = from.named_frozen();
  for (std::size_t i = 0; i < own.size(); ++i) own[i].tensor.set_data(shared[i].tensor.detach());
}

}  // namespace

void Replicas::make_mirrors() {
  mirrors_ = std::make_unique<DeviceMirrors>(*parameters_, options_.devices, options_.bucket_bytes);
  mirrors_->watch(models_.front()->parameters(), 0);
}

Result<std::unique_ptr<Model>> Replicas::make_replica(std::size_t member) {
  const Model& first = *models_.front();
  auto made =
      Model::build(plan_, mirrors_ ? mirrors_->devices()[member] : first.device(), options_.seed, first.format());
  if (!made) return made;
  if (mirrors_) {
    mirrors_->add((*made)->parameters());
    mirrors_->watch((*made)->parameters(), member);
  } else {
    parameters_->share((*made)->parameters(), member);
    share_frozen(first, **made);
  }
  return made;
}

void Replicas::sum_over_devices(TrainerMeter& meter) {
  meter.enter(Phase::Reduce);
  try {
    mirrors_->finish();
  } catch (const std::exception& fault) {
    throw StepFailed(library_error(fault, plan_.optimizer_node));
  }
}

/// Of what learns, and of what never does: that may have come from a file or a checkpoint.
void Replicas::spread_weights() const {
  const torch::NoGradGuard no_gradients;
  mirrors_->spread();
  const std::vector<Model::Named> from = models_.front()->named_frozen();
  for (std::size_t i = 1; i < models_.size(); ++i) {
    const std::vector<Model::Named> to = models_[i]->named_frozen();
    for (std::size_t k = 0; k < to.size(); ++k) to[k].tensor.copy_(from[k].tensor, /*non_blocking=*/true);
  }
}

std::vector<at::Tensor> Replicas::own_rows(const std::vector<at::Tensor>& fields, const BatchDivision& division,
                                           const Rows& rows, std::size_t member) const {
  if (member < division.placed.size()) return division.placed[member];
  std::vector<at::Tensor> own;
  own.reserve(fields.size());
  for (const at::Tensor& field : fields) own.push_back(field.narrow(0, rows.first, rows.count));
  if (mirrors_)  // from memory that may not be page-locked, and is not held
    for (at::Tensor& field : own) field = field.to(mirrors_->devices()[member]);
  return own;
}

/// The loss of each, and where it is `measured`, what was compared: whoever puts them together need not know of
/// devices.
void Replicas::bring_together(std::vector<Part>& parts, bool measured) const {
  const torch::NoGradGuard no_gradients;
  const at::Device& first = mirrors_->devices().front();
  for (Part& part : parts) {
    part.outcome.loss = moved_to(part.outcome.loss, first);
    if (!measured) continue;
    for (Compared& compared : part.outcome.compared) compared.move_to(first);
  }
}

void Replicas::use_average(bool on) {
  if (!optimizer_->use_average(on)) return;
  if (mirrors_) mirrors_->spread();
}

void Replicas::copy_measured(FlatOptimizer::Averaged& to) const {
  fetch();
  optimizer_->copy_measured(to);
}

void Replicas::restore_measured(const FlatOptimizer::Averaged& from) {
  fetch();
  optimizer_->restore_measured(from);
  send();
  shared_ = false;
}

void Replicas::fetch() const {
  parameters_->fetch();
  optimizer_->fetch();
}

void Replicas::send() const {
  parameters_->send();
  optimizer_->send();
}

const at::Tensor& Replicas::gradients(std::size_t replica) const {
  return mirrors_ ? mirrors_->gradients(replica) : parameters_->gradients(replica);
}

std::vector<at::Device> Replicas::batch_devices() const {
  return mirrors_ ? mirrors_->devices() : std::vector<at::Device>{models_.front()->device()};
}

std::vector<at::Device> Replicas::loss_devices() const {
  std::vector<at::Device> all;
  for (const auto& model : models_) all.push_back(model->loss_device());
  return all;
}

}  // namespace feedline::inline training
