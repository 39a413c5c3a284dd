// SPDX-License-Identifier: GPL-3.0-or-later
// What replicas do together with those of other ranks.
#include "training/frozen_features.h"
#include "training/ranks/gradient_exchange.h"
#include "training/ranks/rank_agreement.h"
#include "training/ranks/shared_tensors.h"
#include "training/ranks/with_ranks.h"
#include "training/replicas.h"
#include "training/shared_statistics.h"
#include "training/tensors.h"

#include <algorithm>
#include <utility>

namespace feedline::inline training {

void Replicas::make_exchange() {
  ProcessGroup& group = options_.ranks->group();
  exchange_ = std::make_unique<GradientExchange>(
      group, *parameters_,
      GradientExchange::Options{
          .bucket_bytes = options_.bucket_bytes, .in_bfloat16 = options_.short_gradients, .trace = options_.trace});
  sharing_ = std::make_unique<SharedTensors>(group);
  for (std::size_t i = 0; i < models_.size(); ++i) exchange_->watch(models_[i]->parameters(), i);
}

void Replicas::share_with_ranks() {
  if (!sharing_) return;
  with_ranks([this] {
    sharing_->finish();
    if (ranks_share_) return;
    std::vector<at::Tensor> all = models_.front()->buffers();
    all.push_back(parameters_->values());
    for (const Model::Named& frozen : models_.front()->named_frozen()) all.push_back(frozen.tensor);
    sharing_->begin(std::move(all));
    sharing_->finish();
  });
  if (!std::exchange(ranks_share_, true)) shared_ = false;
}

/// On their way while backward runs.
void Replicas::begin_to_share_buffers() {
  const std::vector<at::Tensor> all = models_.front()->buffers();
  const std::vector<bool> moves = models_.front()->moving_buffers();
  std::vector<at::Tensor> moving;
  for (std::size_t b = 0; b < all.size(); ++b)
    if (moves[b]) moving.push_back(all[b]);
  with_ranks([&] { sharing_->begin(std::move(moving)); });
}

CollectiveSample Replicas::collective() const { return exchange_ ? exchange_->sample() : CollectiveSample{}; }

std::int64_t Replicas::agreed_rows(TrainerMeter& meter) {
  meter.enter(Phase::Reduce);
  const Nanos before = meter.time_in(Phase::Reduce);
  (void)options_.ranks->hear();
  // Else the pause of one rank would be a slow exchange of gradients in all others.
  if (const Nanos pause = options_.ranks->stood_still(); pause > 0)
    meter.take_back(Phase::Reduce, std::min(pause, meter.time_in(Phase::Reduce) - before));
  return options_.ranks->rows();
}

void Replicas::sum_over_ranks(TrainerMeter& meter) {
  if (!exchange_) return;
  meter.enter(Phase::Reduce);
  with_ranks([this] {
    exchange_->finish();
    sharing_->finish();
  });
}

std::vector<at::Tensor> Replicas::row_of_zeros(std::size_t member) const {
  std::vector<at::Tensor> fields;
  const auto add = [&](const LayerPlan& layer) {
    for (std::size_t i = 0; i < layer.from.size(); ++i) {
      if (layer.from[i].field < 0) continue;
      const auto field = static_cast<std::size_t>(layer.from[i].field);
      if (fields.size() <= field) fields.resize(field + 1);
      if (fields[field].defined()) continue;
      const TensorDesc desc = i < layer.inputs.size() ? layer.inputs[i] : TensorDesc{.dtype = DType::I64};
      std::vector<std::int64_t> shape = {1};
      for (std::size_t d = 1; d < desc.shape.size(); ++d)
        shape.push_back(desc.shape[d].known() ? desc.shape[d].size() : 1);
      fields[field] =
          at::zeros(shape, at::TensorOptions().dtype(scalar_type(desc.dtype)).device(models_[member]->device()));
    }
  };
  const ModelPlan& plan = models_.front()->plan();  // in which all sizes are known
  for (const LayerPlan& layer : plan.layers) add(layer);
  add(plan.loss);
  return fields;
}

}  // namespace feedline::inline training
