// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to training; free of LibTorch.

#include "engine/cache_shelf.h"
#include "plan/plan.h"
#include "training/run.h"

#include <memory>
#include <span>

namespace feedline::inline training {

/// What the caches of a run keep: of this run alone, of those before it too (RunOptions::caches), or, where it has
/// several ranks on this machine, of all of these together. All ranks ask together; throws as RankAgreement does.
[[nodiscard]] std::shared_ptr<CacheShelf> shelf_of_run(std::span<const DataPlan* const> plans,
                                                       const RunOptions& options);

}  // namespace feedline::inline training
