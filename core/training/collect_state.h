// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training: between what learns and the plain values that a run goes on from.

#include "state/training_state.h"
#include "training/replicas.h"

#include <string>
#include <vector>

namespace feedline::inline training {

/// Parameters, buffers, what the optimiser keeps, and generators, copied to the host. Between two steps, on the thread
/// that trains; gradients that were accumulated since the last step are among it. The caller adds what else there is:
/// what fitted nodes have learnt (learnt_by()), seed and position.
///
/// Where the optimiser keeps an average of the weights, it is the average that stands as parameters and buffers, so
/// that whoever reads them has the model that was validated; what is trained stands beside the optimiser's slots, as
/// "hidden.weight.trained". The optimiser's count of steps, by which its schedule goes, is "step", behind which of them
/// parts of the network began to learn that did not at first is "begun" (FlatOptimizer::begun()), and where a plateau
/// stands is "plateau": best value, epochs waited, drops. Where the loss is scaled, "loss_scale" is the scale and the
/// good steps since it last changed; a run in other numbers passes it over.
[[nodiscard]] Result<TrainingState> collect_state(Replicas& replicas);

/// Goes on from there, with any number of replicas: with as many as there were, and the same batches, training gives
/// the same bytes as if it had never stopped. Those that there are more draw random numbers as at the beginning.
/// Nothing is changed on an error: a tensor that the network lacks or has besides (naming it), of another type or
/// shape, or something of an optimiser that this one does not keep.
Status restore_state(const TrainingState& state, Replicas& replicas);

/// Weights and buffers that lie elsewhere, such as those of the best epoch, by the same names; and back into memory of
/// their layout. Error: of another network.
[[nodiscard]] NamedTensors collect_averaged(Replicas& replicas, const FlatOptimizer::Averaged& from);
Status restore_averaged(const NamedTensors& values, Replicas& replicas, const FlatOptimizer::Averaged& to);

/// What a graph has of another run's weights.
struct WeightsTaken {
  std::vector<std::string> taken{};
  std::vector<std::string> missing{};  ///< not in the checkpoint: they keep their starting values
  std::vector<std::string> unfit{};    ///< of another shape or type there: the same
  std::vector<std::string> unused{};   ///< of the checkpoint, not in this graph
};
/// Takes over parameters and buffers by their names, as far as they fit. Nothing else of the state is used.
[[nodiscard]] Result<WeightsTaken> take_weights(const TrainingState& state, Replicas& replicas);

/// A tensor by value, on the host, row by row whatever its memory format.
[[nodiscard]] TensorValue kept_value(const at::Tensor& tensor);
/// The other way: a tensor of its own, on the host.
[[nodiscard]] at::Tensor tensor_of(const TensorValue& value);

}  // namespace feedline::inline training
