// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "graph/edit.h"

#include <string>
#include <vector>

namespace feedline::inline graph {

/// The parameters that an edit sets, with the paths of their nodes; none if it does anything else as well.
[[nodiscard]] std::vector<SetParam> sets_of(const Edit& edit);

/// What a step of the history did, with the values before and after: "batch.size 32 → 16", "filters of 3 nodes 16 →
/// 32", "Resize frame “Model”". Edit::text() where there are no values to tell. `inverse` takes the edit back;
/// `document` is that after the edit.
[[nodiscard]] std::string tell_edit(const Edit& edit, const Edit& inverse, const Document& document,
                                    const Registry& registry = Registry::instance());

}  // namespace feedline::inline graph
