// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training; free of LibTorch.

#include "graph/document.h"
#include "training/ranks/rank_agreement.h"
#include "training/run.h"

#include <memory>
#include <stop_token>

namespace feedline::inline training {

/// Meets the other ranks of `options.world`, who must run the same graph with the same options, or takes those of
/// `options.group`. Errors: those of ProcessGroup::join(); what is asked for can be done by one process alone.
[[nodiscard]] Result<std::shared_ptr<RankAgreement>> join_ranks(const Document& document, const RunOptions& options,
                                                                std::stop_token stop);

}  // namespace feedline::inline training
