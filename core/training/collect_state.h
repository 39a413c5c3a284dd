// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training: between what learns and the plain values that a run goes on from.

#include "state/training_state.h"
#include "training/replicas.h"

namespace feedline::inline training {

/// Parameters, buffers, what the optimiser keeps, and generators, copied to the host. Between two steps, on the thread
/// that trains. The caller adds what else there is: what fitted nodes have learnt (learnt_by()), seed and position.
/// Error: an optimiser of a kind whose slots are not known here (training/optimizer_slots.h).
[[nodiscard]] Result<TrainingState> collect_state(Replicas& replicas);

/// Goes on from there, with any number of replicas: with as many as there were, and the same batches, training gives
/// the same bytes as if it had never stopped. Those that there are more draw random numbers as at the beginning.
/// Nothing is changed on an error: a tensor that the network lacks or has besides (naming it), of another type or
/// shape, or something of an optimiser that this one does not keep.
Status restore_state(const TrainingState& state, Replicas& replicas);

}  // namespace feedline::inline training
