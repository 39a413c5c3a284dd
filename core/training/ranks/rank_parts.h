// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training.

#include "schema/named_tensors.h"
#include "state/training_state.h"
#include "training/ranks/rank_agreement.h"
#include "training/step.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace feedline::inline training {

/// Tensors as bytes and back, between processes of one program on machines of one kind. Error: damaged.
[[nodiscard]] std::string packed(const NamedTensors& tensors);
[[nodiscard]] Result<NamedTensors> unpacked(std::string_view bytes);

/// A loss over some rows, batch by batch.
struct BatchLoss {
  double sum = 0;
  std::int64_t rows = 0;
};
/// What the batches of all ranks come to, added up batch by batch and in each by rank, as one process would.
[[nodiscard]] LossTally::Totals loss_over_ranks(const RankAgreement& ranks, const std::vector<BatchLoss>& own);

/// What the replicas of all ranks have counted, merged in their order.
[[nodiscard]] Metrics metrics_over_ranks(const RankAgreement& ranks, const ModelPlan& plan, std::string_view split,
                                         SplitTally& own, at::Device device);

/// What belongs to single replicas in a state (generators, tallies, accumulated gradients) of all ranks as one; on
/// rank 0, where a checkpoint is written. The others keep their own.
void join_replicas(const RankAgreement& ranks, std::size_t replicas, TrainingState& state);
/// The other way: what of it this rank's replicas go on from. Those that there were more then are rank 0's.
[[nodiscard]] Result<TrainingState> own_replicas(const RankAgreement& ranks, std::size_t replicas,
                                                 const TrainingState& state);

}  // namespace feedline::inline training
