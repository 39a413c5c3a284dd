// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "diagnosis/curves.h"
#include "diagnosis/fix.h"
#include "graph/document.h"

#include <optional>

namespace feedline::inline diagnosis {

/// By what a learning rate that is too high is divided, and one that is too low multiplied: the middle of what the
/// remedy of such a finding names.
inline constexpr double kRateFactor = 5;

/// What a finding suggests, where it is one edit of this graph: another learning rate, early stopping. It promises no
/// speed (predicted_ratio is 1) and changes what is learnt. None: it takes a person, or stands in the graph already.
[[nodiscard]] std::optional<Fix> fix_of(const CurveFinding& finding, const Document& document,
                                        const Registry& registry = Registry::instance());

}  // namespace feedline::inline diagnosis
