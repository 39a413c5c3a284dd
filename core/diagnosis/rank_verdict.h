// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Private to core/diagnosis.

#include "diagnosis/verdict.h"

#include <optional>

namespace feedline::inline diagnosis {

/// What the ranks of a run do to each other: one for which the others wait (StragglingRank), or gradients that take
/// longer to exchange than backward hides (CommunicationBound). None where it trains alone, or neither costs much.
/// `found` has profile and model.
[[nodiscard]] std::optional<Verdict> judge_ranks(const RunFacts& facts, const Diagnosis& found);

}  // namespace feedline::inline diagnosis
