// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training; free of LibTorch.

#include "graph/document.h"
#include "plan/plan.h"
#include "training/ranks/rank_agreement.h"
#include "training/run.h"

#include <memory>
#include <stop_token>

namespace feedline::inline training {

/// Meets the other ranks of `options.world`, who must run the same graph with the same options, or takes those of
/// `options.group`. Errors: those of ProcessGroup::join(); what is asked for can be done by one process alone.
[[nodiscard]] Result<std::shared_ptr<RankAgreement>> join_ranks(const Document& document, const RunOptions& options,
                                                                std::stop_token stop);

/// What one process alone can train is refused, before anything takes long. Errors (node, parameter): an estimator, a
/// network in stages, batches of fewer records than there are ranks.
[[nodiscard]] Status check_for_ranks(const Plan& plan, const RankAgreement& ranks);
/// Have all ranks as many records, batches and the same classes? All ranks ask together, and hear the same. Error:
/// which rank differs. Throws as RankAgreement does.
[[nodiscard]] Status check_same_data(const Plan& plan, const RankAgreement& ranks);
/// Cores of this machine for this rank: those that it may run on, of which one that others may run on too counts as a
/// part. So it is right where Slurm or taskset binds each rank to cores of its own, and where nobody does; below 1
/// where there are more ranks than cores. All ranks ask together. 0: not known.
[[nodiscard]] double cores_for_rank(const RankAgreement& ranks);

}  // namespace feedline::inline training
