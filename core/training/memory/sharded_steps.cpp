// SPDX-License-Identifier: GPL-3.0-or-later
// Of the replicas, what they do where each rank steps a part of the weights.
#include "training/memory/shard_gather.h"
#include "training/ranks/gradient_exchange.h"
#include "training/ranks/rank_agreement.h"
#include "training/ranks/shared_tensors.h"
#include "training/replicas.h"

#include <memory>
#include <utility>

namespace feedline::inline training {

void Replicas::make_shards() {
  if (!shards_optimizer()) return;
  std::vector<FlatParameters::Range> parts;
  for (std::size_t rank = 0; rank < ranks_count(); ++rank)
    parts.push_back(optimizer_->range_of(rank * members_, members_));
  shards_ = std::make_unique<ShardGather>(options_.ranks->group(), std::move(parts));
}

void Replicas::gather_weights(TrainerMeter& meter) {
  if (!shards_) return;
  meter.enter(Phase::Reduce);
  const Nanos begun = meter.time_in(Phase::Reduce);
  shards_->gather(parameters_->values());
  meter.add_costs(0, meter.time_in(Phase::Reduce) - begun);
  meter.enter(Phase::Optimizer);
  const std::size_t each = ranks_count();
  run([&](std::size_t member) {
    const torch::NoGradGuard no_gradients;
    for (std::size_t i = 0; i < each; ++i) optimizer_->follow(i * members_ + member);
  });
}

std::vector<FlatOptimizer::Slot> Replicas::whole_slots() const {
  if (!shards_) return optimizer_->slots();
  const torch::NoGradGuard no_gradients;
  std::vector<FlatOptimizer::Slot> whole;
  for (const auto& [name, part] : optimizer_->slots()) {
    at::Tensor all = at::zeros_like(parameters_->values());
    const FlatParameters::Range& kept = optimizer_->kept();
    all.narrow(0, kept.first, kept.count).copy_(part);
    shards_->gather(all);
    whole.push_back({name, std::move(all)});
  }
  return whole;
}

}  // namespace feedline::inline training
